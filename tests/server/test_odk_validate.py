"""ODK Validate at publication: what compiles and no tablet could open is refused; without Java it is said."""

from __future__ import annotations

import stat
import time
from pathlib import Path

import pytest
from sqlalchemy import select

from forms.compile import compile_form
from forms.odk_validate import complaints, jar
from sync import odk_validate
from sync.odk_validate import NONE, Validation, validate
from sync.problems import FormInvalid
from sync.registry import publish_form
from sync.tables import form, form_version
from tests.server.office import Office

java = pytest.mark.skipif(
    odk_validate.shutil.which("java") is None, reason="there is no Java to run ODK Validate with"
)

GOOD = """
| survey |
| | type | name | label | calculation | relevant | constraint |
| | integer | men | Men | | | . >= 0 |
| | integer | women | Women | | ${men} > 0 | |
| | calculate | all | | ${men} + ${women} | | |
| | calculate | half | | ${all} div 2 | | |
| settings |
| | form_id | form_title | version |
| | count | Counting | 1 |
"""
CYCLE = GOOD.replace("${men} + ${women}", "${half} * 2")
UNKNOWN_FUNCTION = GOOD.replace("${men} > 0", "perhaps(${men})")


def judged(text: str, program: str = "java", **limits: float) -> Validation:
    compiled = compile_form(text.encode(), "count.md")
    assert compiled.form is not None, compiled.problems
    return validate(compiled.form.xform, text.encode(), "count.md", program, **limits)  # type: ignore[arg-type]


@java
def test_a_good_form_is_taken() -> None:
    assert judged(GOOD) == Validation()


@java
def test_a_cycle_that_compiles_is_told_with_its_cell() -> None:
    (problem,) = judged(CYCLE).problems
    assert (problem.code, problem.severity, str(problem.cell)) == ("odk-validate", "error", "survey!D4")
    assert "Cycle detected" in problem.detail
    assert "'all' 'half'" in problem.detail or "'half' 'all'" in problem.detail


@java
def test_a_function_that_does_not_exist_is_told_with_its_cell() -> None:
    (problem,) = judged(UNKNOWN_FUNCTION).problems
    assert str(problem.cell) == "survey!E3"
    assert "cannot handle function 'perhaps'" in problem.detail
    assert "java" not in problem.detail


@java
def test_publishing_a_form_it_refuses_leaves_nothing_behind(office: Office) -> None:
    def publishes(text: str, program: str) -> str:
        published = publish_form(office.store, office.project_id, text.encode(), "count.md", java=program)
        return published.not_validated

    with pytest.raises(FormInvalid) as refused:
        publishes(CYCLE, "java")
    assert [(error["code"], error["cell"]) for error in refused.value.errors] == [
        ("odk-validate", "survey!D4")
    ]
    with office.store.read() as session:
        assert (session.all(select(form.c.id)), session.all(select(form_version.c.id))) == ([], [])
    assert publishes(GOOD, "java") == ""
    assert "switched off" in publishes(CYCLE.replace("| 1 |", "| 2 |"), NONE), "--no-validate takes it"


def test_without_java_one_line_says_that_it_was_skipped(office: Office) -> None:
    assert judged(CYCLE, "no-such-java") == Validation(
        skipped="ODK Validate was skipped: there is no Java ('no-such-java' is not found)."
    )
    published = publish_form(office.store, office.project_id, GOOD.encode(), "count.md", java="no-such-java")
    assert (published.is_new, "there is no Java" in published.not_validated) == (True, True)


def program(folder: Path, lines: str) -> str:
    path = folder / "java"
    path.write_text(f"#!/bin/sh\n{lines}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_a_java_that_does_not_work_is_no_fault_of_the_form(tmp_path: Path) -> None:
    broken = program(tmp_path, "echo 'Error: could not find libjava.so' >&2; exit 2")
    assert judged(GOOD, broken).skipped.endswith("ended with status 2.")


def test_a_hanging_validation_is_ended_with_all_its_children(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    hanging = program(tmp_path, f"sleep 60 & echo $! > {pid}; wait")
    begun = time.monotonic()
    (problem,) = judged(GOOD, hanging, seconds=1.0).problems
    assert (problem.code, time.monotonic() - begun < 20) == ("odk-validate", True)
    assert "within 1 seconds" in problem.detail
    state = Path(f"/proc/{pid.read_text().strip()}/stat")
    for _ in range(50):
        if not state.exists() or state.read_text().split()[2] == "Z":
            break
        time.sleep(0.1)
    else:
        raise AssertionError("its child goes on")


def test_it_inherits_nothing_of_the_servers_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAYPOST_DATABASE", "postgresql://secret")
    seen = tmp_path / "seen"
    judged(GOOD, program(tmp_path, f"env > {seen}; exit 0"))
    assert "secret" not in seen.read_text()


def test_what_cannot_be_made_out_is_told_as_it_is() -> None:
    (problem,) = complaints("", GOOD.encode(), "count.md")
    assert "does not say why" in problem.detail


def test_the_archive_comes_with_pyxform() -> None:
    assert jar().is_file()
