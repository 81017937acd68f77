"""Entity lists and their properties: made, looked up, changed, deleted.

Names are compared as they are written, and none may differ from another in capital letters only. A deleted
list is hidden with its entities and frees its name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, func, select, update

from forms.entities import is_list_name, is_property_name
from sync.entities.problems import AlreadyExists, SimilarDataset, UnexpectedValue
from sync.problems import NotFound
from sync.store import ReadSession, WriteSession, new_uuid, now
from sync.tables import dataset, dataset_filter, dataset_property, entity
from sync.tables.log import ChangeKind

Row = Mapping[Any, Any]


@dataclass(frozen=True, slots=True)
class DatasetFigures:
    entities: int = 0
    conflicts: int = 0
    last_entity: datetime | None = None


def get_dataset(session: ReadSession, project_id: int, name: str) -> RowMapping:
    """A list's row. Raises NotFound."""
    row = _named(session, project_id, name)
    if row is None or row["name"] != name:
        raise NotFound("There is no such entity list here.", "Look at the project's lists.")
    return row


def find_dataset(session: ReadSession, project_id: int, name: str) -> RowMapping | None:
    """The same, or None."""
    row = _named(session, project_id, name)
    return row if row is not None and row["name"] == name else None


def dataset_by_id(session: ReadSession, dataset_id: int) -> RowMapping | None:
    """A list's row by its number; None where it was deleted."""
    return session.first(select(dataset).where(dataset.c.id == dataset_id, dataset.c.deleted_at.is_(None)))


def list_datasets(session: ReadSession, project_id: int, deleted: bool = False) -> Sequence[RowMapping]:
    """A project's lists by name."""
    gone = dataset.c.deleted_at.is_not(None) if deleted else dataset.c.deleted_at.is_(None)
    found = session.all(select(dataset).where(dataset.c.project_id == project_id, gone))
    return sorted(found, key=lambda row: row["name"])


def dataset_figures(session: ReadSession, ids: Iterable[int]) -> dict[int, DatasetFigures]:
    """How many entities lists have, by the list's id; those of nobody's lists are left out."""
    counted = (
        select(
            entity.c.dataset_id,
            func.count(),
            func.count(entity.c.conflict),
            func.max(entity.c.created_at),
        )
        .where(entity.c.dataset_id.in_(list(ids)), entity.c.deleted_at.is_(None))
        .group_by(entity.c.dataset_id)
    )
    return {row[0]: DatasetFigures(*row[1:]) for batch in session.stream(counted) for row in batch}


def create_dataset(
    session: WriteSession,
    project_id: int,
    name: object,
    approval_required: bool = False,
    owner_only: bool = False,
    by: str | None = None,
) -> RowMapping:
    """A new list. Raises UnexpectedValue (a name no list can have), AlreadyExists, SimilarDataset."""
    if not isinstance(name, str) or not is_list_name(name):
        raise UnexpectedValue("name", name, "This is not a valid dataset name.")
    row = insert_dataset(session, project_id, name, by, approval_required, owner_only)
    session.audit("dataset.create", row["uuid"], by, name=name, properties=[])
    return row


def insert_dataset(
    session: WriteSession,
    project_id: int,
    name: str,
    by: str | None = None,
    approval_required: bool = False,
    owner_only: bool = False,
) -> RowMapping:
    """The same without an audit entry. The name must be valid."""
    known = _named(session, project_id, name)
    if known is not None and known["name"] == name:
        raise AlreadyExists(("name", "projectId"), (name, project_id), "datasets")
    if known is not None:
        raise SimilarDataset(known["name"], name)
    at, uuid = now(), new_uuid()
    session.insert(
        dataset,
        [
            {
                "uuid": uuid,
                "project_id": project_id,
                "name": name,
                "name_key": name.lower(),
                "approval_required": approval_required,
                "owner_only": owner_only,
                "revision": 1,
                "created_at": at,
                "created_by": by,
                "updated_at": at,
            }
        ],
    )
    session.change(ChangeKind.DATASET, uuid)
    row = _named(session, project_id, name)
    assert row is not None
    return row


def change_dataset(
    session: WriteSession, dataset_id: int, changes: Mapping[str, bool], by: str | None = None
) -> None:
    """Set approval_required and owner_only, where named."""
    row = _one(session, dataset_id)
    if changes:
        session.execute(update(dataset).where(dataset.c.id == dataset_id).values(**changes))
    touch(session, dataset_id)
    session.change(ChangeKind.DATASET, row["uuid"])
    session.audit("dataset.update", row["uuid"], by, data=dict(changes))


def delete_dataset(session: WriteSession, dataset_id: int, by: str | None = None) -> None:
    """Hide a list with its entities; its name is free again."""
    row = _one(session, dataset_id)
    session.execute(update(dataset).where(dataset.c.id == dataset_id).values(deleted_at=now(), name_key=None))
    touch(session, dataset_id)
    session.change(ChangeKind.DATASET, row["uuid"])
    session.audit("dataset.delete", row["uuid"], by, name=row["name"])


def touch(session: WriteSession, dataset_id: int) -> None:
    """What tablets get of the list has changed, or may have."""
    session.execute(
        update(dataset)
        .where(dataset.c.id == dataset_id)
        .values(revision=dataset.c.revision + 1, updated_at=now())
    )


# -- properties ----------------------------------------------------------------------------------------------


def list_properties(session: ReadSession, dataset_id: int) -> Sequence[RowMapping]:
    """The properties of a list, in the order they were published in."""
    mine = dataset_property.c.dataset_id == dataset_id, dataset_property.c.deleted_at.is_(None)
    order = dataset_property.c.published_at, dataset_property.c.id
    return session.all(select(dataset_property).where(*mine).order_by(*order))


def property_names(session: ReadSession, dataset_id: int) -> list[str]:
    return [row["name"] for row in list_properties(session, dataset_id)]


def create_property(session: WriteSession, dataset_id: int, name: object, by: str | None = None) -> None:
    """Add a property. Raises UnexpectedValue (a name none can have), AlreadyExists."""
    if not isinstance(name, str) or not is_property_name(name):
        raise UnexpectedValue("name", name, "This is not a valid property name.")
    for row in list_properties(session, dataset_id):
        if row["name_key"] == name.lower():
            raise AlreadyExists(("name", "datasetId"), (row["name"], dataset_id), "ds_properties")
    insert_properties(session, dataset_id, [name])
    uuid = _one(session, dataset_id)["uuid"]
    session.change(ChangeKind.DATASET, uuid)
    session.audit("dataset.update", uuid, by, properties=[name])


def insert_properties(session: WriteSession, dataset_id: int, names: Sequence[str]) -> None:
    """Add properties that are not there."""
    at = now()
    session.insert(
        dataset_property,
        [
            {"dataset_id": dataset_id, "name": name, "name_key": name.lower(), "published_at": at}
            for name in names
        ],
    )
    if names:
        touch(session, dataset_id)


def delete_property(session: WriteSession, dataset_id: int, name: str, by: str | None = None) -> None:
    """Take a property out of a list. Raises NotFound."""
    if name not in property_names(session, dataset_id):
        raise NotFound("The list has no such property.", "Look at the list's properties.")
    mine = dataset_property.c.dataset_id == dataset_id, dataset_property.c.name_key == name.lower()
    session.execute(update(dataset_property).where(*mine).values(deleted_at=now(), name_key=None))
    touch(session, dataset_id)
    uuid = _one(session, dataset_id)["uuid"]
    session.change(ChangeKind.DATASET, uuid)
    session.audit("dataset.update.property.delete", uuid, by, properties=[name])


# -- filters -------------------------------------------------------------------------------------------------


def access_filters(session: ReadSession, dataset_id: int) -> list[tuple[str, str]]:
    """(property of the list, property of the tablet's user) that have to be equal, by name."""
    rows = session.all(
        select(dataset_filter)
        .where(dataset_filter.c.dataset_id == dataset_id)
        .order_by(dataset_filter.c.property)
    )
    return [(row["property"], row["actor_property"]) for row in rows]


def set_access_filter(
    session: WriteSession, dataset_id: int, name: str, actor_property: str, by: str | None = None
) -> None:
    """Give tablets the entities whose property equals their user's. Raises NotFound (property)."""
    if name not in property_names(session, dataset_id):
        raise NotFound("The list has no such property.", "Look at the list's properties.")
    row = {"dataset_id": dataset_id, "property": name, "actor_property": actor_property}
    session.upsert(dataset_filter, [row], key=("dataset_id", "property"))
    touch(session, dataset_id)
    session.audit(
        "dataset.update", _one(session, dataset_id)["uuid"], by, property=name, actorProperty=actor_property
    )


def _one(session: ReadSession, dataset_id: int) -> RowMapping:
    row = session.first(select(dataset).where(dataset.c.id == dataset_id))
    assert row is not None, "its route looked it up"
    return row


def _named(session: ReadSession, project_id: int, name: str) -> RowMapping | None:
    mine = dataset.c.project_id == project_id, dataset.c.name_key == name.lower()
    return session.first(select(dataset).where(*mine))
