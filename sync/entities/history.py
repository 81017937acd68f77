"""What became of an entity: the records its versions came from, and what the audit trail says of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import RowMapping, select

from sync.store import ReadSession
from sync.tables import audit, form, project, submission


def entity_audits(session: ReadSession, uuid: str) -> Sequence[RowMapping]:
    """The audit entries about one entity, the newest first."""
    mine = audit.c.object_uuid == uuid, audit.c.action.startswith("entity.")
    return session.all(select(audit).where(*mine).order_by(audit.c.id.desc()))


def source_records(session: ReadSession, ids: Collection[int]) -> dict[int, RowMapping]:
    """Originals of records by their id, with the project they came to and whether their form was deleted."""
    is_form = (form.c.project_id == project.c.id) & (form.c.xml_form_id == submission.c.xml_form_id)
    rows = session.all(
        select(
            submission.c.id,
            submission.c.uuid,
            submission.c.project_uuid,
            submission.c.xml_form_id,
            submission.c.instance_id,
            submission.c.received_at,
            submission.c.actor_uuid,
            form.c.deleted_at.label("form_deleted_at"),
            project.c.id.label("project_id"),
        )
        .join(project, project.c.uuid == submission.c.project_uuid)
        .outerjoin(form, is_form)
        .where(submission.c.id.in_(list(ids)))
    )
    return {row["id"]: row for row in rows}
