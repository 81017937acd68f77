"""Decisions about duplicates and records: only a decision removes a row, and another brings it back."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from sync.canonical import harmonised_hash, review_hash
from sync.decisions import (
    KEEP_BOTH,
    adopt,
    apply_decisions,
    decide_duplicate,
    open_pairs,
    reject,
    take_back,
    withdraw,
)
from sync.problems import Conflict, Invalid, NotFound
from sync.store import Store, new_uuid, now
from sync.tables import audit, change, decision, flow, receipt_event, submission, submission_version
from sync.tables.log import ChangeKind
from tests.datasets.rows import FMP_01, MONDAY, Country, country


@pytest.fixture
def sahelia(store: Store) -> Country:
    return country(store)


def herds(of: Country, *sizes: int) -> list[str]:
    """Rows of one day and place, each from a tablet of its own."""
    return [of.flow(MONDAY, FMP_01, size) for size in sizes]


def pair(of: Country, a: str, b: str) -> str:
    key = of.pair(a, b)
    of.store.write(lambda session: apply_decisions(session, [a, b]))
    return key


def undecided(of: Country) -> list[dict[str, Any]]:
    with of.store.read() as session:
        return open_pairs(session, of.project_id)


def standing(of: Country) -> dict[int, tuple[str, bool]]:
    """Status and review of each row, by its number of persons."""
    with of.store.read() as session:
        rows = session.all(select(flow.c.n_ind, flow.c.status, flow.c.under_review))
    return {row["n_ind"]: (row["status"], row["under_review"]) for row in rows}


def test_two_rows_suspected_of_each_other_are_under_review_and_stay_counted(sahelia: Country) -> None:
    a, b, _ = herds(sahelia, 40, 41, 7)
    key = pair(sahelia, a, b)
    assert standing(sahelia) == {40: ("valid", True), 41: ("valid", True), 7: ("valid", False)}
    waiting = undecided(sahelia)
    assert [(one["pair"], one["score"], sorted(row["n_ind"] for row in one["rows"])) for one in waiting] == [
        (key, 0.9, [40, 41])
    ]
    assert "root_id" not in waiting[0]["rows"][0]


def test_a_coordinator_rejects_a_row_and_takes_it_back(sahelia: Country) -> None:
    a, b = herds(sahelia, 40, 41)
    key = pair(sahelia, a, b)
    before = digest(sahelia)
    made = decide_duplicate(sahelia.store, key, reject(b), "same herd, told twice", "coordinator")
    assert standing(sahelia) == {40: ("valid", False), 41: ("rejected_duplicate", False)}
    assert undecided(sahelia) == []
    take_back(sahelia.store, made, "two herds after all", "coordinator")
    assert standing(sahelia) == {40: ("valid", True), 41: ("valid", True)}
    assert digest(sahelia) == before
    with pytest.raises(Conflict, match="no longer counts"):
        take_back(sahelia.store, made)


def test_everything_decided_is_kept_and_told(sahelia: Country) -> None:
    a, b = herds(sahelia, 40, 41)
    key = pair(sahelia, a, b)
    first = decide_duplicate(sahelia.store, key, reject(a), actor_uuid="mariam")
    second = decide_duplicate(sahelia.store, key, KEEP_BOTH, "two herds", "idriss")
    assert standing(sahelia) == {40: ("valid", False), 41: ("valid", False)}
    with sahelia.store.read() as session:
        kept = session.all(select(decision).order_by(decision.c.id))
        assert [(row["uuid"], row["outcome"], row["actor_uuid"], row["reverses_uuid"]) for row in kept] == [
            (first, reject(a), "mariam", None),
            (second, KEEP_BOTH, "idriss", first),
        ]
        told = select(change.c.object_uuid).where(change.c.kind == ChangeKind.DECISION).order_by(change.c.seq)
        assert [row["object_uuid"] for row in session.all(told)] == [first, second]
        trail = select(audit.c.actor_uuid).where(audit.c.action == "decision.duplicate").order_by(audit.c.id)
        assert [row["actor_uuid"] for row in session.all(trail)] == ["mariam", "idriss"]


def test_a_decision_has_to_be_about_the_pair(sahelia: Country) -> None:
    a, b, stranger = herds(sahelia, 40, 41, 7)
    key = pair(sahelia, a, b)
    for outcome in (reject(stranger), "reject", "yes"):
        with pytest.raises(Invalid, match="does not decide this pair"):
            decide_duplicate(sahelia.store, key, outcome)
    with pytest.raises(NotFound):
        decide_duplicate(sahelia.store, new_uuid(), KEEP_BOTH)
    assert standing(sahelia)[40] == ("valid", True)
    decide_duplicate(sahelia.store, key, KEEP_BOTH)
    assert standing(sahelia)[40] == ("valid", False)


def test_of_three_reports_of_one_herd_a_rejected_one_keeps_nobody_under_review(sahelia: Country) -> None:
    a, b, c = herds(sahelia, 40, 41, 42)
    pair(sahelia, a, b)
    a_c = pair(sahelia, a, c)
    decide_duplicate(sahelia.store, a_c, reject(a))
    assert standing(sahelia) == {
        40: ("rejected_duplicate", False),
        41: ("valid", False),  # the row it was suspected of counts no more
        42: ("valid", False),
    }
    assert undecided(sahelia) == []


def test_deriving_rows_again_brings_nothing_back(sahelia: Country) -> None:
    a, b, other = herds(sahelia, 40, 41, 7)
    decide_duplicate(sahelia.store, pair(sahelia, a, b), reject(b))
    with sahelia.store.read() as session:
        uuid = session.scalar(_uuid_of_root(other))
    withdraw(sahelia.store, uuid, "the point was closed that day")
    decided = standing(sahelia)
    before = digest(sahelia)

    def derive_again(session: Any) -> None:
        session.execute(flow.update().values(status="valid", under_review=False))
        apply_decisions(session, [a, b, other])

    sahelia.store.write(derive_again)
    assert standing(sahelia) == decided == {
        40: ("valid", False), 41: ("rejected_duplicate", False), 7: ("withdrawn", False),
    }  # fmt: skip
    assert digest(sahelia) == before


def test_a_record_is_withdrawn_and_counts_again_when_that_is_taken_back(sahelia: Country) -> None:
    a, b = herds(sahelia, 40, 41)
    pair(sahelia, a, b)
    with sahelia.store.read() as session:
        uuid = session.scalar(_uuid_of_root(a))
    made = withdraw(sahelia.store, uuid)
    assert standing(sahelia) == {40: ("withdrawn", False), 41: ("valid", False)}
    take_back(sahelia.store, made)
    assert standing(sahelia) == {40: ("valid", True), 41: ("valid", True)}


def test_an_edit_without_its_original_is_adopted(sahelia: Country) -> None:
    edit = sahelia.submission(deprecated_id="uuid:never-came")
    held = {
        "id": 900,
        "uuid": new_uuid(),
        "submission_id": edit["id"],
        "body_hash": b"x",
        "state": "held",
        "hold_reason": "original_missing",
        "form_version": "1",
        "size": 10,
        "received_at": now(),
    }
    with pytest.raises(Conflict):
        adopt(sahelia.store, edit["uuid"])
    sahelia.store.write(lambda session: session.insert(submission_version, [held]))
    made = adopt(sahelia.store, edit["uuid"])
    waiting = select(func.count()).select_from(receipt_event).where(receipt_event.c.state == "waiting")
    newest = select(decision.c.outcome).order_by(decision.c.id.desc()).limit(1)
    with sahelia.store.read() as session:
        assert (session.scalar(waiting), session.scalar(newest)) == (1, "adopt")
    take_back(sahelia.store, made)
    with sahelia.store.read() as session:
        assert (session.scalar(waiting), session.scalar(newest)) == (2, "undecided")


def digest(of: Country) -> tuple[str, str]:
    with of.store.read() as session:
        return harmonised_hash(session, of.project_uuid), review_hash(session, of.project_uuid)


def _uuid_of_root(record_id: str) -> Any:
    root = select(flow.c.root_id).where(flow.c.record_id == record_id).scalar_subquery()
    return select(submission.c.uuid).where(submission.c.id == root)
