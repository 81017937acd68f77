"""Who sent records of a form, each once, by name."""

from __future__ import annotations

from sqlalchemy import RowMapping, and_, select

from sync.records.sight import Sight
from sync.store import ReadSession
from sync.tables import actor, submission, submission_version
from sync.tables.records import VersionState


def senders_of(session: ReadSession, space: str, xml_form_id: str, sight: Sight) -> list[RowMapping]:
    """The actors' rows; those of records whose senders the reader is shown: who sent counts as internal."""
    if "internal" not in sight.sees:
        return []
    original = submission.alias("original")
    shown = sight.answers(original).get("internal")
    taken = (
        select(original.c.actor_uuid)
        .join(
            submission_version,
            and_(
                submission_version.c.submission_id == original.c.id,
                submission_version.c.state == VersionState.CURRENT,
            ),
        )
        .where(
            original.c.project_uuid == space,
            original.c.xml_form_id == xml_form_id,
            original.c.erased_at.is_(None),
            original.c.deleted_at.is_(None),
            sight.records(original),
            *([] if shown is None else [shown]),
        )
    )
    columns = (
        actor.c.id, actor.c.uuid, actor.c.kind, actor.c.name, actor.c.created_at, actor.c.updated_at
    )  # fmt: skip
    return list(
        session.all(select(*columns).where(actor.c.uuid.in_(taken)).order_by(actor.c.name, actor.c.id))
    )
