"""Entities and their versions, looked up and opened.

Rows of the store go in, `EntityRow` and `VersionRow` come out, with their contents opened: what somebody may
see of them is decided by the route that asks (its verb) and cut by `server/central/entity_values.py`.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select

from sync.entities.sealed import Content, Opened
from sync.problems import NotFound
from sync.seal import Keyring
from sync.store import ReadSession
from sync.tables import entity, entity_source, entity_version


@dataclass(frozen=True, slots=True)
class EntityRow:
    """An entity as it is now. `creator_uuid`, `version_creator_uuid`: actors."""

    id: int
    uuid: str
    dataset_id: int
    version: int
    creator_uuid: str | None
    created_at: datetime
    updated_at: datetime | None
    deleted_at: datetime | None
    conflict: str | None
    resolved_version: int | None
    current: VersionRow


@dataclass(frozen=True, slots=True)
class VersionRow:
    id: int
    version: int
    base_version: int | None
    branch_id: str | None
    trunk_version: int | None
    branch_base_version: int | None
    conflicting: tuple[str, ...] | None
    creator_uuid: str | None
    user_agent: str | None
    created_at: datetime
    content: Content
    source: Mapping[Any, Any] | None = None  # the entity_source row, where it was asked for


_ENTITY = (
    entity.c.id, entity.c.uuid, entity.c.dataset_id, entity.c.version, entity.c.wrapped,
    entity.c.creator_uuid, entity.c.created_at, entity.c.updated_at, entity.c.deleted_at, entity.c.conflict,
    entity.c.resolved_version,
)  # fmt: skip
_VERSION = (
    entity_version.c.id.label("version_id"),
    entity_version.c.version.label("number"),
    entity_version.c.sealed,
    entity_version.c.base_version,
    entity_version.c.branch_id,
    entity_version.c.trunk_version,
    entity_version.c.branch_base_version,
    entity_version.c.conflicting,
    entity_version.c.creator_uuid.label("version_creator"),
    entity_version.c.user_agent,
    entity_version.c.created_at.label("version_at"),
    entity_version.c.source_id,
)
_CURRENT = and_(entity_version.c.entity_id == entity.c.id, entity_version.c.version == entity.c.version)


def select_entities(*where: ColumnElement[bool]) -> Select[Any]:
    """Entities with their newest version, as `rows_of` takes them."""
    return select(*_ENTITY, *_VERSION).join(entity_version, _CURRENT).where(*where)


def of_dataset(dataset_id: int, deleted: bool = False) -> ColumnElement[bool]:
    gone = entity.c.deleted_at.is_not(None) if deleted else entity.c.deleted_at.is_(None)
    return and_(entity.c.dataset_id == dataset_id, gone)


NEWEST_FIRST = (entity.c.created_at.desc(), entity.c.id.desc())

_OPENED: weakref.WeakKeyDictionary[Keyring, Opened] = weakref.WeakKeyDictionary()


def opened(keyring: Keyring) -> Opened:
    """What was opened of a store before."""
    found = _OPENED.get(keyring)
    if found is None:
        found = _OPENED.setdefault(keyring, Opened())
    return found


def rows_of(session: ReadSession, keyring: Keyring, statement: Select[Any]) -> Iterator[EntityRow]:
    """The entities a `select_entities` statement finds, opened one by one."""
    kept = opened(keyring)
    for row in session.all(statement):
        yield _entity_row(kept, keyring, row)


def list_entities(
    session: ReadSession, keyring: Keyring, dataset_id: int, deleted: bool = False
) -> list[EntityRow]:
    """The entities of a list, the newest first."""
    statement = select_entities(of_dataset(dataset_id, deleted)).order_by(*NEWEST_FIRST)
    return list(rows_of(session, keyring, statement))


def get_entity(
    session: ReadSession, keyring: Keyring, dataset_id: int, uuid: str, deleted: bool = False
) -> EntityRow:
    """One entity. Raises NotFound."""
    found = find_entity(session, keyring, dataset_id, uuid, deleted)
    if found is None:
        raise NotFound("There is no such entity in this list.", "Look at the list's entities.")
    return found


def find_entity(
    session: ReadSession, keyring: Keyring, dataset_id: int, uuid: str, deleted: bool = False
) -> EntityRow | None:
    statement = select_entities(of_dataset(dataset_id, deleted), entity.c.uuid == uuid)
    return next(rows_of(session, keyring, statement), None)


def versions_of(session: ReadSession, keyring: Keyring, entity_id: int) -> list[VersionRow]:
    """Every version of an entity with its source, the first first."""
    rows = session.all(
        select(entity.c.uuid, entity.c.wrapped, *_VERSION)
        .join(entity_version, entity_version.c.entity_id == entity.c.id)
        .where(entity.c.id == entity_id)
        .order_by(entity_version.c.version)
    )
    wanted = {row["source_id"] for row in rows}
    sources = {
        row["id"]: row for row in session.all(select(entity_source).where(entity_source.c.id.in_(wanted)))
    }
    kept = opened(keyring)
    return [_version_row(kept, keyring, row, sources.get(row["source_id"])) for row in rows]


def creators_of(session: ReadSession, dataset_id: int) -> list[str]:
    """The uuids of the actors who made entities of a list."""
    made = select(entity.c.creator_uuid).where(of_dataset(dataset_id), entity.c.creator_uuid.is_not(None))
    return [row["creator_uuid"] for row in session.all(made.distinct())]


def count_entities(session: ReadSession, dataset_id: int) -> int:
    return int(session.scalar(select(func.count()).select_from(entity).where(of_dataset(dataset_id))))


def used_ids(session: ReadSession, uuids: Iterable[str]) -> dict[str, bool]:
    """Those of these ids that an entity has, anywhere; True: a deleted one."""
    found: dict[str, bool] = {}
    ids = list(uuids)
    for start in range(0, len(ids), 500):
        part: Sequence[str] = ids[start : start + 500]
        for row in session.all(select(entity.c.uuid, entity.c.deleted_at).where(entity.c.uuid.in_(part))):
            found[row["uuid"]] = row["deleted_at"] is not None
    return found


def _entity_row(kept: Opened, keyring: Keyring, row: Mapping[Any, Any]) -> EntityRow:
    return EntityRow(
        row["id"], row["uuid"], row["dataset_id"], row["version"], row["creator_uuid"], row["created_at"],
        row["updated_at"], row["deleted_at"], row["conflict"], row["resolved_version"],
        _version_row(kept, keyring, row),
    )  # fmt: skip


def _version_row(
    kept: Opened, keyring: Keyring, row: Mapping[Any, Any], source: Mapping[Any, Any] | None = None
) -> VersionRow:
    conflicting = row["conflicting"]
    return VersionRow(
        row["version_id"], row["number"], row["base_version"], row["branch_id"], row["trunk_version"],
        row["branch_base_version"], None if conflicting is None else tuple(conflicting),
        row["version_creator"], row["user_agent"], row["version_at"], kept.content(keyring, row), source,
    )  # fmt: skip
