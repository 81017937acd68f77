"""Authors make mistakes, and are told each one with its cell and what to do, all at once."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from forms.compile import compile_form
from forms.lint import RULES
from forms.problems import PROBLEM_TITLES
from tests.forms.authors import GOOD, Mistake, codes, compiles, told
from tests.forms.mistakes_in_mappings import IN_MAPPINGS
from tests.forms.mistakes_in_sheets import IN_SHEETS

MISTAKES = (*IN_MAPPINGS, *IN_SHEETS)

NO_MAPPING = """
| survey |   |      |       |
|        | type    | name | label |
|        | integer | n    | How many? |
| settings |
|        | form_id | version |
|        | plain   | 1 |
"""


def test_the_form_the_mistakes_are_made_in_is_good():
    compilation = compiles(GOOD)
    assert (told(compilation), compilation.form is not None) == ((), True)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda m: m.story)
def test_an_author(mistake: Mistake):
    compilation = compiles(mistake.written())
    assert told(compilation) == mistake.told
    assert (compilation.form is None) == bool(compilation.problems)


def test_all_mistakes_are_told_at_once():
    """One error per layer: sheet, reference, mapping, code. None hides another."""
    written = GOOD
    for old, new in (
        ("| integer | people |", "| intger | people |"),
        ("${day} = 'moved'", "${dya} = 'moved'"),
        ("flow.women", "flow.wmen"),
        ("| moved | Movement | Mouvement | movement |", "| moved | Movement | Mouvement | moving |"),
        ("flow_tool=FMR", "flow_tool=FRM"),
    ):
        assert written.count(old) == 1
        written = written.replace(old, new)
    assert codes(compiles(written)) == [
        ("unknown-reference", "survey!G6"),
        ("unknown-variable", "survey!E9"),
        ("missing-variable", "survey!E11"),  # the unknown type feeds flow_split.n
        ("unknown-type", "survey!A13"),
        ("unknown-code", "choices!E2"),
        ("unknown-code", "settings!E2"),
    ]


def test_a_form_without_any_mapping_compiles_and_says_that_it_feeds_nothing():
    compilation = compiles(NO_MAPPING)
    assert codes(compilation) == [("not-mapped", "")]
    assert compilation.form is not None
    assert (compilation.form.bindings, compilation.form.makers) == ((), ())
    assert b"urn:waypost" not in compilation.form.xform


def bomb() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", b"<sst>" + b" " * 30_000_000)
    return packed.getvalue()


NO_ID = b"""<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"><h:head>
<h:title>T</h:title><model><instance><data><a/></data></instance></model></h:head></h:html>"""

FILES = {
    "damaged": (b"PK\x03\x04damaged", "f.xlsx", [("unreadable-file", "")]),
    "bomb": (bomb(), "f.xlsx", [("hostile-file", "")]),
    "no id": (NO_ID, "f.xml", [("bad-xform", "")]),
}


@pytest.mark.parametrize("kind", FILES)
def test_a_file_that_is_no_form_is_refused_with_its_reason(kind: str):
    data, name, expected = FILES[kind]
    assert codes(compile_form(data, name)) == expected


TESTS = Path(__file__).parents[1]
ELSEWHERE = {
    "server/test_form_files.py": {"missing-media"},
    "server/test_generated_lists.py": {"empty-list"},
    "server/test_odk_validate.py": {"odk-validate"},
    "forms/test_diff.py": {"type-changed", "repeat-changed"},
    "test_remap.py": {"not-only-mapping"},
    "entities/test_declarations.py": {"bad-entities", "old-entities"},
    "forms/test_lint.py": {*RULES, "bad-lint"},
}
"""Problems that are not told by checking a form, and the stories that tell of them."""


def test_every_problem_has_a_story():
    expected = {code for _, _, found in FILES.values() for code, _ in found} | {"not-mapped"}
    expected |= {line.split(" ", 1)[0] for mistake in MISTAKES for line in mistake.told}
    expected |= set().union(*ELSEWHERE.values())
    assert expected == set(PROBLEM_TITLES)
    for file, elsewhere in ELSEWHERE.items():
        story = (TESTS / file).read_text(encoding="utf-8")
        assert [code for code in elsewhere if code not in story] == []
