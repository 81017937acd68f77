"""A coordinator takes forms out of the library: what there is, and files that are the very same forms."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from forms.compile import compile_form
from forms.library_index import FORM_FILES, library, sources
from forms.model import CompiledForm
from tests.cli.conftest import Shell
from tests.forms.test_library import UNMAPPED

FORMS = tuple(sources())


@cache
def compiled(name: str) -> CompiledForm:
    form = compile_form(library()[name], f"{name}.md").form
    assert form is not None
    return form


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which the whole library was written as workbooks."""
    from server.cli import main

    folder = tmp_path_factory.mktemp("library") / "forms"
    with pytest.raises(SystemExit) as end:
        main(["form", "library", "--write", str(folder)])
    assert end.value.code in (0, None)
    assert sorted(file.name for file in folder.iterdir()) == sorted(f"{name}.xlsx" for name in FORMS)
    return folder


def test_the_list_says_what_each_form_is_called_speaks_and_feeds(shell: Shell) -> None:
    told = {each["form"]: each for each in shell("form", "library", "--json").json}
    assert sorted(told) == sorted(FORMS)
    for name in FORMS:
        form = compiled(name)
        assert (told[name]["title"], told[name]["version"]) == (form.title, form.version)
        assert told[name]["tables"] == sorted({maker.table for maker in form.makers})
        assert told[name]["files"] == list(FORM_FILES[name])
        assert [language["code"] for language in told[name]["languages"]] == list(sources()[name].languages)


def test_the_list_tells_a_translation_a_speaker_signed_from_one_nobody_did(shell: Shell) -> None:
    [fmr] = shell("form", "library", "--form", "fmr", "--json").json
    english, french, arabic = fmr["languages"]
    texts = english["texts"]
    assert texts > 100
    assert english == {
        "code": "en",
        "texts": texts,
        "translated": texts,
        "reviewed": texts,
        "state": "source",
    }
    for code, language in (("fr", french), ("ar", arabic)):
        assert (language["code"], language["texts"], language["translated"]) == (code, texts, texts)
        assert language["state"] == ("reviewed" if language["reviewed"] == texts else "unreviewed")
    said = shell("form", "library", "--form", "fmr").out
    assert "Flow Monitoring Registry" in said
    assert f"fr {french['state']}" in said


@pytest.mark.parametrize("name", FORMS)
def test_a_workbook_is_the_very_same_form_as_the_text(written: Path, name: str) -> None:
    from_sheets = compile_form((written / f"{name}.xlsx").read_bytes(), f"{name}.xlsx")
    remarks = [p for p in (*from_sheets.problems, *from_sheets.warnings) if (name, p.code) != UNMAPPED]
    assert [str(problem) for problem in remarks] == []
    assert from_sheets.form is not None
    assert from_sheets.form.xform == compiled(name).xform


def test_a_written_form_passes_the_check_that_authors_run(shell: Shell, written: Path) -> None:
    said = shell("form", "check", written / "poe_flow.xlsx")
    assert (said.status, said.err) == (0, "")
    assert said.out.startswith("poe_flow.xlsx is fine: poe_flow 20")


def test_some_forms_are_written_as_text_and_the_others_left_alone(shell: Shell, tmp_path: Path) -> None:
    said = shell("form", "library", "--form", "fms", "--form", "fmr", "--write", tmp_path, "--format", "md")
    assert said.status == 0
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == {
        "fmr.md": library()["fmr"],
        "fms.md": library()["fms"],
    }
    assert f"2 files are in {tmp_path}." in said.out


def test_a_form_the_library_has_not_is_told_with_those_it_has(shell: Shell, tmp_path: Path) -> None:
    said = shell("form", "library", "--form", "fmx", "--write", tmp_path / "none")
    assert (said.status, said.out) == (1, "")
    assert "The library has no form 'fmx'." in said.err
    assert "fmr" in said.err
    assert not (tmp_path / "none").exists()
