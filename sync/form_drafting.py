"""Forms and drafts made, replaced, thrown away and published over the API.

A draft that ends is kept with what was sent to test it, in a space that no figure counts (sync/drafts.py). A
draft that replaces another takes over its token, so that tablets go on testing at the same address.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import select, update

from forms.form_fields import has_meta
from forms.form_version import with_version
from forms.model import CompiledForm
from forms.xform import read_xform
from sync.catalogue import catalogue
from sync.drafts import current_draft, draft_xform, get_draft
from sync.encryption_keys import key_of_form, under_projects_key
from sync.form_comparing import compare_with_published
from sync.form_contents import read_contents
from sync.form_files import carry_over, give_files, link_new_files
from sync.form_problems import (
    FormExists,
    FormWarnings,
    NoMeta,
    NothingPublished,
    NothingToCopy,
    UnexpectedValue,
    VersionExists,
)
from sync.form_uploads import Upload
from sync.problems import Conflict
from sync.registry import publish_version, release_held
from sync.store import Store, WriteSession, new_uuid, now
from sync.tables import form, form_draft, form_version, project
from sync.tables.log import ChangeKind
from sync.tables.records import HoldReason
from sync.tables.registry import FormState
from sync.tokens import new_central_token

Row = Mapping[Any, Any]


def create_form(
    store: Store,
    project_id: int,
    upload: Upload,
    *,
    publish: bool = False,
    ignore_warnings: bool = False,
    by: str | None = None,
    notes: str | None = None,
) -> None:
    """A new form, as a draft or published at once. Under the id of a deleted form it is that form again, with
    its records: a form's id is what records belong to.

    Raises NoMeta, FormWarnings, FormExists, VersionExists, NotFound (project).
    """
    with store.read() as session:
        upload = replace(upload, form=under_projects_key(session, project_id, upload.form))
    if not ignore_warnings and not has_meta(read_contents(upload.form.xform).fields):
        raise NoMeta()

    def work(session: WriteSession) -> None:
        row = _new_form(session, project_id, upload, ignore_warnings, by)
        source = (upload.source, upload.source_name)
        if publish:
            _refuse_known_version(session, row, upload.form.version)
            publish_version(session, project_id, upload.form, source, upload.files, by, notes=notes)
            made = select(form_version.c.published_at).where(
                form_version.c.form_id == row["id"], form_version.c.version == upload.form.version
            )
            same = update(form).where(form.c.id == row["id"])
            session.execute(same.values(created_at=session.scalar(made), updated_at=None))
        else:
            draft_id = _insert_draft(session, row, upload.form, source, by)
            give_files(session, draft_id, _wanted(upload))
            link_new_files(session, draft_id, project_id, upload.form)

    store.write(work)
    catalogue(store).expire()


def set_draft(
    store: Store,
    row: Row,
    upload: Upload | None,
    *,
    ignore_warnings: bool = False,
    by: str | None = None,
) -> None:
    """Give a form a draft, in place of one it has; without an upload a copy of what is published.

    row  the form's own
    Files carry over, by name, from the draft before it, else from the published version.
    Raises UnexpectedValue (another form's), NothingToCopy, TypeChanged, FileNotValid, FormWarnings.
    """
    if upload is None:
        upload = _copy_of_published(store, row)
    else:
        if upload.form.xml_form_id != row["xml_form_id"]:
            reason = "does not match the form you are updating"
            raise UnexpectedValue("xmlFormId", upload.form.xml_form_id, reason)
        with store.read() as session:
            upload = replace(upload, form=under_projects_key(session, row["project_id"], upload.form))
        compare_with_published(store, row, upload, ignore_warnings)

    source, files = (upload.source, upload.source_name), _wanted(upload)
    compiled = upload.form
    store.write(lambda session: replace_draft(session, row, compiled, source, files, by))
    catalogue(store).expire()


def replace_draft(
    session: WriteSession,
    row: Row,
    compiled: CompiledForm,
    source: tuple[bytes, str],
    files: Mapping[str, bytes],
    by: str | None = None,
) -> None:
    """The same in the transaction of whoever has checked the form. The catalogue is theirs to expire.

    source  the file it was made from, and its name
    files   made from the form's own sheets, by name
    """
    session.all(select(form.c.id).where(form.c.id == row["id"]).with_for_update())  # one after the other
    before = current_draft(session, row["id"])
    token = None if before is None else _end(session, before, free_token=True)
    draft_id = _insert_draft(session, row, compiled, source, by, token)
    carry_over(session, draft_id, compiled, None if before is None else before["id"], row)
    give_files(session, draft_id, files)
    link_new_files(session, draft_id, row["project_id"], compiled)
    session.execute(update(form).where(form.c.id == row["id"]).values(updated_at=now()))
    replaced = {} if before is None else {"oldDraftDefId": before["id"]}
    session.audit("form.update.draft.set", row["uuid"], by, newDraftDefId=draft_id, **replaced)


def delete_draft(session: WriteSession, row: Row, by: str | None = None) -> None:
    """Throw a form's draft away; what was sent to test it stays. Raises NothingPublished, NotFound."""
    if row["current_version_id"] is None:
        raise NothingPublished()
    draft = get_draft(session, row["id"])
    _end(session, draft)
    session.execute(update(form).where(form.c.id == row["id"]).values(updated_at=now()))
    session.audit("form.update.draft.delete", row["uuid"], by, oldDraftDefId=draft["id"])


def publish_draft(
    store: Store, row: Row, version: str | None = None, by: str | None = None, notes: str | None = None
) -> None:
    """Publish a form's draft, under another version if one is named. Raises NotFound, VersionExists,
    UnexpectedValue (a version no address can hold), Conflict (the draft was replaced meanwhile)."""
    if version in (".", ".."):
        raise UnexpectedValue("version", version, "is what no address can hold")
    with store.read() as session:
        draft = get_draft(session, row["id"])
        xform = draft_xform(session, draft["id"])
        source = bytes(session.scalar(select(form_draft.c.source).where(form_draft.c.id == draft["id"])))
    compiled = read_xform(with_version(xform, version) if version else xform)

    def work(session: WriteSession) -> None:
        here = get_draft(session, row["id"])
        if here["id"] != draft["id"]:
            raise Conflict("Another draft was uploaded meanwhile.", "Look at it, and publish again.")
        _refuse_known_version(session, row, compiled.version)
        named = (source, draft["source_name"])
        publish_version(session, row["project_id"], compiled, named, {}, by, draft["id"], notes)
        became = select(form_version.c.id).where(
            form_version.c.form_id == row["id"], form_version.c.version == compiled.version
        )
        _end(session, here, version_id=session.scalar(became))

    store.write(work)
    catalogue(store).expire()


def _new_form(
    session: WriteSession, project_id: int, upload: Upload, ignore_warnings: bool, by: str | None
) -> Row:
    mine = form.c.project_id == project_id, form.c.xml_form_id == upload.form.xml_form_id
    row = session.first(select(form).where(*mine))
    of_change: list[Mapping[str, Any]] = [*upload.of_entities]
    if row is not None and row["deleted_at"] is not None:
        about = {"xmlFormId": upload.form.xml_form_id}
        of_change.append({"type": "deletedFormExists", "details": about})
    if not ignore_warnings and (upload.said or of_change):
        raise FormWarnings(upload.said, of_change)
    if row is not None and row["deleted_at"] is None:
        raise FormExists(project_id, upload.form.xml_form_id)
    values = {
        "state": str(FormState.OPEN), "created_at": now(), "created_by": by, "updated_at": None,
        "deleted_at": None, "webforms_enabled": None, "current_version_id": None,
    }  # fmt: skip
    if row is None:
        fresh = {"uuid": new_uuid(), "project_id": project_id, "xml_form_id": upload.form.xml_form_id}
        session.insert_returning(form, fresh | values)
    else:
        session.execute(update(form).where(form.c.id == row["id"]).values(**values))
        if (draft := current_draft(session, row["id"])) is not None:
            _end(session, draft)
        uuid = session.scalar(select(project.c.uuid).where(project.c.id == project_id))
        release_held(session, uuid, upload.form.xml_form_id, None, (HoldReason.FORM_CLOSED,))
    made = session.first(select(form).where(*mine))
    assert made is not None
    session.change(ChangeKind.FORM, made["uuid"])
    session.audit("form.create", made["uuid"], by)
    return made


def _insert_draft(
    session: WriteSession,
    row: Row,
    compiled: CompiledForm,
    source: tuple[bytes, str],
    by: str | None,
    token: str | None = None,
) -> int:
    return session.insert_returning(
        form_draft,
        {
            "uuid": new_uuid(),
            "form_id": row["id"],
            "token": token or new_central_token("tst").text,
            "version": compiled.version,
            "title": compiled.title,
            "hash": compiled.hash,
            "xform": compiled.xform,
            "source": source[0],
            "source_name": source[1],
            "vocabulary_version": compiled.vocabulary_version,
            "is_mapped": bool(compiled.bindings),
            "key_id": key_of_form(session, row["project_id"], compiled),
            "created_at": now(),
            "created_by": by,
        },
    )


def _end(session: WriteSession, draft: Row, version_id: int | None = None, free_token: bool = False) -> str:
    """Mark a draft as over. Returns its token; with `free_token` another draft may have it now."""
    values: dict[str, Any] = {"ended_at": now(), "version_id": version_id}
    if free_token:
        values["token"] = f"replaced-{draft['uuid']}"
    session.execute(update(form_draft).where(form_draft.c.id == draft["id"]).values(**values))
    return str(draft["token"])


def _refuse_known_version(session: WriteSession, row: Row, version: str) -> None:
    known = form_version.c.form_id == row["id"], form_version.c.version == version
    if session.scalar(select(form_version.c.id).where(*known)) is not None:
        raise VersionExists(row["xml_form_id"], version)


def _copy_of_published(store: Store, row: Row) -> Upload:
    with store.read() as session:
        known = session.first(
            select(form_version.c.xform, form_version.c.source, form_version.c.source_name).where(
                form_version.c.id == row["current_version_id"]
            )
        )
    if known is None:
        raise NothingToCopy()
    return Upload(read_xform(known["xform"]), known["source"], known["source_name"], {})


def _wanted(upload: Upload) -> dict[str, bytes]:
    """The files made from the sheets that the form names."""
    return {name: content for name, content in upload.files.items() if name in upload.form.media}
