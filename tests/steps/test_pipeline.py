"""The whole way of one record: steps in order, the failing one named, the same outcome every time."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path

import pytest

from sync.pipeline import STEPS, StepFailed, run
from sync.sandbox import SandboxFailure, run_once
from sync.steps.values import Outcome
from tests.steps.fieldwork import library_form, task

FMR = library_form("fmr")
TTT = library_form("ttt_count")
DAY = {
    "place": "FMP-03",
    "obs_date": "2026-11-03",
    "outcome": "movement",
    "location": "13.2 14.1 300.0 5.0",
}
GROUPS = [{"direction": "outgoing", "n_ind": n} for n in (41, 7)]
RECORD = task(FMR, {"day": DAY, "groups": GROUPS})


def test_the_table_of_steps_is_that_of_the_architecture() -> None:
    assert list(dict.fromkeys(name for name, _ in STEPS)) == [
        "parse", "project", "geotag", "quality", "duplicates", "entities",
    ]  # fmt: skip


def test_a_record_goes_all_the_way() -> None:
    outcome = run(RECORD)
    assert [row.table for row in outcome.rows] == ["flow", "flow", "observation"]
    assert outcome.tags.keys() == {row.record_id for row in outcome.rows}
    assert len({id(tag) for tag in outcome.tags.values()}) == 1, "one declaration, one position: one tag"
    assert [block.features["n"] for block in outcome.blocks] == [41, 7]
    assert outcome.reporting_dates.keys() == outcome.tags.keys()


def test_the_same_record_gives_the_same_outcome_here_and_in_the_child() -> None:
    first = run(RECORD)
    assert run(RECORD) == first
    assert pickle.loads(pickle.dumps(first)) == first
    assert run_once(run, RECORD, memory_mb=1024, seconds=60) == first


def test_an_edit_changes_figures_and_keeps_the_ids() -> None:
    edited = replace(RECORD, body=RECORD.body.replace(b"<n_ind>41<", b"<n_ind>40<"))
    before, after = run(RECORD), run(edited)
    assert [row.record_id for row in before.rows] == [row.record_id for row in after.rows]
    assert [row.values["n_ind"] for row in after.rows if row.table == "flow"] == [40, 7]


def test_unreadable_xml_fails_the_parse_step_with_its_reason() -> None:
    with pytest.raises(StepFailed) as failure:
        run(replace(RECORD, body=b"<data><name>Mariam</data>"))
    assert failure.value.step == "parse"
    assert failure.value.reason == "The XML is not well-formed at line 1, column 26 (tag name mismatch)."
    again = pickle.loads(pickle.dumps(failure.value))
    assert (again.step, again.reason) == (failure.value.step, failure.value.reason)


def test_a_step_that_breaks_is_named_without_quoting_anybody(tmp_path: Path) -> None:
    missing = tmp_path / "no such index"
    with pytest.raises(StepFailed) as failure:
        run(replace(RECORD, index_path=str(missing), release="v01"))
    assert failure.value.step == "geotag"
    assert failure.value.reason.startswith("FileNotFoundError in ")
    assert "no such index" not in str(failure.value)


def test_a_failing_step_comes_out_of_the_child_as_a_failure() -> None:
    with pytest.raises(SandboxFailure) as failure:
        run_once(run, replace(RECORD, body=b""), memory_mb=1024, seconds=60)
    assert failure.value.reason == "error"
    assert "parse: The XML is not well-formed" in failure.value.message


def test_two_informants_meet_in_one_block() -> None:
    def report(informant: str, cattle: int, clock: str) -> Outcome:
        answers = {
            "report": {
                "place": "CP-01",
                "event_date": "2026-11-03",
                "event_time": f"2026-11-03T{clock}:00",
                "informant": informant,
            },
            "movement": {"direction": "out"},
            "animals": {"herds": 1, "species": {"cattle": cattle}},
            "people": {"n_ind": 4},
        }
        return run(task(TTT, answers, instance_id=f"uuid:{informant}"))

    (one,), (other,) = report("KI-07", 120, "09:10").blocks, report("KI-12", 130, "09:50").blocks
    assert set(one.keys) & set(other.keys)
