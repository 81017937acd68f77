"""What an audit entry is about, by its uuid: an actor, a project, a form or an entity list, deleted ones
included. What was done to an entity was done to its list."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Table, select

from sync.decided import parts
from sync.store import ReadSession
from sync.tables import actor, dataset, form, project


@dataclass(frozen=True, slots=True)
class Actee:
    """A row of its table; of a form, with title, version and hash of what is offered now."""

    kind: Literal["actor", "project", "form", "dataset"]
    row: Mapping[Any, Any]


def actees_of(session: ReadSession, uuids: Collection[str]) -> dict[str, Actee]:
    """Those that are known, by uuid."""
    found: dict[str, Actee] = {}
    for part in parts(set(uuids)):
        for kind, table in _TABLES:
            for row in session.all(select(table).where(table.c.uuid.in_(part))):
                found[row["uuid"]] = Actee(kind, row)
    return found


_TABLES: tuple[tuple[Literal["actor", "project", "form", "dataset"], Table], ...] = (
    ("actor", actor),
    ("project", project),
    ("form", form),
    ("dataset", dataset),
)
