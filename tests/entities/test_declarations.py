"""What a form says about entities, read from its XForm."""

from __future__ import annotations

from forms.compile import compile_form
from forms.model import EntityDeclaration, SavedAnswer
from tests.entities.people import entity_form

SHEETS = """
| survey |
| | type | name | label | save_to | bind::orx:x |
| | text | site | Site | sites#site_name | |
| | begin_repeat | tree | Tree | | |
| | text | species | Species | trees#species | |
| | end_repeat | | | | |
| settings |
| | form_id | version |
| | visit | 1 |
| entities |
| | list_name | label | repeat |
| | trees | ${species} | ${tree} |
| | sites | ${site} | |
"""


def test_sheets_say_which_answers_are_kept_of_a_form_and_of_a_repeat() -> None:
    made = compile_form(SHEETS.replace(" | bind::orx:x", "").encode(), "visit.md")
    assert made.form is not None, made.problems
    assert made.form.entities == (
        EntityDeclaration("sites", ("create",), "/data", False, (SavedAnswer("site_name", "/data/site"),)),
        EntityDeclaration(
            "trees", ("create",), "/data/tree", True, (SavedAnswer("species", "/data/tree/species"),)
        ),
    )


def test_older_specification_is_taken_with_a_warning() -> None:
    for spec, warned in (("2022.1.0", True), ("2023.1.0", True), ("2024.1.0", False), ("2025.1.3", False)):
        made = compile_form(entity_form("people", spec=spec), "people.xml")
        assert made.form is not None
        assert ("old-entities" in [warning.code for warning in made.warnings]) is warned
    assert made.form.entities[0].dataset == "people"


def test_other_tools_name_the_specification_and_the_version_under_other_prefixes() -> None:
    known = entity_form("people")
    other = known.replace(b"http://www.opendatakit.org/xforms/entities", b"http://www.opendatakit.org/xforms")
    other = other.replace(b' version="', b' orx:version="').replace(b"?xml orx:version", b"?xml version")
    made, expected = compile_form(other, "people.xml").form, compile_form(known, "people.xml").form
    assert made is not None
    assert expected is not None
    assert (made.entities, made.version) == (expected.entities, expected.version)


def test_what_cannot_be_used_is_told() -> None:
    good = entity_form("people")
    for old, new, told in (
        (b'dataset="people"', b"", "does not name its list"),
        (b'dataset="people"', b'dataset="__people"', "cannot be the name of an entity list"),
        (b' create="1"', b"", "neither created nor updated"),
        (b'saveto="age"', b'saveto="Label"', "cannot be the name of a property"),
        (b'saveto="age"', b'saveto="First_name"', "saved to one property"),
        (b' entities:entities-version="2024.1.0"', b"", "without the version"),
        (b"2024.1.0", b"2031.1.0", "not supported"),
    ):
        assert old in good
        (problem,) = compile_form(good.replace(old, new), "people.xml").problems
        assert (problem.code, told in problem.detail) == ("bad-entities", True), problem
