"""Entity lists as the API shows them, those that are made from the project's registers among them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from forms.generated_lists import GENERATED_LISTS, GeneratedList
from server.central.answers import instant
from sync.access import Actor, Grant
from sync.entities.datasets import (
    DatasetFigures,
    dataset_figures,
    find_dataset,
    get_dataset,
    list_datasets,
    list_properties,
)
from sync.entities.linking import list_of_file
from sync.entities.problems import ReadOnlyList
from sync.entities.publishing import DatasetDiff, LinkedForm, SourceForm, Users, users_of
from sync.listing import listings
from sync.odata.tables import odata_name
from sync.policy.grants import SEES
from sync.store import ReadSession, Store

Row = Mapping[Any, Any]

ONLY_NAMES = ("name", "label")
"""Columns of a list that are no properties."""


def dataset_value(row: Row, deleted: bool = False) -> dict[str, Any]:
    """A list in short; a deleted one also by the number it can still be asked for with."""
    value = {
        "name": row["name"],
        "createdAt": instant(row["created_at"]),
        "projectId": row["project_id"],
        "approvalRequired": row["approval_required"],
        "ownerOnly": row["owner_only"],
    }
    return value | ({"id": row["id"], "deletedAt": instant(row["deleted_at"])} if deleted else {})


def figures_value(figures: DatasetFigures | None) -> dict[str, Any]:
    """What extended metadata adds."""
    found = figures or DatasetFigures()
    return {
        "entities": found.entities,
        "lastEntity": instant(found.last_entity),
        "conflicts": found.conflicts,
    }


def metadata_value(session: ReadSession, row: Row) -> dict[str, Any]:
    """A list with its properties and the forms that use it."""
    users = users_of(session, row)
    return {
        **dataset_value(row),
        "lastUpdate": instant(row["updated_at"]),
        **forms_value(users),
        "properties": [
            {
                "name": prop["name"],
                "publishedAt": instant(prop["published_at"]),
                "odataName": odata_name(prop["name"]),
                "forms": [_form(one) for one in users.sources if prop["name"] in one.properties],
            }
            for prop in list_properties(session, row["id"])
        ],
    }


def forms_value(users: Users) -> dict[str, Any]:
    """The forms that read a list and those that write to it, published and drafts."""
    return {
        "linkedForms": [_form(one) for one in users.linked],
        "sourceForms": [_source(one) for one in users.sources],
        "draftLinkedForms": [_form(one) for one in users.draft_linked],
        "draftSourceForms": [_source(one) for one in users.draft_sources],
    }


def diff_value(diff: DatasetDiff, is_draft: bool) -> dict[str, Any]:
    """What a form says of a list; of a draft also what of it is new."""
    name: dict[str, Any] = {"name": diff.name}
    return {
        **name,
        **({"isNew": diff.is_new} if is_draft else {}),
        "properties": [
            {
                "name": prop.name,
                **({"isNew": prop.is_new} if is_draft else {}),
                "inForm": prop.in_form,
            }
            for prop in diff.properties
        ],
    }


# -- lists made from registers -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RegisterList:
    """A list that Waypost makes itself: read as an entity list, never written to, and cut to what a reader's
    grants reach, as a tablet's is."""

    name: str  # "sites"
    kind: GeneratedList
    project_id: int
    created_at: datetime
    grants: tuple[Grant, ...]  # the reader's
    rows: int

    def value(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "createdAt": instant(self.created_at),
            "projectId": self.project_id,
            "approvalRequired": False,
            "ownerOnly": False,
            "readOnly": True,
        }

    def metadata(self) -> dict[str, Any]:
        columns = (name for name in self.kind.columns if name not in ONLY_NAMES)
        return {
            **self.value(),
            "lastUpdate": instant(self.created_at),
            **forms_value(Users()),
            "properties": [
                {
                    "name": name,
                    "publishedAt": instant(self.created_at),
                    "odataName": odata_name(name),
                    "forms": [],
                }
                for name in columns
            ],
        }

    def figures(self) -> dict[str, Any]:
        return figures_value(DatasetFigures(self.rows))


def register_lists(
    session: ReadSession, store: Store, project: Row, actor: Actor, taken: Sequence[str] = ()
) -> list[RegisterList]:
    """The lists of a project that are made from its registers and have a row for the actor. One that people
    made goes before one of the same name. Registers are internal: who sees the public only has none."""
    found: list[RegisterList] = []
    grants = _internal(actor, project["id"])
    if not grants:
        return found
    for file, kind in GENERATED_LISTS.items():
        name = list_of_file(file) or file
        if name not in taken:
            made = listings(store).file(session, project["id"], file, grants)
            if made.rows:
                created_at = project["created_at"]
                found.append(RegisterList(name, kind, project["id"], created_at, grants, made.rows))
    return found


def _internal(actor: Actor, project_id: int) -> tuple[Grant, ...]:
    """The grants by which an actor sees what is internal; none where whoever looks as them has none."""
    if actor.viewed_by is not None and not _internal(actor.viewed_by, project_id):
        return ()
    return tuple(grant for grant in actor.on(project_id) if "internal" in SEES.get(grant.role, ()))


def lists_of(
    session: ReadSession, store: Store, project: Row, actor: Actor, extended: bool, deleted: bool = False
) -> list[dict[str, Any]]:
    """The lists of a project by name, those made from its registers marked `readOnly`.

    extended  with how many entities each has
    """
    rows = list_datasets(session, project["id"], deleted)
    figures = dataset_figures(session, [row["id"] for row in rows]) if extended else {}
    values = [
        dataset_value(row, deleted) | (figures_value(figures.get(row["id"])) if extended else {})
        for row in rows
    ]
    if not deleted:
        made = register_lists(session, store, project, actor, [row["name"] for row in rows])
        values += [each.value() | (each.figures() if extended else {}) for each in made]
    return sorted(values, key=lambda value: str(value["name"]))


def find_list(
    session: ReadSession, store: Store, project: Row, actor: Actor, name: str
) -> Row | RegisterList:
    """A list by its name, whoever makes it. Raises NotFound."""
    row = find_dataset(session, project["id"], name)
    if row is None and f"{name}.csv" in GENERATED_LISTS:
        for made in register_lists(session, store, project, actor):
            if made.name == name:
                return made
    return row if row is not None else get_dataset(session, project["id"], name)


def writable_list(session: ReadSession, project: Row, name: str) -> Row:
    """A list that entities can be written to. Raises NotFound, ReadOnlyList."""
    row = find_dataset(session, project["id"], name)
    kind = GENERATED_LISTS.get(f"{name}.csv")
    if row is None and kind is not None:
        raise ReadOnlyList(name, kind.filled_by)
    return row if row is not None else get_dataset(session, project["id"], name)


def _form(one: SourceForm | LinkedForm) -> dict[str, Any]:
    return {"xmlFormId": one.xml_form_id, "name": one.name}


def _source(one: SourceForm) -> dict[str, Any]:
    return _form(one) | ({"repeatPath": one.repeat_path} if one.repeat_path else {})
