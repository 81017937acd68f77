"""What became of entities that a tablet made or holds: there, or deleted (PROTOCOL 1.4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select

from sync.access import Actor
from sync.permissions import form_verbs
from sync.store import ReadSession
from sync.tables import entity, form, form_list_link

Row = Mapping[Any, Any]


def entity_states(
    session: ReadSession, dataset_id: int, uuids: Iterable[str] | None = None
) -> Sequence[tuple[str, bool]]:
    """(uuid, whether it was deleted) of a list's entities; those never seen here are left out: they may come.

    uuids  None: all of them
    """
    statement = select(entity.c.uuid, entity.c.deleted_at).where(entity.c.dataset_id == dataset_id)
    statement = statement.order_by(entity.c.id)
    if uuids is None:
        rows = list(session.all(statement))
    else:
        wanted, rows = list(uuids), []
        for start in range(0, len(wanted), 500):
            rows += session.all(statement.where(entity.c.uuid.in_(wanted[start : start + 500])))
    return [(row["uuid"], row["deleted_at"] is not None) for row in rows]


def may_ask(session: ReadSession, list_row: Row, actor: Actor) -> bool:
    """Whether an actor may fill in or read a form that reads the list."""
    rows = session.all(
        select(form.c.xml_form_id)
        .join(form_list_link, form_list_link.c.form_version_id == form.c.current_version_id)
        .where(form_list_link.c.dataset_id == list_row["id"], form.c.deleted_at.is_(None))
    )
    project_id = list_row["project_id"]
    return any(
        {"form.read", "open_form.read"} & form_verbs(actor, project_id, row["xml_form_id"]) for row in rows
    )
