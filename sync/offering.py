"""What tablets are offered: the list of forms, a version's XForm, the files it needs.

Reads only, each a query or two: a tablet asks for every form at every check. A file that was uploaded with a
version is the same for everybody; a generated list (sync/listing.py) is the user's own.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import exists, select

from sync.access import Grant
from sync.listing import listings, lists_named_by
from sync.store import ReadSession, Store
from sync.tables import form, form_media, form_version
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
    """A published version, current or not."""

    id: int  # form_version.id
    xml_form_id: str
    version: str
    hash: str


@dataclass(frozen=True, slots=True)
class OfferedFile:
    id: int | None  # form_media.id; None for a generated list
    name: str
    md5: str  # 32 hex digits
    content_type: str


def offered_forms(session: ReadSession, project_id: int) -> list[OfferedForm]:
    """Every open form of a project, each once, by form id."""
    return [
        OfferedForm(
            row["xml_form_id"],
            " ".join(row["title"].split()) or row["xml_form_id"],
            row["version"],
            row["hash"],
            row["has_media"] or bool(lists_named_by(session, row["id"], row["hash"])),
        )
        for row in session.all(_OPEN.where(form.c.project_id == project_id))
    ]


def offered_version(
    session: ReadSession, project_id: int, xml_form_id: str, version: str | None
) -> OfferedVersion | None:
    """One version of a form in any state but deleted; `version` None is the current one."""
    columns = select(form_version.c.id, form.c.xml_form_id, form_version.c.version, form_version.c.hash)
    if version is None:
        statement = columns.join(form, form.c.current_version_id == form_version.c.id)
    else:
        statement = columns.join(form, form.c.id == form_version.c.form_id)
        statement = statement.where(form_version.c.version == version)
    mine = form.c.project_id == project_id, form.c.xml_form_id == xml_form_id, form.c.deleted_at.is_(None)
    row = session.first(statement.where(*mine))
    return OfferedVersion(**row) if row is not None else None


def xform_bytes(session: ReadSession, version_id: int) -> bytes:
    """The XForm exactly as published."""
    return bytes(session.scalar(select(form_version.c.xform).where(form_version.c.id == version_id)))


def offered_files(session: ReadSession, version_id: int) -> list[OfferedFile]:
    """The files of a version that were uploaded, by name."""
    statement = _FILES.where(form_media.c.form_version_id == version_id).order_by(form_media.c.name)
    return [OfferedFile(**row) for row in session.all(statement)]


def files_for(
    store: Store,
    session: ReadSession,
    project_id: int,
    version: OfferedVersion,
    grants: Iterable[Grant],
    sender: str | None = None,
) -> list[OfferedFile]:
    """Everything a tablet's user needs for a version, by name: what was uploaded, else what is generated.

    sender  the app user's uuid, for the list of what was sent back to them
    """
    uploaded = offered_files(session, version.id)
    have, grants = {file.name for file in uploaded}, tuple(grants)
    generated = [
        _generated(store, session, project_id, version, grants, name, sender)
        for name in lists_named_by(session, version.id, version.hash)
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
) -> OfferedFile | None:
    """One file by its name, in whichever Unicode form it was asked for."""
    name = unicodedata.normalize("NFC", name)
    row = session.first(_FILES.where(form_media.c.form_version_id == version.id, form_media.c.name == name))
    if row is not None:
        return OfferedFile(**row)
    if name in lists_named_by(session, version.id, version.hash):
        return _generated(store, session, project_id, version, tuple(grants), name, sender)
    return None


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


def file_content(session: ReadSession, file_id: int) -> bytes:
    return bytes(session.scalar(select(form_media.c.content).where(form_media.c.id == file_id)))


_OPEN = (
    select(
        form_version.c.id,
        form.c.xml_form_id,
        form_version.c.title,
        form_version.c.version,
        form_version.c.hash,
        exists().where(form_media.c.form_version_id == form_version.c.id).label("has_media"),
    )
    .join(form_version, form_version.c.id == form.c.current_version_id)
    .where(form.c.state == FormState.OPEN, form.c.deleted_at.is_(None))
    .order_by(form.c.xml_form_id)
)
_FILES = select(form_media.c.id, form_media.c.name, form_media.c.md5, form_media.c.content_type)
