"""Entities made and changed by people: one, many, a new version, deleted, restored, a conflict settled.

In: values that were checked (server/central/entity_bodies.py). Out: rows, a change in the change log for
replicas, an audit entry that names the entity and repeats none of its values. All of it in the transaction
of the session that is given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update

from sync.entities.datasets import touch
from sync.entities.problems import AlreadyExists, UsedByDeleted
from sync.entities.reading import EntityRow, used_ids
from sync.entities.sealed import Content, key_of, new_key, seal
from sync.seal import Keyring
from sync.store import ReadSession, WriteSession, now
from sync.tables import entity, entity_source, entity_version
from sync.tables.log import ChangeKind

Row = Mapping[Any, Any]


@dataclass(frozen=True, slots=True)
class Author:
    """Who writes, and with what."""

    actor_uuid: str | None
    user_agent: str | None = None


@dataclass(frozen=True, slots=True)
class Lineage:
    """Where a version comes from, as far as its submission says (entities made offline)."""

    base_version: int | None = None
    branch_id: str | None = None
    trunk_version: int | None = None
    branch_base_version: int | None = None
    conflicting: tuple[str, ...] | None = None


def new_source(session: WriteSession, **values: Any) -> int:
    """A row of what makes versions. See EntitySource for the values."""
    return session.insert_returning(entity_source, {"is_forced": False, "is_late_create": False, **values})


def create_entities(
    session: WriteSession,
    keyring: Keyring,
    to: Row,
    contents: Sequence[tuple[str, Content]],
    by: Author,
    bulk: Mapping[str, Any] | None = None,
) -> None:
    """Make entities: one by request, or many of an uploaded file (`bulk`). All or none.

    to        the list's row
    contents  (uuid, content) of each
    Raises AlreadyExists, UsedByDeleted.
    """
    uuids = [uuid for uuid, _ in contents]
    used = used_ids(session, uuids)
    gone = [uuid for uuid in uuids if used.get(uuid)]
    if gone:
        raise UsedByDeleted(gone)
    doubles = [uuid for uuid in uuids if uuid in used] or _twice(uuids)
    if doubles:
        raise AlreadyExists(("uuid",), doubles[:1], "entities")
    source_id = new_source(session, bulk=dict(bulk) if bulk else None)
    insert_entities(session, keyring, to["id"], contents, by, source_id)
    if bulk is None:
        log_entity(session, "entity.create", to, uuids[0], by.actor_uuid, version=True)
    else:
        detail = {"dataset": to["name"], "sourceId": source_id, "count": len(uuids)}
        session.audit("entity.bulk.create", to["uuid"], by.actor_uuid, **detail)


def insert_entities(
    session: WriteSession,
    keyring: Keyring,
    dataset_id: int,
    contents: Sequence[tuple[str, Content]],
    by: Author,
    source_id: int,
    lineage: Lineage = Lineage(),
) -> None:
    """The rows of new entities with their first version, whose ids must be free."""
    at = now()
    keys = {uuid: new_key(keyring, uuid) for uuid, _ in contents}
    session.insert(
        entity,
        [
            {
                "uuid": uuid,
                "dataset_id": dataset_id,
                "version": 1,
                "wrapped": keys[uuid][1],
                "master_key_id": keyring.master_key_id,
                "creator_uuid": by.actor_uuid,
                "created_at": at,
            }
            for uuid, _ in contents
        ],
    )
    ids: dict[str, int] = {}
    for start in range(0, len(contents), 500):
        part = [uuid for uuid, _ in contents[start : start + 500]]
        rows = session.all(select(entity.c.id, entity.c.uuid).where(entity.c.uuid.in_(part)))
        ids |= {row["uuid"]: row["id"] for row in rows}
    session.insert(
        entity_version,
        [
            _version(ids[uuid], 1, seal(keys[uuid][0], content), by, source_id, lineage, at)
            for uuid, content in contents
        ],
    )
    _changed(session, dataset_id, [uuid for uuid, _ in contents])


def insert_version(
    session: WriteSession,
    keyring: Keyring,
    of: EntityRow,
    content: Content,
    by: Author,
    source_id: int,
    lineage: Lineage,
    conflict: str | None,
) -> int:
    """A further version of an entity; its number."""
    wrapped = session.scalar(select(entity.c.wrapped).where(entity.c.id == of.id))
    at, number = now(), of.version + 1
    key = key_of(keyring, of.uuid, wrapped)
    row = _version(of.id, number, seal(key, content), by, source_id, lineage, at)
    session.insert(entity_version, [row])
    session.execute(
        update(entity).where(entity.c.id == of.id).values(version=number, updated_at=at, conflict=conflict)
    )
    _changed(session, of.dataset_id, [of.uuid])
    return number


def update_entity(
    session: WriteSession, keyring: Keyring, to: Row, of: EntityRow, content: Content, by: Author
) -> None:
    """A version by request, made on the newest."""
    source_id = new_source(session)
    insert_version(
        session, keyring, of, content, by, source_id, Lineage(base_version=of.version), of.conflict
    )
    log_entity(session, "entity.update.version", to, of.uuid, by.actor_uuid, version=True)


def resolve_conflict(session: WriteSession, to: Row, of: EntityRow, by: str | None) -> None:
    """Settle the conflicts of the versions so far."""
    session.execute(
        update(entity)
        .where(entity.c.id == of.id)
        .values(conflict=None, updated_at=now(), resolved_version=entity.c.version)
    )
    _changed(session, of.dataset_id, [of.uuid])
    log_entity(session, "entity.update.resolve", to, of.uuid, by, version=True)


def delete_entities(session: WriteSession, to: Row, uuids: Sequence[str], by: str | None) -> list[str]:
    """Hide entities of a list; those that are not there are left out. Returns what went."""
    return _hide(session, to, uuids, by, hidden=True)


def restore_entities(session: WriteSession, to: Row, uuids: Sequence[str], by: str | None) -> list[str]:
    """Bring deleted entities of a list back. Returns which."""
    return _hide(session, to, uuids, by, hidden=False)


def log_entity(
    session: WriteSession,
    action: str,
    to: Row,
    uuid: str,
    by: str | None,
    version: bool = False,
    **detail: Any,
) -> None:
    """An audit entry about one entity. version: it is about the newest version, which is named."""
    if version:
        detail |= _newest(session, uuid)
    session.audit(
        action, uuid, by, entity={"uuid": uuid, "dataset": to["name"]}, dataset=to["uuid"], **detail
    )


def _newest(session: ReadSession, uuid: str) -> dict[str, int]:
    """The numbers of an entity and of its newest version, as the audit trail names them."""
    is_newest = (entity_version.c.entity_id == entity.c.id) & (entity_version.c.version == entity.c.version)
    row = session.first(
        select(entity.c.id, entity.c.version, entity_version.c.id.label("version_id"))
        .join(entity_version, is_newest)
        .where(entity.c.uuid == uuid)
    )
    assert row is not None, "it was written before"
    return {"entityId": row["id"], "entityDefId": row["version_id"], "version": row["version"]}


def _hide(session: WriteSession, to: Row, uuids: Sequence[str], by: str | None, hidden: bool) -> list[str]:
    now_hidden = entity.c.deleted_at.is_(None) if hidden else entity.c.deleted_at.is_not(None)
    found: list[str] = []
    for start in range(0, len(uuids), 500):
        mine = (
            entity.c.dataset_id == to["id"],
            entity.c.uuid.in_(list(uuids[start : start + 500])),
            entity.c.wrapped.is_not(None),  # nothing brings back what was erased
            now_hidden,
        )
        found += [
            row["uuid"] for row in session.all(select(entity.c.uuid).where(*mine).order_by(entity.c.id))
        ]
        values = {"deleted_at": now()} if hidden else {"deleted_at": None, "updated_at": now()}
        session.execute(update(entity).where(*mine).values(**values))
    if not found:
        return []
    _changed(session, to["id"], found)
    verb = "delete" if hidden else "restore"
    if len(found) == 1:
        log_entity(session, f"entity.{verb}", to, found[0], by)
    else:
        session.audit(f"entity.bulk.{verb}", to["uuid"], by, dataset=to["name"], entityUuids=found)
    return found


def _changed(session: WriteSession, dataset_id: int, uuids: Sequence[str]) -> None:
    touch(session, dataset_id)
    numbers = session.take_seqs(len(uuids))
    session.changes([(seq, ChangeKind.ENTITY, uuid, None) for seq, uuid in zip(numbers, uuids, strict=True)])


def _version(
    entity_id: int, number: int, sealed: bytes, by: Author, source_id: int, lineage: Lineage, at: Any
) -> dict[str, Any]:
    conflicting = lineage.conflicting
    return {
        "entity_id": entity_id,
        "version": number,
        "sealed": sealed,
        "base_version": lineage.base_version,
        "branch_id": lineage.branch_id,
        "trunk_version": lineage.trunk_version,
        "branch_base_version": lineage.branch_base_version,
        "conflicting": None if conflicting is None else list(conflicting),
        "source_id": source_id,
        "creator_uuid": by.actor_uuid,
        "user_agent": by.user_agent,
        "created_at": at,
    }


def _twice(uuids: Sequence[str]) -> list[str]:
    seen: set[str] = set()
    return [uuid for uuid in uuids if uuid in seen or seen.add(uuid)]  # type: ignore[func-returns-value]
