"""Forms as the API shows them: a form with one of its definitions, a published version or its draft.

Reads only, without the definitions' bytes. What is deleted is not there, unless deleted forms are asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, Table, exists, func, or_, select

from sync.drafts import get_draft
from sync.problems import NotFound
from sync.store import ReadSession
from sync.tables import actor, assignment, audit, form, form_draft, form_version, token
from sync.tables.access import ActorKind

EXCEL = {
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".xls": "application/vnd.ms-excel",
}
"""Content types of the workbooks a form can be made from, by ending."""

_SHARED = ("id", "uuid", "version", "title", "hash", "source_name", "key_id")


@dataclass(frozen=True, slots=True)
class Definition:
    """What a form consists of at one time: a version, or the draft."""

    id: int  # form_version.id, or form_draft.id
    uuid: str
    is_draft: bool
    version: str
    title: str  # "" when the form has none
    hash: str
    source_name: str
    key_id: int | None
    token: str | None = None  # of a draft
    published_at: datetime | None = None
    published_by: str | None = None

    @property
    def excel_type(self) -> str | None:
        """The content type of the workbook it was made from, if it was."""
        return next((kind for end, kind in EXCEL.items() if self.source_name.lower().endswith(end)), None)


@dataclass(frozen=True, slots=True)
class FormView:
    """A form with one of its definitions. `row` is the form's own row."""

    row: Mapping[Any, Any]
    definition: Definition


def list_form_views(session: ReadSession, project_id: int, deleted: bool = False) -> list[FormView]:
    """Every form of a project with the version that is offered, else its draft; by name."""
    state = form.c.deleted_at.is_not(None) if deleted else form.c.deleted_at.is_(None)
    rows = session.all(select(form).where(form.c.project_id == project_id, state))
    versions = _versions(session, form_version.c.id.in_([row["current_version_id"] for row in rows]))
    of_version = {each.id: each for each in versions.values()}
    drafts = _drafts(session, [row["id"] for row in rows])
    found = [
        FormView(row, definition)
        for row in rows
        if (definition := of_version.get(row["current_version_id"]) or drafts.get(row["id"])) is not None
    ]
    return sorted(found, key=lambda view: (view.definition.title or view.row["xml_form_id"], view.row["id"]))


def view_of(session: ReadSession, row: Mapping[Any, Any]) -> FormView:
    """A form with the version that is offered, else its draft. Raises NotFound."""
    if row["current_version_id"] is None:
        return draft_view(session, row)
    versions = _versions(session, form_version.c.id == row["current_version_id"])
    return FormView(row, next(iter(versions.values())))


def draft_view(session: ReadSession, row: Mapping[Any, Any]) -> FormView:
    """A form with its draft. Raises NotFound."""
    return FormView(row, _draft(get_draft(session, row["id"])))


def version_view(session: ReadSession, row: Mapping[Any, Any], version: str) -> FormView:
    """A form with one published version. Raises NotFound."""
    found = _versions(session, (form_version.c.form_id == row["id"]) & (form_version.c.version == version))
    if not found:
        raise NotFound("There is no such version of this form.", "GET .../versions lists them.")
    return FormView(row, next(iter(found.values())))


def version_views(session: ReadSession, row: Mapping[Any, Any]) -> list[FormView]:
    """A form with each of its published versions, the newest first."""
    found = _versions(session, form_version.c.form_id == row["id"]).values()
    newest = sorted(found, key=lambda each: (each.published_at, each.id), reverse=True)
    return [FormView(row, each) for each in newest]


def xform_of(session: ReadSession, definition: Definition) -> bytes:
    """The XForm's bytes."""
    table = _table(definition)
    return bytes(session.scalar(select(table.c.xform).where(table.c.id == definition.id)))


def source_of(session: ReadSession, definition: Definition) -> bytes:
    """The file it was made from."""
    table = _table(definition)
    return bytes(session.scalar(select(table.c.source).where(table.c.id == definition.id)))


def public_link_counts(session: ReadSession, project_id: int) -> dict[str, int]:
    """How many public links of each form are good."""
    links = (
        select(assignment.c.xml_form_id, func.count(func.distinct(actor.c.id)).label("n"))
        .join(actor, actor.c.id == assignment.c.actor_id)
        .join(token, token.c.actor_id == actor.c.id)
        .where(
            actor.c.kind == ActorKind.PUBLIC_LINK,
            actor.c.revoked_at.is_(None),
            token.c.revoked_at.is_(None),
            assignment.c.revoked_at.is_(None),
            assignment.c.project_id == project_id,
        )
        .group_by(assignment.c.xml_form_id)
    )
    return {row["xml_form_id"]: row["n"] for row in session.all(links)}


def publish_notes(session: ReadSession, uuids: Sequence[str]) -> dict[str, str]:
    """What was said when versions were published, by the version's uuid."""
    noted = select(audit.c.object_uuid, audit.c.detail).where(
        audit.c.action == "form.publish", audit.c.object_uuid.in_(list(uuids))
    )
    said = {row["object_uuid"]: row["detail"].get("notes") for row in session.all(noted)}
    return {uuid: note for uuid, note in said.items() if note}


def was_made_again(session: ReadSession, form_uuid: str) -> bool:
    """Whether a form that is there was deleted and then uploaded again under its id."""
    last = session.scalar(
        select(audit.c.action)
        .where(
            audit.c.object_uuid == form_uuid,
            or_(*(audit.c.action == action for action in ("form.create", "form.delete", "form.restore"))),
        )
        .order_by(audit.c.id.desc())
        .limit(1)
    )
    deleted = exists().where(audit.c.object_uuid == form_uuid, audit.c.action == "form.delete")
    return last == "form.create" and bool(session.scalar(select(deleted)))


def _versions(session: ReadSession, where: Any) -> dict[int, Definition]:
    columns = (*_SHARED, "published_at", "published_by")
    rows = session.all(select(*(form_version.c[name] for name in columns)).where(where))
    return {row["id"]: Definition(**row, is_draft=False) for row in rows}


def _drafts(session: ReadSession, form_ids: Sequence[int]) -> dict[int, Definition]:
    rows = session.all(
        select(form_draft.c.form_id, form_draft.c.token, *(form_draft.c[name] for name in _SHARED)).where(
            form_draft.c.form_id.in_(list(form_ids)), form_draft.c.ended_at.is_(None)
        )
    )
    return {row["form_id"]: _draft(row) for row in rows}


def _draft(row: RowMapping) -> Definition:
    return Definition(**{name: row[name] for name in _SHARED}, is_draft=True, token=row["token"])


def _table(definition: Definition) -> Table:
    return form_draft if definition.is_draft else form_version
