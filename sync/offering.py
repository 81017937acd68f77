"""What tablets are offered: the list of forms, a version's XForm, the files it needs.

Reads only, each a query or two: a tablet asks for every form at every check. A file that was uploaded with a
version is the same for everybody; a generated list (sync/listing.py) is the user's own.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import RowMapping, Select, Table, exists, select

from sync.access import Actor, Grant
from sync.drafts import draft_xform
from sync.entities.linking import links_of_draft, links_of_version
from sync.entities.lists import entity_list, list_type
from sync.form_contents import contents_of
from sync.form_reading import draft_view
from sync.listing import listings, lists_named_by
from sync.store import ReadSession, Store
from sync.tables import form, form_draft_media, form_list_link, form_media, form_version
from sync.tables.registry import FormState

LIST_TYPE = "text/csv"


@dataclass(frozen=True, slots=True)
class OfferedForm:
    """The current version of an open form."""

    xml_form_id: str
    name: str  # never empty
    version: str  # "" when the form has none
    hash: str  # md5 of the XForm, 32 hex digits
    has_media: bool


@dataclass(frozen=True, slots=True)
class OfferedVersion:
    """A published version, current or not; or a draft, for whoever tests it."""

    id: int  # form_version.id, or form_draft.id
    xml_form_id: str
    version: str
    hash: str
    state: str = FormState.OPEN  # of its form
    is_draft: bool = False


@dataclass(frozen=True, slots=True)
class OfferedFile:
    id: int | None  # of its row; None for a generated list
    name: str
    md5: str  # 32 hex digits
    content_type: str
    list_type: str | None = None  # of an entity list: entityList, approvalEntityList


def offered_forms(session: ReadSession, project_id: int) -> list[OfferedForm]:
    """Every open form of a project, each once, by form id."""
    rows = session.all(_OPEN.where(form.c.project_id == project_id))
    return [_offered(session, _version(row), row["title"], row["has_media"]) for row in rows]


def offered_for_test(session: ReadSession, row: Mapping[Any, Any]) -> OfferedForm:
    """A form's draft (the form's row) as the list at its test address has it: with a manifest also while the
    files it names have not been given."""
    draft = draft_view(session, row).definition
    name = " ".join(draft.title.split()) or row["xml_form_id"]
    return OfferedForm(
        row["xml_form_id"], name, draft.version, draft.hash, bool(contents_of(session, draft).files)
    )


def _version(row: Mapping[Any, Any]) -> OfferedVersion:
    return OfferedVersion(row["id"], row["xml_form_id"], row["version"], row["hash"])


def _offered(session: ReadSession, version: OfferedVersion, title: str, has_media: bool) -> OfferedForm:
    name = " ".join(title.split()) or version.xml_form_id
    media = has_media or bool(lists_of(session, version))
    return OfferedForm(version.xml_form_id, name, version.version, version.hash, media)


def offered_version(
    session: ReadSession, project_id: int, xml_form_id: str, version: str | None
) -> OfferedVersion | None:
    """One version of a form in any state but deleted; `version` None is the current one."""
    columns = select(
        form_version.c.id, form.c.xml_form_id, form_version.c.version, form_version.c.hash, form.c.state
    )
    if version is None:
        statement = columns.join(form, form.c.current_version_id == form_version.c.id)
    else:
        statement = columns.join(form, form.c.id == form_version.c.form_id)
        statement = statement.where(form_version.c.version == version)
    mine = form.c.project_id == project_id, form.c.xml_form_id == xml_form_id, form.c.deleted_at.is_(None)
    row = session.first(statement.where(*mine))
    return OfferedVersion(**row) if row is not None else None


def offered_draft(draft: Mapping[Any, Any]) -> OfferedVersion:
    """A draft as whoever tests it gets it; `draft` as `sync.drafts.current_draft` gives it."""
    return replace(_version(draft), is_draft=True)


def xform_bytes(session: ReadSession, version_id: int) -> bytes:
    """The XForm exactly as published."""
    return bytes(session.scalar(select(form_version.c.xform).where(form_version.c.id == version_id)))


def xform_of(session: ReadSession, version: OfferedVersion) -> bytes:
    """The XForm as it is offered."""
    return draft_xform(session, version.id) if version.is_draft else xform_bytes(session, version.id)


def offered_files(session: ReadSession, version: OfferedVersion) -> list[OfferedFile]:
    """The files of a version that were uploaded, by name."""
    _, files = _media(version)
    return [OfferedFile(**row) for row in session.all(files)]


def lists_of(session: ReadSession, version: OfferedVersion) -> tuple[str, ...]:
    """The generated lists a version refers to."""
    return lists_named_by(version.hash, lambda: xform_of(session, version))


def files_for(
    store: Store,
    session: ReadSession,
    project_id: int,
    version: OfferedVersion,
    grants: Iterable[Grant],
    sender: str | None = None,
    viewed_by: Actor | None = None,
) -> list[OfferedFile]:
    """Everything a tablet's user needs for a version, by name: entity lists, else what was uploaded, else
    what is generated.

    sender     the app user's uuid, for their part of entity lists and the list of what was sent back to them
    viewed_by  who looks as them, and gets no more of entities than they see themselves
    """
    grants, linked = tuple(grants), linked_lists(session, version)
    lists = [_entities(store, session, name, row, grants, sender, viewed_by) for name, row in linked.items()]
    uploaded = [*lists, *(file for file in offered_files(session, version) if file.name not in linked)]
    have = {file.name for file in uploaded}
    generated = [
        _generated(store, session, project_id, version, grants, name, sender)
        for name in lists_of(session, version)
        if name not in have
    ]
    return sorted([*uploaded, *generated], key=lambda file: file.name)


def file_for(
    store: Store,
    session: ReadSession,
    project_id: int,
    version: OfferedVersion,
    grants: Iterable[Grant],
    name: str,
    sender: str | None = None,
    viewed_by: Actor | None = None,
) -> OfferedFile | None:
    """One file by its name, in whichever Unicode form it was asked for."""
    name = unicodedata.normalize("NFC", name)
    linked = linked_lists(session, version)
    if name in linked:
        return _entities(store, session, name, linked[name], tuple(grants), sender, viewed_by)
    table, files = _media(version)
    row = session.first(files.where(table.c.name == name))
    if row is not None:
        return OfferedFile(**row)
    if name in lists_of(session, version):
        return _generated(store, session, project_id, version, tuple(grants), name, sender)
    return None


def made_content(
    store: Store,
    session: ReadSession,
    project_id: int,
    version: OfferedVersion,
    grants: tuple[Grant, ...],
    name: str,
    sender: str | None = None,
    viewed_by: Actor | None = None,
) -> bytes:
    """The bytes of a file that was not uploaded: of an entity list, else of a generated one."""
    linked = linked_lists(session, version)
    if name in linked:
        return entity_list(store, session, linked[name], sender, grants, viewed_by).content
    return listings(store).content(session, project_id, name, grants, version.xml_form_id, sender)


def linked_lists(session: ReadSession, version: OfferedVersion) -> dict[str, RowMapping]:
    """The entity lists a version reads, by file name."""
    links = links_of_draft if version.is_draft else links_of_version
    return links(session, version.id)


def _entities(
    store: Store,
    session: ReadSession,
    name: str,
    row: RowMapping,
    grants: tuple[Grant, ...],
    sender: str | None,
    viewed_by: Actor | None,
) -> OfferedFile:
    file = entity_list(store, session, row, sender, grants, viewed_by)
    return OfferedFile(None, name, file.md5, LIST_TYPE, list_type(row))


def _generated(
    store: Store,
    session: ReadSession,
    project_id: int,
    version: OfferedVersion,
    grants: tuple[Grant, ...],
    name: str,
    sender: str | None,
) -> OfferedFile:
    made = listings(store).file(session, project_id, name, grants, version.xml_form_id, sender)
    return OfferedFile(None, name, made.md5, LIST_TYPE)


def file_content(session: ReadSession, version: OfferedVersion, file_id: int) -> bytes:
    """The bytes of an uploaded file of a version."""
    table, _ = _media(version)
    return bytes(session.scalar(select(table.c.content).where(table.c.id == file_id)))


def _media(version: OfferedVersion) -> tuple[Table, Select[Any]]:
    """The table of a version's uploaded files, and the statement of them."""
    table = form_draft_media if version.is_draft else form_media
    owner = table.c.draft_id if version.is_draft else table.c.form_version_id
    files = select(table.c.id, table.c.name, table.c.md5, table.c.content_type)
    return table, files.where(owner == version.id).order_by(table.c.name)


_OPEN = (
    select(
        form_version.c.id,
        form.c.xml_form_id,
        form_version.c.title,
        form_version.c.version,
        form_version.c.hash,
        (
            exists().where(form_media.c.form_version_id == form_version.c.id)
            | exists().where(form_list_link.c.form_version_id == form_version.c.id)
        ).label("has_media"),
    )
    .join(form_version, form_version.c.id == form.c.current_version_id)
    .where(form.c.state == FormState.OPEN, form.c.deleted_at.is_(None))
    .order_by(form.c.xml_form_id)
)
