"""Who did what when, the newest first, as the API tells it: the audit trail, and what came in.

That a record came, was edited, is held or got a file is in no line of the trail, which would double in length
by it: the receipt says so itself. The two are read apart, each newest first and no further than is asked for,
and merged. What was sent to test a draft is not in it.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, literal, not_, select

from sync.audit_names import ASSIGNEES, NAMES, SUBMISSION_EVENTS, wanted
from sync.decided import UNDECIDED
from sync.records.file_events import ACTION, came_over_the_api, file_events
from sync.store import ReadSession
from sync.tables import (
    actor,
    attachment,
    audit,
    file_choice,
    form,
    form_version,
    project,
    submission,
    submission_version,
)
from sync.tables.records import VersionState

Row = Mapping[Any, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """Which events. limit None: all."""

    action: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    offset: int = 0
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """Something that was done. `actee_uuid` is what it was done to: an actor, a form, a project; or None."""

    at: datetime
    number: int
    action: str
    actor_uuid: str | None
    actee_uuid: str | None
    details: dict[str, Any] | None
    notes: str | None = None


def list_events(session: ReadSession, asked: Asked) -> list[Event]:
    """The page that is asked for, newest first."""
    last = None if asked.limit is None else asked.offset + asked.limit
    found = heapq.merge(
        *(source(session, asked, last) for source in _SOURCES),
        key=lambda event: (event.at, event.number),
        reverse=True,
    )
    page: list[Event] = []
    for place, event in enumerate(found):
        if last is not None and place >= last:
            break
        if place >= asked.offset:
            page.append(event)
    return page


def _trail(session: ReadSession, asked: Asked, last: int | None) -> Iterator[Event]:
    names, others = wanted(asked.action)
    shown = _shown_name()
    statement = (
        select(audit, shown.label("shown"), form.c.uuid.label("form_uuid"), actor.c.id.label("actee_id"))
        .outerjoin(actor, actor.c.uuid == audit.c.object_uuid)
        .outerjoin(form_version, form_version.c.uuid == audit.c.object_uuid)
        .outerjoin(submission, submission.c.uuid == audit.c.object_uuid)
        .outerjoin(project, project.c.uuid == submission.c.project_uuid)
        .outerjoin(form, _FORM_OF_IT)
        .add_columns(
            form_version.c.id.label("def_id"),
            submission.c.instance_id,
            submission.c.id.label("submission_id"),
        )
        .where(*_between(audit.c.at, asked))
        .order_by(audit.c.id.desc())  # the order of time: entries are added one after the other
        .limit(last)
    )
    if names:
        statement = statement.where(not_(shown.in_(names)) if others else shown.in_(names))
    for rows in session.stream(statement):
        yield from (_told(row._mapping) for row in rows)


def _received(session: ReadSession, asked: Asked, last: int | None) -> Iterator[Event]:
    version = submission_version
    action = case(
        (version.c.state == VersionState.HELD, literal("submission.backlog.hold")),
        (submission.c.deprecated_id.is_not(None), literal("submission.update.version")),
        else_=literal("submission.create"),
    )
    columns = version.c.id.label("number"), version.c.received_at, version.c.actor_uuid
    yield from _arrivals(session, asked, last, version, action, columns, lambda row: {
        "submissionDefId": row["number"]
    })  # fmt: skip


def _files(session: ReadSession, asked: Asked, last: int | None) -> Iterator[Event]:
    columns = (
        attachment.c.id.label("number"), attachment.c.received_at, submission.c.actor_uuid, attachment.c.name
    )  # fmt: skip
    action = literal("submission.attachment.update")
    brought = ~came_over_the_api()
    yield from _arrivals(
        session, asked, last, attachment, action, columns, lambda row: {"name": row["name"]}, brought
    )


def _choices(session: ReadSession, asked: Asked, last: int | None) -> Iterator[Event]:
    names, others = wanted(asked.action)
    if (ACTION in names) == others:
        return
    for done in file_events(session, _between(file_choice.c.chosen_at, asked), last):
        yield Event(done.at, done.number, ACTION, done.actor_uuid, done.form_uuid, done.details)


def _arrivals(
    session: ReadSession,
    asked: Asked,
    last: int | None,
    table: Any,
    action: ColumnElement[str],
    columns: tuple[Any, ...],
    says: Callable[[Row], dict[str, Any]],
    *further: ColumnElement[bool],
) -> Iterator[Event]:
    names, others = wanted(asked.action)
    if not (names.isdisjoint(SUBMISSION_EVENTS) if others else not names.isdisjoint(SUBMISSION_EVENTS)):
        return
    statement: Select[Any] = (
        select(*columns, action.label("action"), submission.c.instance_id, submission.c.id, form.c.uuid)
        .join(submission, submission.c.id == table.c.submission_id)
        .join(project, project.c.uuid == submission.c.project_uuid)
        .outerjoin(
            form, (form.c.project_id == project.c.id) & (form.c.xml_form_id == submission.c.xml_form_id)
        )
        .where(*_between(table.c.received_at, asked), *further)
        .order_by(table.c.id.desc())
        .limit(last)
    )
    if not others:
        statement = statement.where(action.in_(names))
    for rows in session.stream(statement):
        for each in rows:
            row = each._mapping
            details = {"instanceId": row["instance_id"], "submissionId": row["id"], **says(row)}
            yield Event(
                row["received_at"], row["number"], row["action"], row["actor_uuid"], row["uuid"], details
            )


def _told(row: Row) -> Event:
    named, detail = NAMES.get(row["action"]), dict(row["detail"])
    notes = detail.pop("notes", None)
    actee = row["form_uuid"] or row["object_uuid"]
    if row["action"] == "form.publish":
        detail = {"newDefId": row["def_id"], "oldDefId": detail.get("oldDefId")}
    elif "entity" in detail:  # an entity's events are its list's
        actee = detail.pop("dataset", actee)
    details = named.shows(detail) if named is not None else (detail or None)
    if row["shown"] == "user.create" and details is not None:
        details["data"] = {"actorId": row["actee_id"], **details["data"]}
    if row["submission_id"] is not None:
        about = {"instanceId": row["instance_id"], "submissionId": row["submission_id"]}
        details = about | (details or {})
    return Event(row["at"], row["id"], row["shown"], row["actor_uuid"], actee, details, notes)


def _shown_name() -> ColumnElement[str]:
    """An entry's action in the names clients know."""
    kind = case(
        *((actor.c.kind == kind, literal(begins)) for kind, begins in ASSIGNEES.items()),
        else_=literal("user"),
    )
    about_role = audit.c.action.in_(("assignment.create", "assignment.delete"))
    is_tablet = (audit.c.action == "token.revoke") & (actor.c.kind == "app_user")
    is_link = (audit.c.action == "token.revoke") & (actor.c.kind == "public_link")
    restored = (audit.c.action == "decision.delete") & (audit.c.detail["outcome"].as_string() == UNDECIDED)
    return case(
        (about_role, kind + literal(".") + audit.c.action),
        (is_tablet, literal("field_key.delete")),
        (is_link, literal("public_link.delete")),
        (restored, literal("submission.restore")),
        *(
            (audit.c.action == ours, literal(named.name))
            for ours, named in NAMES.items()
            if named.name != ours
        ),
        else_=audit.c.action,
    )


def _between(at: Any, asked: Asked) -> list[ColumnElement[bool]]:
    return [
        *([] if asked.start is None else [at >= asked.start]),
        *([] if asked.end is None else [at <= asked.end]),
    ]


_FORM_OF_IT = (
    (form.c.id == form_version.c.form_id)
    | (form.c.uuid == audit.c.object_uuid)
    | ((form.c.project_id == project.c.id) & (form.c.xml_form_id == submission.c.xml_form_id))
)

_SOURCES = (_trail, _received, _files, _choices)
