"""The files a form's definition needs: which there are, given, carried over, removed.

A file is a slot that the XForm names. What stands in it was uploaded, is an entity list, or is one of the
lists this server makes (forms/generated_lists.py) while nobody uploads another.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Table, delete, insert, literal, select

from forms.generated_lists import GENERATED_LISTS
from forms.model import CompiledForm
from sync.entities.linking import link_by_name, links_of_draft, links_of_version
from sync.form_contents import contents_of
from sync.form_reading import Definition
from sync.media import media_names, media_type
from sync.problems import NotFound
from sync.store import ReadSession, WriteSession, now
from sync.tables import form_draft_media, form_list_link, form_media
from sync.tables.log import ChangeKind

Row = Mapping[Any, Any]

_COPIED = ("name", "md5", "size", "content_type", "content")


@dataclass(frozen=True, slots=True)
class FormFile:
    """A slot and what stands in it."""

    name: str
    kind: str  # image, audio, video, file
    id: int | None = None  # of its row, when a file was uploaded
    md5: str | None = None  # 32 hex digits
    content_type: str = ""
    updated_at: datetime | None = None
    dataset_id: int | None = None  # of the entity list that stands in it
    is_generated: bool = False

    @property
    def is_there(self) -> bool:
        return self.id is not None or self.dataset_id is not None or self.is_generated


def list_files(session: ReadSession, definition: Definition) -> list[FormFile]:
    """Every slot of a definition, by name; files that were given without being named count as slots."""
    kinds = dict(contents_of(session, definition).files)
    given = _given(session, definition)
    links = (links_of_draft if definition.is_draft else links_of_version)(session, definition.id)
    for name, row in given.items():
        kinds.setdefault(name, _kind_by_type(row["content_type"]))
    return [_slot(name, kinds[name], given.get(name), links.get(name)) for name in sorted(kinds)]


def find_file(session: ReadSession, definition: Definition, name: str) -> FormFile:
    """The slot of a name, in whichever Unicode form. Raises NotFound."""
    name = unicodedata.normalize("NFC", name)
    found = next((file for file in list_files(session, definition) if file.name == name), None)
    if found is None:
        raise NotFound("The form has no such file.", "GET .../attachments lists those it names.")
    return found


def content_of(session: ReadSession, definition: Definition, file: FormFile) -> bytes:
    """The bytes of an uploaded file."""
    table, _ = _media(definition)
    return bytes(session.scalar(select(table.c.content).where(table.c.id == file.id)))


def set_file(
    session: WriteSession,
    definition: Definition,
    form_row: Row,
    name: str,
    content: bytes,
    content_type: str | None,
    by: str | None = None,
) -> None:
    """Put a file into a draft's slot, whatever stood in it. Raises NotFound."""
    file = find_file(session, definition, name)
    session.execute(delete(form_list_link).where(*_link(definition, file.name)))
    session.upsert(
        form_draft_media, [_row(definition.id, file.name, content, content_type)], key=("draft_id", "name")
    )
    _note(session, form_row, definition, file, by, is_blob=True)


def remove_file(
    session: WriteSession, definition: Definition, form_row: Row, name: str, by: str | None = None
) -> None:
    """Empty a draft's slot. Raises NotFound, also when nothing stands in it."""
    file = find_file(session, definition, name)
    if file.id is None and file.dataset_id is None:
        raise NotFound("Nothing was put in the place of this file.", "There is nothing to remove.")
    _empty(session, definition, file.name)
    _note(session, form_row, definition, file, by)


def link_file(
    session: WriteSession,
    definition: Definition,
    form_row: Row,
    file: FormFile,
    dataset_id: int | None,
    by: str | None = None,
) -> None:
    """Let an entity list stand in a draft's slot; None empties it."""
    _empty(session, definition, file.name)
    if dataset_id is not None:
        row = {"draft_id": definition.id, "name": file.name, "dataset_id": dataset_id, "updated_at": now()}
        session.insert(form_list_link, [row])
    _note(session, form_row, definition, file, by, dataset_id=dataset_id)


def give_files(session: WriteSession, draft_id: int, files: Mapping[str, bytes]) -> None:
    """Put files that were made from the form's own sheets into a draft."""
    rows = [_row(draft_id, name, content, None) for name, content in media_names(files).items()]
    session.upsert(form_draft_media, rows, key=("draft_id", "name"))


def carry_over(
    session: WriteSession, draft_id: int, form: CompiledForm, before_id: int | None, form_row: Row
) -> None:
    """Take over files and lists of the same names: from the draft before, else from the published version."""
    if before_id is None and form_row["current_version_id"] is None:
        return
    wanted = [unicodedata.normalize("NFC", name) for name in form.media]
    table: Table
    if before_id is not None:
        table, owner, of = form_draft_media, form_draft_media.c.draft_id, before_id
        linked = form_list_link.c.draft_id == before_id
    else:
        table, owner, of = form_media, form_media.c.form_version_id, form_row["current_version_id"]
        linked = form_list_link.c.form_version_id == form_row["current_version_id"]
    updated = (
        table.c.updated_at if before_id is not None else literal(now(), form_draft_media.c.updated_at.type)
    )
    kept = select(literal(draft_id), *(table.c[name] for name in _COPIED), updated).where(
        owner == of, table.c.name.in_(wanted)
    )
    session.execute(insert(form_draft_media).from_select(["draft_id", *_COPIED, "updated_at"], kept))
    lists = session.all(select(form_list_link).where(linked, form_list_link.c.name.in_(wanted)))
    session.insert(
        form_list_link,
        [
            {"draft_id": draft_id, **{n: row[n] for n in ("name", "dataset_id", "updated_at")}}
            for row in lists
        ],
    )


def link_new_files(session: WriteSession, draft_id: int, project_id: int, form: CompiledForm) -> None:
    """Let entity lists stand in the empty slots that are named like them."""
    media, links = form_draft_media.c, form_list_link.c
    given = session.all(select(media.name).where(media.draft_id == draft_id))
    linked = session.all(select(links.name).where(links.draft_id == draft_id))
    full = {row["name"] for row in (*given, *linked)}
    names = {unicodedata.normalize("NFC", name) for name in form.media} - full - GENERATED_LISTS.keys()
    link_by_name(session, draft_id, project_id, sorted(names))


def _given(session: ReadSession, definition: Definition) -> dict[str, Row]:
    table, owner = _media(definition)
    columns = [table.c[name] for name in ("id", "name", "md5", "content_type")]
    if definition.is_draft:
        columns.append(table.c.updated_at)
    rows = session.all(select(*columns).where(owner == definition.id))
    return {row["name"]: {"updated_at": definition.published_at, **row} for row in rows}


def _slot(name: str, kind: str, given: Row | None, link: Row | None) -> FormFile:
    if link is not None:
        return FormFile(name, kind, updated_at=link["linked_at"], dataset_id=link["id"])
    if given is not None:
        what = {key: given[key] for key in ("id", "md5", "content_type", "updated_at")}
        return FormFile(name, kind, **what)
    return FormFile(name, kind, is_generated=name in GENERATED_LISTS)


def _kind_by_type(content_type: str) -> str:
    kind = content_type.partition("/")[0]
    return kind if kind in ("image", "audio", "video") else "file"


def _row(draft_id: int, name: str, content: bytes, content_type: str | None) -> dict[str, Any]:
    return {
        "draft_id": draft_id,
        "name": name,
        "md5": hashlib.md5(content, usedforsecurity=False).hexdigest(),
        "size": len(content),
        "content_type": content_type or media_type(name),
        "content": content,
        "updated_at": now(),
    }


def _empty(session: WriteSession, definition: Definition, name: str) -> None:
    mine = form_draft_media.c.draft_id == definition.id, form_draft_media.c.name == name
    session.execute(delete(form_draft_media).where(*mine))
    session.execute(delete(form_list_link).where(*_link(definition, name)))


def _note(
    session: WriteSession,
    form_row: Row,
    definition: Definition,
    before: FormFile,
    by: str | None,
    is_blob: bool = False,
    dataset_id: int | None = None,
) -> None:
    blob = None
    if is_blob:
        mine = form_draft_media.c.draft_id == definition.id, form_draft_media.c.name == before.name
        blob = session.scalar(select(form_draft_media.c.id).where(*mine))
    session.change(ChangeKind.FORM, form_row["uuid"])
    session.audit(
        "form.attachment.update", form_row["uuid"], by, formDefId=definition.id, name=before.name,
        oldBlobId=before.id, newBlobId=blob, oldDatasetId=before.dataset_id, newDatasetId=dataset_id,
    )  # fmt: skip


def _media(definition: Definition) -> tuple[Table, Any]:
    """The table of a definition's files, and the column that says whose they are."""
    if definition.is_draft:
        return form_draft_media, form_draft_media.c.draft_id
    return form_media, form_media.c.form_version_id


def _link(definition: Definition, name: str) -> tuple[Any, ...]:
    return _owner_of_link(definition), form_list_link.c.name == name


def _owner_of_link(definition: Definition) -> Any:
    column = form_list_link.c.draft_id if definition.is_draft else form_list_link.c.form_version_id
    return column == definition.id
