"""What an audit entry is about, by its uuid: an actor, a project, a form or an entity list, deleted ones
included. What was done to an entity was done to its list."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import select

from sync.decided import parts
from sync.store import ReadSession
from sync.tables import actor, dataset, entity, form, form_version, project


@dataclass(frozen=True, slots=True)
class Actee:
    """A row of its table; of a form, with title, version and hash of what is offered now."""

    kind: Literal["actor", "project", "form", "dataset"]
    row: Mapping[Any, Any]


def actees_of(session: ReadSession, uuids: Collection[str]) -> dict[str, Actee]:
    """Those that are known, by uuid."""
    found: dict[str, Actee] = {}
    for part in parts(set(uuids)):
        for row in session.all(select(actor).where(actor.c.uuid.in_(part))):
            found[row["uuid"]] = Actee("actor", row)
        for row in session.all(select(project).where(project.c.uuid.in_(part))):
            found[row["uuid"]] = Actee("project", row)
        for row in session.all(_FORMS.where(form.c.uuid.in_(part))):
            found[row["uuid"]] = Actee("form", row)
        for row in session.all(select(dataset).where(dataset.c.uuid.in_(part))):
            found[row["uuid"]] = Actee("dataset", row)
        for row in session.all(_LISTS.where(entity.c.uuid.in_(part))):
            found[row["entity_uuid"]] = Actee("dataset", row)
    return found


_FORMS = select(form, form_version.c.title, form_version.c.version, form_version.c.hash).outerjoin(
    form_version, form_version.c.id == form.c.current_version_id
)
_LISTS = select(dataset, entity.c.uuid.label("entity_uuid")).join(entity, entity.c.dataset_id == dataset.c.id)
