"""The queue of events: what is claimed, done, tried again or parked.

Claims are leases, so that a worker that was killed leaves nothing behind: its events are free again when the
lease runs out. On PostgreSQL several workers claim with SKIP LOCKED and never meet.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, case, func, select, update

from sync.store import ReadSession, WriteSession, now
from sync.tables import receipt_event
from sync.tables.log import EventState

LEASE = timedelta(minutes=5)
MAX_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Claimed:
    event_id: int
    submission_id: int


@dataclass(frozen=True, slots=True)
class Failure:
    step: str
    reason: str
    final: bool  # the step said no by itself: trying again would give the same


def _free() -> ColumnElement[bool]:
    """Nobody holds it. A lease that ends later than any could was given by a clock that has been put back."""
    until, at = receipt_event.c.claimed_until, now()
    return until.is_(None) | (until < at) | (until > at + 2 * LEASE)


def claim(session: WriteSession, limit: int) -> list[Claimed]:
    """Take up to `limit` waiting events, oldest first."""
    free = _free()
    statement = (
        select(receipt_event.c.id, receipt_event.c.submission_id)
        .where(receipt_event.c.state == EventState.WAITING, free)
        .order_by(receipt_event.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    claimed = [Claimed(row["id"], row["submission_id"]) for row in session.all(statement)]
    if claimed:
        ids = [c.event_id for c in claimed]
        session.execute(
            update(receipt_event).where(receipt_event.c.id.in_(ids)).values(claimed_until=now() + LEASE)
        )
    return claimed


def anything_waiting(session: ReadSession) -> bool:
    free = _free()
    return (
        session.scalar(
            select(receipt_event.c.id).where(receipt_event.c.state == EventState.WAITING, free).limit(1)
        )
        is not None
    )


def finish(session: WriteSession, event_ids: Collection[int]) -> None:
    if event_ids:
        session.execute(
            update(receipt_event)
            .where(receipt_event.c.id.in_(list(event_ids)))
            .values(state=EventState.DONE, done_at=now(), claimed_until=None, step=None, reason=None)
        )


def settle_parked(session: WriteSession, submission_ids: Collection[int]) -> None:
    """What was parked of submissions whose record has now been processed is done: nobody need look at it."""
    if submission_ids:
        mine = receipt_event.c.submission_id.in_(list(submission_ids))
        parked = update(receipt_event).where(mine, receipt_event.c.state == EventState.PARKED)
        session.execute(parked.values(state=EventState.DONE, done_at=now(), step=None, reason=None))


def release(session: WriteSession, event_ids: Collection[int]) -> None:
    """Give claimed events back untried."""
    if event_ids:
        session.execute(
            update(receipt_event).where(receipt_event.c.id.in_(list(event_ids))).values(claimed_until=None)
        )


def release_leases(session: WriteSession) -> None:
    """Free what any worker claimed: for the start of the only worker there is, after one was killed."""
    session.execute(
        update(receipt_event).where(receipt_event.c.claimed_until.is_not(None)).values(claimed_until=None)
    )


def fail(session: WriteSession, failures: Mapping[int, Failure]) -> None:
    """Note what went wrong with each event: back to waiting, or parked after the last attempt."""
    for event_id, failure in failures.items():
        last = failure.final or None
        session.execute(
            update(receipt_event)
            .where(receipt_event.c.id == event_id)
            .values(
                attempts=receipt_event.c.attempts + 1,
                step=failure.step,
                reason=failure.reason,
                claimed_until=None,
                state=EventState.PARKED
                if last
                else case(
                    (receipt_event.c.attempts + 1 >= MAX_ATTEMPTS, EventState.PARKED),
                    else_=EventState.WAITING,
                ),
            )
        )


def fail_version(
    session: WriteSession, event_ids: Collection[int], submission_id: int, root_id: int, failure: Failure
) -> None:
    """Note that the version that counted failed: of a record, that of `submission_id`.

    event_ids  the claimed events of the record's submissions
    An edit is tried again or parked alone. The other events go back untried, and once the edit is parked the
    record is worked out by the version before it. For an original there is none: all its events fail.
    """
    if submission_id == root_id:
        return fail(session, dict.fromkeys(event_ids, failure))
    rows = session.all(
        select(receipt_event.c.id, receipt_event.c.submission_id).where(
            receipt_event.c.id.in_(list(event_ids))
        )
    )
    own = [row["id"] for row in rows if row["submission_id"] == submission_id]
    release(session, set(event_ids) - set(own))
    mine = receipt_event.c.submission_id == submission_id
    if not own:  # the others were claimed without it: the attempt is noted on its own event all the same
        latest = (
            select(receipt_event.c.id, receipt_event.c.state)
            .where(mine)
            .order_by(receipt_event.c.id.desc())
            .limit(1)
        )
        newest = session.first(latest)
        if newest is not None and newest["state"] == EventState.PARKED:
            return None  # another worker was quicker
        if newest is None or newest["state"] == EventState.DONE:
            requeue(session, [submission_id])
            newest = session.first(latest)
        assert newest is not None
        own = [newest["id"]]
    fail(session, dict.fromkeys(own, failure))
    parked = [submission_id] if submission_id in parked_now(session, [submission_id]) else []
    if parked:
        older = update(receipt_event).where(
            mine, receipt_event.c.state == EventState.PARKED, receipt_event.c.id < max(own)
        )
        session.execute(older.values(state=EventState.DONE, done_at=now(), step=None, reason=None))
        requeue(session, [root_id])
    return None


def parked_now(session: ReadSession, submission_ids: Collection[int]) -> set[int]:
    """Submissions whose newest event is parked."""
    ids = list(submission_ids)
    any_parked = select(receipt_event.c.submission_id).where(
        receipt_event.c.submission_id.in_(ids), receipt_event.c.state == EventState.PARKED
    )
    some = {row["submission_id"] for row in session.all(any_parked)}
    if not some:
        return some
    newest = (
        select(func.max(receipt_event.c.id))
        .where(receipt_event.c.submission_id.in_(some))
        .group_by(receipt_event.c.submission_id)
    )
    states = select(receipt_event.c.submission_id).where(
        receipt_event.c.id.in_(newest), receipt_event.c.state == EventState.PARKED
    )
    return {row["submission_id"] for row in session.all(states)}


def requeue(session: WriteSession, submission_ids: Collection[int]) -> None:
    """Have submissions processed again: after a form was published, a decision, a parked one set free."""
    session.insert(
        receipt_event,
        [
            {"submission_id": key, "state": EventState.WAITING, "attempts": 0, "created_at": now()}
            for key in submission_ids
        ],
    )


def retry_parked(session: WriteSession, submission_ids: Collection[int] | None = None) -> int:
    """Put parked events back to waiting: all of them, or those of some submissions. Returns how many."""
    statement = update(receipt_event).where(receipt_event.c.state == EventState.PARKED)
    if submission_ids is not None:
        statement = statement.where(receipt_event.c.submission_id.in_(list(submission_ids)))
    return session.execute(statement.values(state=EventState.WAITING, attempts=0, claimed_until=None))
