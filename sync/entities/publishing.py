"""What a form adds to entity lists when it is published, and what it would add while it is a draft.

In: the declarations of a compiled form (forms/entities.py). Out: lists and properties that were not there,
and the note which version writes to which list (`dataset_source`). A draft makes nothing: its differences are
worked out from its XForm whenever somebody asks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import RowMapping, delete, select

from forms.model import CompiledForm, EntityDeclaration
from forms.xform import read_xform
from sync.entities.datasets import find_dataset, insert_dataset, insert_properties, list_properties
from sync.entities.problems import SimilarProperties
from sync.store import ReadSession, WriteSession
from sync.tables import dataset_source, form, form_draft, form_list_link, form_version
from sync.tables.log import ChangeKind


def publish_entities(
    session: WriteSession, project_id: int, version_id: int, compiled: CompiledForm, by: str | None = None
) -> None:
    """Make the lists and properties a version declares, and note what it writes to.

    Publishing the same version again adds nothing. Raises SimilarDataset, SimilarProperties.
    """
    session.execute(delete(dataset_source).where(dataset_source.c.form_version_id == version_id))
    for declared in compiled.entities:
        _publish(session, project_id, version_id, declared, by)


def _publish(
    session: WriteSession, project_id: int, version_id: int, declared: EntityDeclaration, by: str | None
) -> None:
    found = find_dataset(session, project_id, declared.dataset)
    row = found or insert_dataset(session, project_id, declared.dataset, by)
    names = [answer.property for answer in declared.answers]
    known = {prop["name_key"]: prop["name"] for prop in list_properties(session, row["id"])}
    similar = [
        {"current": known[name.lower()], "provided": name}
        for name in names
        if known.get(name.lower(), name) != name
    ]
    if similar:
        raise SimilarProperties(similar)
    new = [name for name in names if name.lower() not in known]
    insert_properties(session, row["id"], new)
    session.insert(
        dataset_source,
        [
            {
                "dataset_id": row["id"],
                "form_version_id": version_id,
                "path": declared.path,
                "is_repeat": declared.is_repeat,
                "actions": list(declared.actions),
                "properties": [[answer.property, answer.sensitivity] for answer in declared.answers],
            }
        ],
    )
    if found is None:
        session.audit("dataset.create", row["uuid"], by, name=declared.dataset, properties=names)
    elif new:
        session.change(ChangeKind.DATASET, row["uuid"])
        session.audit("dataset.update", row["uuid"], by, properties=names)


# -- what forms write to -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SourceForm:
    """A form that writes to a list."""

    xml_form_id: str
    name: str
    properties: tuple[str, ...]
    repeat_path: str | None = None  # "/tree/", of the repeat its entities come from


@dataclass(frozen=True, slots=True)
class LinkedForm:
    """A form that reads a list."""

    xml_form_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Users:
    """The forms that use a list: in their current version, and in their drafts."""

    sources: tuple[SourceForm, ...] = ()
    linked: tuple[LinkedForm, ...] = ()
    draft_sources: tuple[SourceForm, ...] = ()
    draft_linked: tuple[LinkedForm, ...] = ()

    @property
    def any(self) -> bool:
        return bool(self.sources or self.linked or self.draft_sources or self.draft_linked)


def users_of(session: ReadSession, list_row: Mapping[Any, Any]) -> Users:
    """The forms that write to a list or read it."""
    drafts = [
        SourceForm(row["xml_form_id"], row["title"] or row["xml_form_id"], _names(one), _repeat_path(one))
        for row in _drafts(session, list_row["project_id"])
        for one in declared_by(row["xform"])
        if one.dataset == list_row["name"]
    ]
    return Users(
        sources=tuple(_sources(session, list_row["id"])),
        linked=tuple(_linked(session, list_row["id"])),
        draft_sources=tuple(drafts),
        draft_linked=tuple(_draft_linked(session, list_row["id"])),
    )


def sensitivities(session: ReadSession, dataset_id: int) -> dict[str, str]:
    """The most closed mark that any form version gives the question behind each property."""
    from_open = ("public", "internal", "restricted", "confidential", "direct_identifier")
    found: dict[str, str] = {}
    for row in session.all(
        select(dataset_source.c.properties).where(dataset_source.c.dataset_id == dataset_id)
    ):
        for name, mark in row["properties"]:
            found[name] = max(found.get(name, "public"), mark, key=from_open.index)
    return found


# -- differences ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PropertyDiff:
    name: str
    in_form: bool
    is_new: bool


@dataclass(frozen=True, slots=True)
class DatasetDiff:
    name: str
    is_new: bool
    properties: tuple[PropertyDiff, ...]


def dataset_diffs(
    session: ReadSession, project_id: int, declared: Iterable[EntityDeclaration]
) -> list[DatasetDiff]:
    """What a form says of each list it writes to, beside what the list has: properties that are not in the
    form first, then those in the form, in the order of its questions."""
    found = []
    for one in declared:
        row = find_dataset(session, project_id, one.dataset)
        here = [prop["name"] for prop in list_properties(session, row["id"])] if row is not None else []
        names = _names(one)
        found.append(
            DatasetDiff(
                one.dataset,
                row is None,
                (
                    *(PropertyDiff(name, False, False) for name in here if name not in names),
                    *(PropertyDiff(name, True, name not in here) for name in names),
                ),
            )
        )
    return found


@lru_cache(maxsize=256)
def declared_by(xform: bytes) -> tuple[EntityDeclaration, ...]:
    """The declarations of an XForm."""
    return read_xform(xform).entities if b"entit" in xform else ()


def _names(declared: EntityDeclaration) -> tuple[str, ...]:
    return tuple(answer.property for answer in declared.answers)


def _repeat_path(declared: EntityDeclaration) -> str | None:
    return _below_root(declared.path) if declared.is_repeat else None


def _below_root(path: str) -> str:
    """ "/data/tree" -> "/tree/" """
    return "/" + path.strip("/").partition("/")[2] + "/"


def _sources(session: ReadSession, dataset_id: int) -> Iterable[SourceForm]:
    rows = session.all(
        select(dataset_source, form.c.xml_form_id, form_version.c.title)
        .join(form_version, form_version.c.id == dataset_source.c.form_version_id)
        .join(form, form.c.current_version_id == form_version.c.id)
        .where(dataset_source.c.dataset_id == dataset_id, form.c.deleted_at.is_(None))
        .order_by(form.c.id, dataset_source.c.id)
    )
    for row in rows:
        repeat = _below_root(row["path"]) if row["is_repeat"] else None
        names = tuple(name for name, _ in row["properties"])
        yield SourceForm(row["xml_form_id"], row["title"] or row["xml_form_id"], names, repeat)


def _linked(session: ReadSession, dataset_id: int) -> Iterable[LinkedForm]:
    rows = session.all(
        select(form.c.xml_form_id, form_version.c.title)
        .join(form_version, form_version.c.id == form_list_link.c.form_version_id)
        .join(form, form.c.current_version_id == form_version.c.id)
        .where(form_list_link.c.dataset_id == dataset_id, form.c.deleted_at.is_(None))
        .distinct()
        .order_by(form.c.xml_form_id)
    )
    return (LinkedForm(row["xml_form_id"], row["title"] or row["xml_form_id"]) for row in rows)


def _draft_linked(session: ReadSession, dataset_id: int) -> Iterable[LinkedForm]:
    rows = session.all(
        select(form.c.xml_form_id, form_draft.c.title)
        .join(form_draft, form_draft.c.id == form_list_link.c.draft_id)
        .join(form, form.c.id == form_draft.c.form_id)
        .where(
            form_list_link.c.dataset_id == dataset_id,
            form_draft.c.ended_at.is_(None),
            form.c.deleted_at.is_(None),
        )
        .distinct()
        .order_by(form.c.xml_form_id)
    )
    return (LinkedForm(row["xml_form_id"], row["title"] or row["xml_form_id"]) for row in rows)


def _drafts(session: ReadSession, project_id: int) -> Sequence[RowMapping]:
    return session.all(
        select(form.c.xml_form_id, form_draft.c.title, form_draft.c.xform)
        .join(form, form.c.id == form_draft.c.form_id)
        .where(form.c.project_id == project_id, form_draft.c.ended_at.is_(None), form.c.deleted_at.is_(None))
        .order_by(form.c.id)
    )
