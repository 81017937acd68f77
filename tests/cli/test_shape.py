"""The shape that scripts rely on: where options stand, what is printed where, how it ends."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
from typer.testing import CliRunner

from server.cli.entry import app, globals_first
from tests.cli.conftest import Shell


def commands() -> list[tuple[str, ...]]:
    """Every command as the words that name it, groups within groups included."""
    return list(_below(typer.main.get_command(app), ()))


def _below(command: Any, words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    within = getattr(command, "commands", None)
    if within is None:
        yield words
        return
    for name, each in within.items():
        yield from _below(each, (*words, name))


def test_every_command_of_the_issue_is_there() -> None:
    said = ["init", "serve", "worker", "status", "rebuild", "migrate", "demo"]
    nouns = {
        "project": ("create", "list"),
        "form": ("check", "publish", "list", "state", "diff", "lint", "remap", "admin-cascade"),
        "import": ("missing-migrants", "baseline"),
        "app-user": ("create", "list", "grant", "revoke"),
        "token": ("create", "list", "revoke"),
        "places": ("import",),
        "sites": ("import",),
        "submission": ("show", "list", "adopt", "withdraw", "take-back", "retry", "erase"),
        "duplicates": ("list", "decide"),
        "dataset": ("export",),
        "organisation": ("add", "import", "list"),
        "operation": ("add", "import", "list", "state"),
        "round": ("add", "import", "list", "state"),
        "enumerator": ("add", "import", "list", "retire"),
        "crosswalk": ("export", "import", "list"),
        "codes": ("list", "show"),
    }
    expected = {(name,) for name in said} | {(noun, verb) for noun, verbs in nouns.items() for verb in verbs}
    assert expected - set(commands()) == set()


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_help_teaches_with_an_example(words: tuple[str, ...]) -> None:
    said = CliRunner().invoke(app, [*words, "--help"])
    assert said.exit_code == 0
    assert f"  waypost {' '.join(words)}" in said.output


@pytest.mark.parametrize(
    "words",
    [
        ["--data", "D", "--json", "project", "create", "X"],
        ["project", "--data", "D", "create", "--json", "X"],
        ["project", "create", "X", "--json", "--data", "D"],
    ],
)
def test_global_options_stand_anywhere(words: list[str]) -> None:
    moved = globals_first(words)
    assert sorted(moved[:3]) == ["--data", "--json", "D"]
    assert moved[3:] == ["project", "create", "X"]
    assert moved[moved.index("--data") + 1] == "D"


def test_what_follows_two_dashes_is_left_alone() -> None:
    assert globals_first(["project", "create", "--data=D", "--", "--json"]) == [
        "--data=D", "project", "create", "--", "--json",
    ]  # fmt: skip


def test_json_is_one_value_on_stdout_wherever_the_options_stand(shell: Shell, tmp_path: Path) -> None:
    assert shell("init", "--data", tmp_path, "--json").json["key_created"] is True
    first = shell("--data", tmp_path, "--json", "project", "create", "North")
    second = shell("project", "create", "South", "--data", tmp_path, "--json")
    assert [(said.status, said.json["id"], said.json["name"]) for said in (first, second)] == [
        (0, 1, "North"),
        (0, 2, "South"),
    ]
    assert shell("project", "list", "--data", tmp_path).out.splitlines()[0].split() == [
        "id",
        "name",
        "created",
    ]


def test_a_problem_is_told_without_a_traceback(shell: Shell, tmp_path: Path) -> None:
    assert shell("init", "--data", tmp_path).status == 0
    words = ("rebuild", "--project", 7, "--data", tmp_path)
    told, as_json = shell(*words), shell(*words, "--json")
    assert (told.status, told.out, as_json.status, as_json.out) == (1, "", 1, "")
    assert told.err == "Not found: There is no project 7.\n`waypost project list` shows the projects.\n"
    assert json.loads(as_json.err) == {
        "code": "not-found",
        "title": "Not found",
        "detail": "There is no project 7.",
        "hint": "`waypost project list` shows the projects.",
        "errors": [],
    }


def test_a_folder_that_was_not_initialised_says_what_to_do(shell: Shell, tmp_path: Path) -> None:
    said = shell("project", "list", "--data", tmp_path / "nothing")
    assert (said.status, said.out) == (1, "")
    assert "waypost init" in said.err


@pytest.mark.parametrize(
    "words", [["nonsense"], ["project", "create"], ["form", "check", "no-such-file.xlsx"]]
)
def test_a_line_that_cannot_be_understood_ends_with_2(shell: Shell, words: list[str]) -> None:
    said = shell(*words)
    assert (said.status, said.out) == (2, "")
    assert "Usage: waypost" in said.err


def test_init_says_where_the_key_is_and_changes_nothing_the_second_time(shell: Shell, tmp_path: Path) -> None:
    first = shell("init", "--data", tmp_path)
    key = tmp_path / "keys" / "master.key"
    kept = key.read_bytes()
    assert (first.status, str(key) in first.out, "Keep a copy" in first.out) == (0, True, True)
    assert shell("init", "--data", tmp_path, "--json").json["key_created"] is False
    assert key.read_bytes() == kept


def test_help_imports_nothing_heavy() -> None:
    heavy = ["sqlalchemy", "fastapi", "pyxform", "shapely", "numpy", "lxml", "httpx", "uvicorn"]
    code = f"import sys, server.cli; print([m for m in {heavy} if m in sys.modules])"
    begun = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, time.monotonic() - begun < 5) == ("[]\n", True)
