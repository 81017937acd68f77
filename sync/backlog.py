"""How far behind the pipeline is, in numbers."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from sync.store import ReadSession, now
from sync.tables import receipt_event, submission_version
from sync.tables.log import EventState
from sync.tables.records import VersionState


def read_backlog(session: ReadSession) -> dict[str, Any]:
    """waiting, parked, held: how many; oldest_waiting_s: seconds, None if nothing waits."""
    counted = {
        row["state"]: row["n"]
        for row in session.all(
            select(receipt_event.c.state, func.count().label("n"))
            .where(receipt_event.c.state != EventState.DONE)
            .group_by(receipt_event.c.state)
        )
    }
    oldest = session.scalar(
        select(receipt_event.c.created_at)
        .where(receipt_event.c.state == EventState.WAITING)
        .order_by(receipt_event.c.id)
        .limit(1)
    )
    return {
        "waiting": counted.get(EventState.WAITING, 0),
        "oldest_waiting_s": None if oldest is None else max(0.0, (now() - oldest).total_seconds()),
        "parked": counted.get(EventState.PARKED, 0),
        "held": session.scalar(select(func.count()).where(submission_version.c.state == VersionState.HELD)),
    }
