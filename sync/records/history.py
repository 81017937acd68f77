"""What happened to a record, newest first: it came, was corrected, reviewed, deleted, restored.

Nothing of it is kept twice: the receipt says what came and when, the decisions say what was decided.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from sync.decided import UNDECIDED
from sync.records.reading import Body, RecordView, versions_of, whole_record
from sync.store import ReadSession
from sync.tables import decision
from sync.tables.derived import DecisionKind


@dataclass(frozen=True, slots=True)
class RecordEvent:
    """One thing that happened, in the names Central's clients know."""

    at: datetime
    action: str
    actor_uuid: str | None
    details: dict[str, Any]
    notes: str | None = None


def history_of(session: ReadSession, record: RecordView) -> list[RecordEvent]:
    """The events of a record, newest first."""
    bodies = versions_of(session, record)
    events = [*reversed(list(_received(record, bodies))), *_decided(session, record, bodies)]
    return sorted(events, key=lambda event: event.at, reverse=True)


def _received(record: RecordView, bodies: list[Body]) -> Iterable[RecordEvent]:
    for body in bodies:
        is_first = body.submission_id == record.id
        details = {
            "instanceId": body.instance_id,
            "submissionId": record.id,
            "submissionDefId": body.id,
        }
        action = "submission.create" if is_first else "submission.update.version"
        yield RecordEvent(body.received_at, action, body.actor_uuid, details)


def _decided(session: ReadSession, record: RecordView, bodies: list[Body]) -> Iterable[RecordEvent]:
    members = [node.uuid for node in whole_record(session, record.id).nodes]
    kinds = (DecisionKind.REVIEW, DecisionKind.DELETE, DecisionKind.WITHDRAW)
    mine = select(decision).where(decision.c.subject_uuid.in_(members), decision.c.kind.in_(kinds))
    for row in session.all(mine.order_by(decision.c.id)):
        details: dict[str, Any] = {"submissionId": record.id, "instanceId": record.instance_id}
        undone = row["outcome"] == UNDECIDED
        if row["kind"] == DecisionKind.REVIEW:
            action = "submission.update"
            then = [body.id for body in bodies if body.received_at <= row["decided_at"]]
            details["submissionDefId"] = max(then, default=record.first.id)
            details["reviewState"] = None if undone else row["outcome"]
        else:
            action = "submission.restore" if undone else "submission.delete"
        yield RecordEvent(row["decided_at"], action, row["actor_uuid"], details, row["note"])
