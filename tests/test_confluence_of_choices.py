"""What people choose about bodies and records, in any order of arrival and choice: the same tables."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import select

from sync.held.acting import Request, act
from sync.held.kinds import Action, Kind
from sync.held.listing import list_held
from sync.policy.scope import scope
from sync.rebuild import rebuild
from sync.records.deciding import delete_record, restore_record, review
from sync.records.reading import RecordView, find_record
from sync.records.sight import WholeForm
from sync.store import WriteSession
from sync.tables import flow, submission, submission_version
from tests.test_confluence import empty, hashes, lose_what_was_derived
from tests.test_worker import Desk, desk, filled

__all__ = ["desk"]


@dataclass(frozen=True)
class Step:
    """One thing that happens, once everything it needs has happened."""

    name: str
    does: Callable[[Desk], object]
    needs: tuple[str, ...] = field(default=())


def arrives(name: str, edits: str = "", size: int = 480, after: tuple[str, ...] = (), twin: str = "") -> Step:
    xml = filled(f"uuid:{name}", (size, "in"), edits=f"uuid:{edits}" if edits else "")
    return Step(name + twin, lambda desk: desk.receives(xml), after)


def acts(kind: Kind, action: Action, about: str, edit: str | None = None) -> Callable[[Desk], object]:
    def do(desk: Desk) -> None:
        desk.worker.drain()
        with desk.store.read() as session:
            seen = scope(session, None, desk.project_id)
            items = list_held(session, desk.store, seen).items
        (item,) = [one for one in items if (one.kind, one.instance_id) == (kind, f"uuid:{about}")]
        act(desk.store, item, Request(action, "told by the team", edit and f"uuid:{edit}"))

    return do


def decides(about: str, does: Callable[[WriteSession, RecordView], object]) -> Callable[[Desk], object]:
    def do(desk: Desk) -> None:
        desk.worker.drain()

        def work(session: WriteSession) -> None:
            of = desk.project_uuid, "counting", f"uuid:{about}"
            record = find_record(session, *of, WholeForm(), deleted=None)
            assert record is not None
            does(session, record)

        desk.store.write(work)

    return do


STORY = (
    arrives("kept"), arrives("kept", size=50, after=("kept",), twin="*"),
    arrives("used"), arrives("used", size=60, after=("used",), twin="*"),
    arrives("left"), arrives("left", size=70, after=("left",), twin="*"),
    arrives("fork"), arrives("a", "fork", 3), arrives("b", "fork", 4), arrives("c", "a", 5),
    arrives("alone", "lost", 7), arrives("put-aside", "lost", 8),
    arrives("bad", size=9), arrives("bad-edit", "bad", 10),
    arrives("gone", size=11), arrives("gone-edit", "gone", 12),
    arrives("back", size=13), arrives("settled", size=14),
    arrives("s1", "settled", 15), arrives("s2", "settled", 16),
    Step("use", acts(Kind.CONFLICT, Action.USE_THIS, "used"), ("used*",)),
    Step("discard", acts(Kind.CONFLICT, Action.DISCARD, "left"), ("left*",)),
    Step("lead", acts(Kind.BRANCHED, Action.USE_THIS, "fork", "a"), ("fork", "a", "b")),
    Step("adopt", acts(Kind.ORPHAN, Action.ADOPT, "alone"), ("alone",)),
    Step("aside", acts(Kind.ORPHAN, Action.DISCARD, "put-aside"), ("put-aside",)),
    Step("settle", acts(Kind.BRANCHED, Action.SETTLE, "settled"), ("settled", "s1", "s2")),
    Step("reject", decides("bad", lambda s, r: review(s, r, "rejected")), ("bad", "bad-edit")),
    Step("delete", decides("gone", delete_record), ("gone",)),
    Step("hide", decides("back", delete_record), ("back",)),
    Step("restore", decides("back", restore_record), ("hide",)),
    Step("approve", decides("back", lambda s, r: review(s, r, "approved")), ("restore",)),
)  # fmt: skip


KEEP = acts(Kind.CONFLICT, Action.KEEP_BOTH, "kept")
"""The record it makes has its name from the second body's own, which each receipt makes anew."""


def in_some_order(chance: random.Random) -> list[Step]:
    found: list[Step] = []
    while len(found) < len(STORY):
        done = {step.name for step in found}
        found.append(chance.choice([s for s in STORY if s.name not in done and done.issuperset(s.needs)]))
    return found


def stands(desk: Desk) -> object:
    """How every body and record stands, without the moments at which they came."""
    with desk.store.read() as session:
        rows = session.all(
            select(
                submission.c.instance_id,
                submission.c.review_state,
                submission.c.deleted_at.is_not(None).label("deleted"),
                submission_version.c.state,
                submission_version.c.hold_reason,
            ).join(submission_version, submission_version.c.submission_id == submission.c.id)
        )
    return sorted(map(str, (tuple(row.values()) for row in rows)))


def test_choices_come_to_the_same_in_any_order_and_after_a_rebuild(desk: Desk) -> None:
    found = []
    for seed in range(3):
        chance = random.Random(seed)
        desk.store.write(empty)
        for step in in_some_order(chance) if seed else STORY:
            step.does(desk)
            if chance.random() < 0.3:
                desk.worker.drain()
        desk.worker.drain()
        found.append((hashes(desk), stands(desk)))
        KEEP(desk)
        desk.worker.drain()
        before = hashes(desk), stands(desk)
        desk.store.write(lose_what_was_derived)
        rebuild(desk.store, desk.project_id, worker=desk.worker)
        assert (hashes(desk), stands(desk)) == before
    assert found == [found[0]] * 3
    counted = sorted(size for size, status in desk.rows(flow, "n_ind", "status") if status == "valid")
    assert [size for size in counted if size not in (15, 16)] == [5, 7, 13, 50, 60, 480, 480]
