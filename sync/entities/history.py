"""What became of an entity: the records its versions came from, and what the audit trail says of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import RowMapping, select

from sync.store import ReadSession
from sync.tables import audit, form, project, submission


def entity_audits(
    session: ReadSession, uuid: str, dataset_uuid: str, source_id: int | None
) -> Sequence[RowMapping]:
    """The audit entries about one entity, the newest first, those about many that it was one of among them.

    source_id  of its first version
    """
    alone = (audit.c.object_uuid == uuid) & audit.c.action.startswith("entity.")
    many = (audit.c.object_uuid == dataset_uuid) & audit.c.action.startswith("entity.bulk.")
    rows = session.all(select(audit).where(alone | many).order_by(audit.c.id.desc()))
    return [
        row
        for row in rows
        if row["object_uuid"] == uuid
        or uuid in row["detail"].get("entityUuids", ())
        or (source_id is not None and row["detail"].get("sourceId") == source_id)
    ]


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
