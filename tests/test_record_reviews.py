"""Reviewed, deleted, restored: what becomes of the figures, in any order, after a rebuild and a resend."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations

from sqlalchemy import select

from sync.decisions import withdraw
from sync.rebuild import rebuild
from sync.records.deciding import delete_record, restore_record, review
from sync.records.reading import RecordView, find_record, list_records, versions_of
from sync.records.sight import WholeForm
from sync.store import WriteSession
from sync.tables import flow, submission
from tests.test_worker import Desk, desk, filled

__all__ = ["desk"]


def record(desk: Desk, instance_id: str = "uuid:1") -> RecordView:
    with desk.store.read() as session:
        found = find_record(session, desk.project_uuid, "counting", instance_id, WholeForm(), deleted=None)
    assert found is not None
    return found


def decides(desk: Desk, what: Callable[..., None], *how: str | None) -> None:
    def work(session: WriteSession) -> None:
        what(session, record(desk), *how)

    desk.store.write(work)


def counted(desk: Desk) -> list[int]:
    return [n for n, status in desk.rows(flow, "n_ind", "status") if status == "valid"]


def test_rejected_and_deleted_records_leave_the_figures_and_come_back(desk: Desk) -> None:
    desk.receives(filled("uuid:1", (21, "in"), (4, "out")))
    desk.receives(filled("uuid:9", (7, "in")))
    desk.worker.drain()
    before = desk.hash()
    for state, left in (
        ("approved", [4, 7, 21]),
        ("rejected", [7]),
        ("hasIssues", [4, 7, 21]),
        (None, [4, 7, 21]),
    ):
        decides(desk, review, state)
        assert (record(desk).review_state, counted(desk)) == (state, left)
    assert desk.hash() == before

    decides(desk, review, "rejected")
    decides(desk, delete_record)
    assert {status for n, status in desk.rows(flow, "n_ind", "status") if n != 7} == {"withdrawn"}
    assert desk.receives(filled("uuid:1", (21, "in"), (4, "out"))) == 201  # the tablet sends it again
    desk.worker.drain()
    with desk.store.read() as session:
        listed = list_records(session, desk.project_uuid, "counting", WholeForm())
    assert [one.instance_id for one in listed] == ["uuid:9"]
    assert counted(desk) == [7]
    assert rebuild(desk.store, desk.project_id, worker=desk.worker).unchanged
    decides(desk, restore_record)
    assert {status for n, status in desk.rows(flow, "n_ind", "status") if n != 7} == {"rejected"}
    assert rebuild(desk.store, desk.project_id, worker=desk.worker).unchanged

    assert desk.receives(filled("uuid:2", (22, "in"), edits="uuid:1")) == 201
    assert (record(desk).review_state, record(desk).updated_at) == (
        "edited",
        record(desk).current.received_at,
    )  # at once; the figures follow
    desk.worker.drain()
    assert counted(desk) == [7, 22]
    withdraw(desk.store, record(desk).uuid, "asked for by the family")
    assert counted(desk) == [7]
    assert record(desk).deleted_at is not None
    decides(desk, restore_record)
    assert counted(desk) == [7, 22]
    assert rebuild(desk.store, desk.project_id, worker=desk.worker).unchanged


def test_any_order_of_arrival_ends_in_the_same_standing(desk: Desk) -> None:
    """An original, its edit and the edit of that, in each order; a decision made in between stands."""
    for number, order in enumerate(permutations((0, 1, 2))):
        names = [f"uuid:{number}.{part}" for part in range(3)]
        bodies = [
            filled(name, (part + 1, "in"), edits=names[part - 1] if part else "")
            for part, name in enumerate(names)
        ]
        for part in order:
            desk.receives(bodies[part])
            desk.worker.drain()
        with desk.store.read() as session:
            rows = session.all(
                select(submission.c.instance_id, submission.c.review_state, submission.c.updated_at)
                .where(submission.c.instance_id.in_(names))
                .order_by(submission.c.instance_id)
            )
        assert [row["review_state"] for row in rows] == ["edited", None, None], order
        assert [row["updated_at"] is None for row in rows] == [False, True, True], order
        found = record(desk, names[0])
        with desk.store.read() as session:
            edits = [body for body in versions_of(session, found) if body.submission_id != found.id]
        assert {body.instance_id for body in edits} == set(names[1:])
        assert found.updated_at == max(body.received_at for body in edits)
        assert found.current.instance_id == names[2]
