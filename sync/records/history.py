"""What happened to a record, newest first: it came, was corrected, reviewed, deleted, and made entities.

Nothing of it is kept twice: the receipt says what came and when, the decisions say what was decided, the
versions of entities what they were made from.
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
from sync.tables import audit, dataset, decision, entity, entity_source, entity_version
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
    events = [
        *_refused(session, record),
        *_made(session, record),
        *reversed(list(_decided(session, record, bodies))),
        *_received(record, bodies),
    ]
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


def _made(session: ReadSession, record: RecordView) -> Iterable[RecordEvent]:
    """The versions of entities that were made from the record."""
    mine = (
        select(
            entity_version.c.id,
            entity_version.c.version,
            entity_version.c.entity_id,
            entity_version.c.source_id,
            entity_version.c.creator_uuid,
            entity_version.c.created_at,
            entity_source.c.submission_version_id,
            entity.c.uuid,
            dataset.c.name,
        )
        .join(entity_source, entity_source.c.id == entity_version.c.source_id)
        .join(entity, entity.c.id == entity_version.c.entity_id)
        .join(dataset, dataset.c.id == entity.c.dataset_id)
        .where(entity_source.c.submission_id == record.id)
        .order_by(entity_version.c.id.desc())
    )
    for row in session.all(mine):
        details = {
            "entityId": row["entity_id"],
            "entityDefId": row["id"],
            "entity": {"uuid": row["uuid"], "dataset": row["name"]},
            "sourceId": row["source_id"],
            "submissionId": record.id,
            "submissionDefId": row["submission_version_id"],
        }
        action = "entity.create" if row["version"] == 1 else "entity.update.version"
        yield RecordEvent(row["created_at"], action, row["creator_uuid"], details)


def _refused(session: ReadSession, record: RecordView) -> Iterable[RecordEvent]:
    """What was said of entities in the record and could not be applied."""
    mine = audit.c.object_uuid == record.uuid, audit.c.action == "entity.error"
    for row in session.all(select(audit).where(*mine).order_by(audit.c.id.desc())):
        yield RecordEvent(
            row["at"], row["action"], row["actor_uuid"], {"submissionId": record.id, **row["detail"]}
        )


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
