"""Projects, and the forms published in them.

An XLSForm's bytes go in; a version that tablets are offered comes out, kept for ever as served. Publishing
is also what submissions wait for that came before their form: they are handed to the pipeline again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any

from sqlalchemy import RowMapping, func, select, update

from forms.model import CompiledForm
from forms.problems import FormProblem
from sync.catalogue import FormStates, catalogue, compiled_form, form_states
from sync.compiling import compile_in_sandbox
from sync.encryption_keys import key_of_form, under_projects_key
from sync.entities.linking import keep_links, publish_links
from sync.entities.publishing import publish_entities
from sync.form_change import refuse_type_changes
from sync.media import copy_files, media_names, store_media
from sync.odk_validate import NONE, Validation, validate
from sync.problems import Conflict, FormInvalid, Invalid, NotFound
from sync.store import ReadSession, Store, WriteSession, new_uuid, now
from sync.tables import form, form_media, form_version, project, receipt_event, submission, submission_version
from sync.tables.log import ChangeKind, EventState
from sync.tables.records import HoldReason, VersionState
from sync.tables.registry import FormState

__all__ = [
    "FormStates",
    "PublishedForm",
    "compiled_form",
    "create_project",
    "form_states",
    "get_project",
    "list_forms",
    "list_projects",
    "publish_form",
    "set_form_state",
]


@dataclass(frozen=True, slots=True)
class PublishedForm:
    """What publishing did. `problems` are warnings: errors stop it with FormInvalid."""

    form_id: str  # xml_form_id
    version: str
    hash: str  # md5 of the XForm, 32 hex digits
    title: str
    is_new: bool  # False: these very bytes were published before
    released: int  # submissions that waited for this version
    problems: tuple[FormProblem, ...] = ()
    not_validated: str = ""  # why ODK Validate did not judge it; "" when it did


def create_project(session: WriteSession, name: str, by: str | None = None) -> RowMapping:
    """A new project's row (id, uuid, name). Raises Invalid when the name is empty."""
    if not name.strip():
        raise Invalid("A project needs a name.", "Give it the operation's name, as tablets will show it.")
    uuid = new_uuid()
    project_id = session.insert_returning(
        project, {"uuid": uuid, "name": name.strip(), "created_at": now(), "settings": {}}
    )
    session.change(ChangeKind.PROJECT, uuid)
    session.audit("project.create", uuid, by, name=name.strip())
    return get_project(session, project_id)


def get_project(session: ReadSession, project_id: int, also_deleted: bool = False) -> RowMapping:
    """A project's row. Raises NotFound.

    also_deleted  for a tablet: what it collected for a project that was deleted is kept all the same
    """
    row = session.first(select(project).where(project.c.id == project_id))
    if row is None or (row["deleted_at"] is not None and not also_deleted):
        raise NotFound(f"There is no project {project_id}.", "`waypost project list` shows the ids.")
    return row


def list_projects(session: ReadSession) -> list[RowMapping]:
    """Every project that was not deleted."""
    return list(session.all(select(project).where(project.c.deleted_at.is_(None)).order_by(project.c.id)))


def get_form(session: ReadSession, project_id: int, xml_form_id: str) -> RowMapping:
    """A form's row. Raises NotFound, also for a form that was deleted."""
    row = session.first(
        select(form).where(form.c.project_id == project_id, form.c.xml_form_id == xml_form_id)
    )
    if row is None or row["deleted_at"] is not None:
        raise NotFound(
            f"Project {project_id} has no form {xml_form_id!r}.", "`waypost form list` shows them."
        )
    return row


def list_forms(session: ReadSession, project_id: int) -> list[RowMapping]:
    """The current version of each form that has one and is not deleted: form_id, state, version, title, hash,
    is_mapped, published_at, media (how many files it has)."""
    mine = form.c.project_id == project_id, form.c.deleted_at.is_(None)
    return list(session.all(_CURRENT.where(*mine).order_by(form.c.xml_form_id)))


def publish_form(
    store: Store,
    project_id: int,
    data: bytes,
    name: str,
    media: Mapping[str, bytes] | None = None,
    published_by: str | None = None,
    java: str = NONE,
) -> PublishedForm:
    """Compile a form and offer it to the project's tablets.

    data   XLSForm (.xlsx .xls .csv .md) or XForm XML; `name` is the file's name
    media  files the form refers to, by name; what is not given is carried over from the current version
    java   the Java program to run ODK Validate with, off the request path; "none" leaves it out
    Publishing the same bytes again makes that version current and adds the media given.
    Raises FormInvalid (errors: every problem with its cell; a type changed since the current version;
    what ODK Validate refuses), Conflict (this version exists with other content, or another one was
    published meanwhile), NotFound (project), Invalid (a media name). A refusal leaves nothing behind.
    """
    with store.read() as session:
        get_project(session, project_id)
    files = media_names(media or {})
    compilation = compile_in_sandbox(data, name, store.data / "cache" / "compiled")
    if compilation.form is None:
        raise FormInvalid(
            f"{name} has {len(compilation.problems)} problems; nothing was published.",
            "Correct the cells named and publish again.",
            [problem.to_json() for problem in compilation.problems],
        )
    with store.read() as session:
        compiled = under_projects_key(session, project_id, compilation.form)
    _refuse_names_without_a_url(compiled)
    current = refuse_type_changes(store, project_id, compiled, data, name)
    validation = _refuse_what_validate_refuses(compiled, data, name, java)
    files = dict(compilation.files) | files
    source = (data, PurePosixPath(name).name)

    def work(session: WriteSession) -> PublishedForm:
        if _current_version(session, project_id, compiled.xml_form_id) != current:
            raise Conflict("Another version was published meanwhile.", "Look at it, and publish again.")
        return publish_version(session, project_id, compiled, source, files, published_by)

    published = store.write(work)
    catalogue(store).expire()
    warnings = tuple(compilation.warnings) + published.problems
    return replace(published, problems=warnings, not_validated=validation.skipped)


def set_form_state(
    session: WriteSession, project_id: int, xml_form_id: str, state: str, by: str | None = None
) -> None:
    """Open, close or begin to close a form. Opening hands over what was held because it was closed.

    Raises NotFound, Invalid (not a state).
    """
    if state not in list(FormState):
        raise Invalid(f"{state!r} is not a state of a form.", f"Use one of {', '.join(FormState)}.")

    known = session.first(
        select(form.c.id, form.c.uuid, project.c.uuid.label("project_uuid"))
        .join(project, project.c.id == form.c.project_id)
        .where(
            form.c.project_id == project_id, form.c.xml_form_id == xml_form_id, form.c.deleted_at.is_(None)
        )
    )
    if known is None:
        raise NotFound(
            f"Project {project_id} has no form {xml_form_id!r}.", "`waypost form list` shows them."
        )
    session.execute(update(form).where(form.c.id == known["id"]).values(state=state, updated_at=now()))
    session.change(ChangeKind.FORM, known["uuid"])
    session.audit("form.state", known["uuid"], by, state=state)
    if state != FormState.CLOSED:
        release_held(session, known["project_uuid"], xml_form_id, None, (HoldReason.FORM_CLOSED,))


def publish_version(
    session: WriteSession,
    project_id: int,
    compiled: CompiledForm,
    source: tuple[bytes, str],
    files: Mapping[str, bytes],
    by: str | None,
    draft_id: int | None = None,
    notes: str | None = None,
) -> PublishedForm:
    """Offer a compiled form, in the transaction of whoever has checked it. The catalogue is theirs to expire.

    draft_id  form_draft.id it was tested as: its files are the version's, as they are
    notes     what whoever publishes says about it
    """
    owner = get_project(session, project_id)
    known = _form_row(session, project_id, compiled.xml_form_id)
    version, is_new = _version_row(session, known, compiled, source, by)
    changed = {"current_version_id": version["id"]}
    if known["current_version_id"] not in (None, version["id"]) or draft_id is not None:
        changed["updated_at"] = now()
    session.execute(update(form).where(form.c.id == known["id"]).values(**changed))
    publish_entities(session, project_id, version["id"], compiled, by)
    previous_id = known["current_version_id"] if draft_id is None else None
    if draft_id is not None:
        copy_files(session, draft_id, version["id"])
        publish_links(session, draft_id, version["id"])
    elif is_new:
        keep_links(session, version["id"], previous_id, project_id, compiled.media, files)
    missing = store_media(session, version["id"], previous_id, compiled.media, files)
    held = HoldReason.UNKNOWN_FORM, HoldReason.UNKNOWN_VERSION
    released = release_held(session, owner["uuid"], compiled.xml_form_id, compiled.version, held)
    session.change(ChangeKind.FORM, version["uuid"], hashlib.sha256(version["xform"]).digest())
    said: dict[str, Any] = {"oldDefId": known["current_version_id"], **({"notes": notes} if notes else {})}
    session.audit(
        "form.publish", version["uuid"], by, form=compiled.xml_form_id, version=compiled.version,
        hash=version["hash"], **said,
    )  # fmt: skip
    title = version["title"] or compiled.xml_form_id
    return PublishedForm(
        compiled.xml_form_id, compiled.version, version["hash"], title, is_new, released, missing
    )


def _form_row(session: WriteSession, project_id: int, xml_form_id: str) -> RowMapping:
    session.insert_once(
        form,
        [
            {
                "uuid": new_uuid(),
                "project_id": project_id,
                "xml_form_id": xml_form_id,
                "state": str(FormState.OPEN),
                "created_at": now(),
            }
        ],
    )
    row = session.first(
        select(form).where(form.c.project_id == project_id, form.c.xml_form_id == xml_form_id)
    )
    assert row is not None
    if row["deleted_at"] is not None:  # that form again: what came meanwhile is handed over
        session.execute(update(form).where(form.c.id == row["id"]).values(deleted_at=None))
        uuid = get_project(session, project_id)["uuid"]
        release_held(session, uuid, xml_form_id, None, (HoldReason.FORM_CLOSED,))
    return row


def _version_row(
    session: WriteSession,
    known: RowMapping,
    compiled: CompiledForm,
    source: tuple[bytes, str],
    by: str | None,
) -> tuple[RowMapping, bool]:
    """The row of this version and whether it is new. The bytes that were served once are served for ever."""
    new = session.insert_once(
        form_version,
        [
            {
                "uuid": new_uuid(),
                "form_id": known["id"],
                "version": compiled.version,
                "title": compiled.title,
                "hash": compiled.hash,
                "xform": compiled.xform,
                "source": source[0],
                "source_name": source[1],
                "vocabulary_version": compiled.vocabulary_version,
                "is_mapped": bool(compiled.bindings),
                "published_at": now(),
                "published_by": by,
                "key_id": key_of_form(session, known["project_id"], compiled),
            }
        ],
        returning=[form_version.c.id],
    )
    row = session.first(
        select(form_version).where(
            form_version.c.form_id == known["id"], form_version.c.version == compiled.version
        )
    )
    assert row is not None
    if not new and row["xform"] != compiled.xform and row["source"] != source[0]:
        raise Conflict(
            f"Version {compiled.version!r} of {compiled.xml_form_id} is published with other content: "
            "tablets and submissions rely on those bytes.",
            "Raise the version in the settings sheet, then publish again.",
        )
    return row, bool(new)


def _current_version(session: ReadSession, project_id: int, xml_form_id: str) -> int | None:
    known = form.c.project_id == project_id, form.c.xml_form_id == xml_form_id
    current: int | None = session.scalar(select(form.c.current_version_id).where(*known))
    return current


def _refuse_what_validate_refuses(compiled: CompiledForm, data: bytes, name: str, java: str) -> Validation:
    validation = validate(compiled.xform, data, name, java)
    if validation.problems:
        raise FormInvalid(
            f"ODK Validate refuses {name}: tablets could not open it. Nothing was published.",
            "Mend what is named and publish again.",
            [problem.to_json() for problem in validation.problems],
        )
    return validation


def _refuse_names_without_a_url(compiled: CompiledForm) -> None:
    for what, value in (("form_id", compiled.xml_form_id), ("version", compiled.version)):
        if value in (".", ".."):
            raise FormInvalid(
                f"The {what} is {value!r}, which no address can hold.",
                f"Give another {what} in the settings sheet.",
            )


def release_held(
    session: WriteSession,
    project_uuid: str,
    xml_form_id: str,
    version: str | None,
    reasons: tuple[HoldReason, ...],
) -> int:
    """Hand held submissions to the pipeline, which works out anew whether they are still held."""
    held = [
        submission.c.project_uuid == project_uuid,
        submission.c.xml_form_id == xml_form_id,
        submission_version.c.state == VersionState.HELD,
        submission_version.c.hold_reason.in_([str(reason) for reason in reasons]),
    ]
    if version is not None:
        held.append(submission_version.c.form_version == version)
    ids = session.all(
        select(submission.c.id)
        .join(submission_version, submission_version.c.submission_id == submission.c.id)
        .where(*held)
        .distinct()
        .order_by(submission.c.id)
    )
    at = now()
    session.insert(
        receipt_event,
        [
            {"submission_id": row["id"], "state": str(EventState.WAITING), "attempts": 0, "created_at": at}
            for row in ids
        ],
    )
    return len(ids)


_MEDIA_COUNT = (
    select(func.count(form_media.c.id))
    .where(form_media.c.form_version_id == form_version.c.id)
    .scalar_subquery()
)
_CURRENT = select(
    form.c.xml_form_id.label("form_id"),
    form.c.state,
    form_version.c.version,
    func.coalesce(func.nullif(form_version.c.title, ""), form.c.xml_form_id).label("title"),
    form_version.c.hash,
    form_version.c.is_mapped,
    form_version.c.published_at,
    _MEDIA_COUNT.label("media"),
).join(form_version, form_version.c.id == form.c.current_version_id)
