"""What became of an entity: the records its versions came from, and what the audit trail says of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import RowMapping, select

from sync.store import ReadSession
from sync.tables import audit, form, project, submission, submission_version

Row = Mapping[Any, Any]


def entity_audits(session: ReadSession, uuid: str) -> Sequence[RowMapping]:
    """The audit entries about one entity, the newest first."""
    mine = audit.c.object_uuid == uuid, audit.c.action.startswith("entity.")
    return session.all(select(audit).where(*mine).order_by(audit.c.id.desc()))


def source_records(session: ReadSession, ids: Collection[int]) -> dict[int, Row]:
    """Records by the id of their original: it, with what was received last of it as `newest`."""
    rows = session.all(
        select(
            submission.c.id,
            submission.c.uuid,
            submission.c.instance_id,
            submission.c.xml_form_id,
            submission.c.received_at,
            submission.c.updated_at,
            submission.c.actor_uuid,
            submission.c.device_id,
            submission.c.review_state,
            submission.c.deleted_at,
            submission.c.erased_at,
            form.c.deleted_at.label("form_deleted_at"),
            project.c.id.label("project_id"),
        )
        .join(project, project.c.uuid == submission.c.project_uuid)
        .outerjoin(
            form, (form.c.project_id == project.c.id) & (form.c.xml_form_id == submission.c.xml_form_id)
        )
        .where(submission.c.id.in_(ids))
    )
    members = session.all(
        select(
            submission.c.root_id,
            submission.c.instance_id,
            submission_version.c.received_at,
            submission_version.c.actor_uuid,
            submission_version.c.device_id,
            submission_version.c.user_agent,
        )
        .join(submission_version, submission_version.c.submission_id == submission.c.id)
        .where(submission.c.root_id.in_(ids))
        .order_by(submission_version.c.id)
    )
    newest = {row["root_id"]: row for row in members}
    return {row["id"]: {**row, "newest": newest.get(row["id"])} for row in rows}
