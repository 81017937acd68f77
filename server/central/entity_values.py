"""Entities as the API shows them: the one gate of what they say.

What may not be seen (sync/entities/sight.py) is left out of `data`, and empty elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from server.central.actors import actor_value
from server.central.answers import instant
from sync.access import Actor
from sync.assignments import actors_by_uuid
from sync.entities.reading import EntityRow, VersionRow
from sync.entities.sight import sight_of
from sync.store import ReadSession

Row = Mapping[Any, Any]
Actors = Mapping[str, Row]


@dataclass(frozen=True, slots=True)
class EntityView:
    """What one reader sees of the entities of one list."""

    properties: tuple[str, ...]  # of the list, in order
    closed: frozenset[str]  # those whose values the reader does not see
    shows_label: bool
    shows_staff: bool

    def label(self, version: VersionRow) -> str:
        return version.content.label if self.shows_label else ""

    def data(self, values: Mapping[str, str]) -> dict[str, str]:
        return {
            name: value
            for name, value in values.items()
            if (self.shows_label if name == "label" else name not in self.closed)
        }

    def cell(self, version: VersionRow, name: str) -> str:
        return "" if name in self.closed else version.content.data.get(name, "")


def entity_view(session: ReadSession, actor: Actor, project_id: int, dataset_id: int) -> EntityView:
    """What an actor sees of a list's entities."""
    sight = sight_of(session, actor, project_id, dataset_id)
    return EntityView(sight.properties, sight.closed, sight.shows_label, sight.shows_staff)


def actors_of(session: ReadSession, rows: Iterable[EntityRow], view: EntityView) -> Actors:
    """Everybody who made these entities or their newest versions; nobody for who is not told of staff."""
    if not view.shows_staff:
        return {}
    uuids = {uuid for row in rows for uuid in (row.creator_uuid, row.current.creator_uuid) if uuid}
    return actors_by_uuid(session, uuids)


def entity_value(
    row: EntityRow, view: EntityView, actors: Actors, extended: bool = False, full: bool = False
) -> dict[str, Any]:
    """An entity with its newest version.

    extended  with its creators as actors
    full      with the values of the version
    """
    value = {
        "uuid": row.uuid,
        "creatorId": _id(actors, row.creator_uuid),
        "createdAt": instant(row.created_at),
        "updatedAt": instant(row.updated_at),
        "deletedAt": instant(row.deleted_at),
        "conflict": row.conflict,
        "currentVersion": version_value(row.current, view, actors, True, extended, full),
    }
    if extended:
        value["creator"] = _actor(actors, row.creator_uuid)
    return value


def version_value(
    version: VersionRow,
    view: EntityView,
    actors: Actors,
    current: bool,
    extended: bool = False,
    full: bool = True,
) -> dict[str, Any]:
    """One version of an entity."""
    value: dict[str, Any] = {
        "label": view.label(version),
        "current": current,
        "creatorId": _id(actors, version.creator_uuid),
        "createdAt": instant(version.created_at),
        "userAgent": (version.user_agent if view.shows_staff else None) or "",  # pyodk takes a text only
        "version": version.version,
        "baseVersion": version.base_version,
        "branchId": version.branch_id,
        "trunkVersion": version.trunk_version,
        "branchBaseVersion": version.branch_base_version,
        "conflictingProperties": None if version.conflicting is None else list(version.conflicting),
    }
    if full:
        value["data"] = view.data(version.content.data)
        value["dataReceived"] = view.data(version.content.received)
    if extended:
        value["creator"] = _actor(actors, version.creator_uuid)
    return value


def diffs_value(versions: Sequence[VersionRow], view: EntityView) -> list[list[dict[str, Any]]]:
    """What each version changed of the one before: the label first, then by property."""
    found = []
    for before, after in pairwise(versions):
        old, new = (
            view.data({"label": one.content.label, **dict(sorted(one.content.data.items()))})
            for one in (before, after)
        )
        found.append(
            [
                {**({"old": old[name]} if name in old else {}), "new": value, "propertyName": name}
                for name, value in new.items()
                if old.get(name) != value
            ]
        )
    return found


def _id(actors: Actors, uuid: str | None) -> int:
    """An actor's number; 0 for the server itself, for clients take a number only."""
    found = actors.get(uuid or "")
    return 0 if found is None else int(found["id"])


def _actor(actors: Actors, uuid: str | None) -> dict[str, Any] | None:
    found = actors.get(uuid or "")
    return None if found is None else actor_value(found)
