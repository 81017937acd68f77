"""A coordinator at the command line: compares, lints, reads again, goes back."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.store import open_store
from sync.worker import Worker
from tests.cli.conftest import Shell
from tests.test_worker import FORM, Desk, filled

SWAPPED = FORM.replace("incoming", "@").replace("outgoing", "incoming").replace("@", "outgoing")


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "old.md").write_text(FORM)
    (tmp_path / "new.md").write_text(SWAPPED.replace("| 1              | flow{", "| 2              | flow{"))
    (tmp_path / "swapped.md").write_text(SWAPPED)
    (tmp_path / "retyped.md").write_text(FORM.replace("| select_one place |", "| text             |"))
    return tmp_path


@pytest.fixture
def office(waypost: Shell, files: Path, data: Path, database: str) -> Shell:
    """Project 1 with the counting form, and one submission that was processed."""
    project = waypost("project", "create", "Border").json
    published = waypost("form", "publish", files / "old.md", "--project", 1)
    assert published.status == 0, published.err
    store = open_store(data, database)
    worker = Worker(store)
    try:
        desk = Desk(store, project["id"], project["uuid"], worker)
        assert desk.receives(filled("uuid:1", (21, "in"), (4, "out"))) == 201
        worker.drain()
    finally:
        worker.stop()
        store.close()
    return waypost


def test_diff_of_two_files_says_what_breaks(shell: Shell, files: Path) -> None:
    said = shell("form", "diff", files / "old.md", files / "new.md")
    assert said.status == 0, said.err
    assert said.out.splitlines() == [
        "flow.direction is comparable no more from this version on: code 'in' now means outgoing, and meant "
        "incoming; code 'out' now means incoming, and meant outgoing.",
        "These stay comparable: flow.place_id, flow.reporting_date, flow.n_ind, flow_split.code, "
        "flow_split.n, flow.flow_tool, flow_split.dimension.",
    ]


def test_diff_refuses_a_type_change_with_status_1(shell: Shell, files: Path) -> None:
    said = shell("form", "diff", files / "old.md", files / "retyped.md")
    assert said.status == 1
    assert "refused  'point' was select_one and is text now. Give the question a new name" in said.out
    assert shell("form", "diff", files / "old.md", files / "old.md").status == 0


def test_diff_against_a_project_tells_where_the_old_data_stand(office: Shell, files: Path) -> None:
    value = office("form", "diff", "counting@1", files / "new.md", "--project", 1).json
    assert (value["old"], value["new"]) == (
        {"form_id": "counting", "version": "1"},
        {"form_id": "counting", "version": "2"},
    )
    assert value["data_under_old"] == {
        "submissions": 1,
        "rows": [
            {"table": "flow", "rows": 2, "first": "2026-11-03", "last": "2026-11-03", "rounds": []},
        ],
    }
    missing = office("form", "diff", "counting@9", files / "new.md", "--project", 1)
    assert (missing.status, "no version '9'" in missing.err) == (1, True)


def test_lint_is_quiet_about_a_warning_unless_strict(shell: Shell, files: Path) -> None:
    said = shell("form", "lint", files / "old.md")
    assert said.status == 0
    assert "purpose-missing  survey!A2" in said.out
    assert shell("form", "lint", files / "old.md", "--strict").status == 1
    (told,) = [
        one
        for one in shell("form", "lint", files / "old.md", "--json").json["findings"]
        if one["code"] == "purpose-missing"
    ]
    assert (told["cell"], told["severity"]) == ("survey!A2", "warning")


def test_remap_shows_first_does_it_when_told_and_goes_back(office: Shell, files: Path) -> None:
    words = ("form", "remap", "counting", "--project", 1, "--mapping", files / "swapped.md")
    shown = office(*words).json
    assert (shown["applied"], shown["submissions"], shown["rows"]["flow"]) == (
        False,
        1,
        {"before": 2, "after": 2, "added": 0, "removed": 0, "changed": 2},
    )
    assert shown["values"] == [
        {
            "variable": "flow.direction",
            "rows": 2,
            "examples": [
                {"before": "incoming", "after": "outgoing", "rows": 1},
                {"before": "outgoing", "after": "incoming", "rows": 1},
            ],
        }
    ]
    assert shown["figures"] == [
        {"figure": "flow.n_ind", "of": {"flow_tool": "FMR"}, "before": 25, "after": 25}
    ]
    assert (office(*words, "--apply").status, office(*words, "--apply").err) != (0, "")  # without a note
    done = office(*words, "--apply", "--note", "exchanged").json
    assert (done["applied"], done["versions"], done["submissions"]) == (True, {"1": 2}, 1)
    back = office(
        "form", "remap", "counting", "--project", 1, "--revision", 1, "--version", "1", "--apply",
        "--note", "no",
    )  # fmt: skip
    assert back.json["versions"] == {"1": 3}
    listed = office("form", "mappings", "counting", "--project", 1).json
    assert [(one["mapping"], one["note"], one["in_use"]) for one in listed] == [
        (1, "as published", False),
        (2, "exchanged", False),
        (3, "no", True),
    ]


def test_remap_refuses_more_than_a_mapping_with_its_cell(office: Shell, files: Path) -> None:
    file = files / "more.md"
    file.write_text(SWAPPED.replace("| Gao station ", "| Gao gate    "))
    said = office("form", "remap", "counting", "--project", 1, "--mapping", file)
    assert said.status == 1
    assert "choices!C2" in said.err
    neither = office("form", "remap", "counting", "--project", 1)
    assert (neither.status, "not said which mapping" in neither.err) == (1, True)
