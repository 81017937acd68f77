"""The queue of events: what is claimed, done, tried again or parked.

Claims are leases, so that a worker that was killed leaves nothing behind: its events are free again when the
lease runs out. On PostgreSQL several workers claim with SKIP LOCKED and never meet.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, case, select, update

from sync.store import ReadSession, WriteSession, now
from sync.tables import event
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
    until, at = event.c.claimed_until, now()
    return until.is_(None) | (until < at) | (until > at + 2 * LEASE)


def claim(session: WriteSession, limit: int) -> list[Claimed]:
    """Take up to `limit` waiting events, oldest first."""
    free = _free()
    statement = (
        select(event.c.id, event.c.submission_id)
        .where(event.c.state == EventState.WAITING, free)
        .order_by(event.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    claimed = [Claimed(row["id"], row["submission_id"]) for row in session.all(statement)]
    if claimed:
        ids = [c.event_id for c in claimed]
        session.execute(update(event).where(event.c.id.in_(ids)).values(claimed_until=now() + LEASE))
    return claimed


def anything_waiting(session: ReadSession) -> bool:
    free = _free()
    return (
        session.scalar(select(event.c.id).where(event.c.state == EventState.WAITING, free).limit(1))
        is not None
    )


def finish(session: WriteSession, event_ids: Collection[int]) -> None:
    if event_ids:
        session.execute(
            update(event)
            .where(event.c.id.in_(list(event_ids)))
            .values(state=EventState.DONE, done_at=now(), claimed_until=None, step=None, reason=None)
        )


def settle_parked(session: WriteSession, submission_ids: Collection[int]) -> None:
    """What was parked of submissions whose record has now been processed is done: nobody need look at it."""
    if submission_ids:
        mine = event.c.submission_id.in_(list(submission_ids))
        parked = update(event).where(mine, event.c.state == EventState.PARKED)
        session.execute(parked.values(state=EventState.DONE, done_at=now(), step=None, reason=None))


def release(session: WriteSession, event_ids: Collection[int]) -> None:
    """Give claimed events back untried."""
    if event_ids:
        session.execute(update(event).where(event.c.id.in_(list(event_ids))).values(claimed_until=None))


def release_leases(session: WriteSession) -> None:
    """Free what any worker claimed: for the start of the only worker there is, after one was killed."""
    session.execute(update(event).where(event.c.claimed_until.is_not(None)).values(claimed_until=None))


def fail(session: WriteSession, failures: Mapping[int, Failure]) -> None:
    """Note what went wrong with each event: back to waiting, or parked after the last attempt."""
    for event_id, failure in failures.items():
        last = failure.final or None
        session.execute(
            update(event)
            .where(event.c.id == event_id)
            .values(
                attempts=event.c.attempts + 1,
                step=failure.step,
                reason=failure.reason,
                claimed_until=None,
                state=EventState.PARKED
                if last
                else case(
                    (event.c.attempts + 1 >= MAX_ATTEMPTS, EventState.PARKED), else_=EventState.WAITING
                ),
            )
        )


def requeue(session: WriteSession, submission_ids: Collection[int]) -> None:
    """Have submissions processed again: after a form was published, a decision, a parked one set free."""
    session.insert(
        event,
        [
            {"submission_id": key, "state": EventState.WAITING, "attempts": 0, "created_at": now()}
            for key in submission_ids
        ],
    )


def retry_parked(session: WriteSession, submission_ids: Collection[int] | None = None) -> int:
    """Put parked events back to waiting: all of them, or those of some submissions. Returns how many."""
    statement = update(event).where(event.c.state == EventState.PARKED)
    if submission_ids is not None:
        statement = statement.where(event.c.submission_id.in_(list(submission_ids)))
    return session.execute(statement.values(state=EventState.WAITING, attempts=0, claimed_until=None))
