"""The verdict: it holds for a true week, and breaks for every way to cheat the tablets."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from server.demo.hosting import run_module
from server.demo.ledger import Ledger, read_ledgers
from server.demo.recount import Recount
from server.demo.verdict import PROMISES, Promise


def run_demo(data: Path, seed: int = 1, **environment: str) -> tuple[int, dict[str, Any]]:
    """In the folder above, by a relative path: as most people will."""
    done = subprocess.run(
        [*run_module("server.cli"), "demo", "--once", "--json", "--data", data.name, "--seed", str(seed)],
        cwd=data.parent,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


@pytest.mark.slow
def test_every_promise_holds_and_the_folder_is_kept(tmp_path: Path) -> None:
    status, verdict = run_demo(tmp_path / "demo")
    assert [p for p in verdict["promises"] if not p["ok"]] == []
    assert (status, verdict["ok"], len(verdict["promises"])) == (0, True, len(PROMISES))
    assert verdict["figures"]["acknowledged"] == verdict["figures"]["filled"]
    again = subprocess.run(
        [*run_module("server.cli"), "demo", "--once", "--data", str(tmp_path / "demo")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (again.returncode, "--fresh" in again.stderr) == (1, True)


@pytest.mark.slow
def test_acknowledging_before_the_commit_is_found_out(tmp_path: Path) -> None:
    status, verdict = run_demo(tmp_path / "demo", WAYPOST_ALLOW_FAULTS="1", WAYPOST_FAULT="ack-before-commit")
    broken = {p["title"] for p in verdict["promises"] if not p["ok"]}
    assert (status, verdict["ok"]) == (1, False)
    assert "Every acknowledged submission is there, byte for byte, exactly once" in broken


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(2, 14))
def test_every_promise_holds_in_other_countries_and_weeks(tmp_path: Path, seed: int) -> None:
    status, verdict = run_demo(tmp_path / "demo", seed)
    assert (status, [p for p in verdict["promises"] if not p["ok"]]) == (0, [])


def test_a_promise_nobody_could_check_is_not_kept() -> None:
    empty, kept, broken = Promise("empty"), Promise("kept"), Promise("broken")
    kept.equal("men", 3, 3)
    broken.equal("men", 2, 3)
    assert [promise.ok for promise in (empty, kept, broken)] == [False, True, False]
    assert broken.broken == ["men: 2 where the ledgers have 3"]


def note(ledger: Ledger, name: str, status: int | None, **what: Any) -> None:
    """One form filled in, sent once, and answered (None: never sent)."""
    about = {"instance_id": what.pop("instance_id", f"uuid:{name}"), "sha256": name}
    filled = {"form": "fmr", "version": "1", "files": {}, "deprecates": None, "story": None, "expects": {}}
    ledger.note("filled", **about, **{**filled, **what})
    if status is not None:
        request = {**about, "request": 1, "requests": 1, "files": []}
        ledger.note("attempt", **request, fault=None)
        ledger.note("answer", **request, status=status)


def test_the_recount_follows_the_rules_of_the_field(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "t01.jsonl")

    def flow(n_ind: int) -> dict[str, Any]:
        return {"flow": [["FMR", "FMP-01", "2026-03-02", n_ind]]}

    note(ledger, "a", 201, expects=flow(10))
    note(ledger, "b", 201, expects=flow(5))
    note(ledger, "edit of b", 202, expects=flow(7), deprecates="uuid:b")
    note(ledger, "other body of a", 202, expects=flow(100), instance_id="uuid:a")
    note(ledger, "refused", 400, expects=flow(1000))
    note(ledger, "never sent", None, expects=flow(10_000))
    note(ledger, "held", 202, expects={**flow(100_000), "held": "unknown_form"})
    entries = read_ledgers(tmp_path)
    recount = Recount.of(entries)
    assert recount.movements == {("FMR", "FMP-01", "2026-03-02"): 17}
    assert [entry.sha256 for entry in recount.counted] == ["a", "edit of b"]
    assert [entry.acknowledged for entry in entries] == [True, True, True, True, False, False, True]
