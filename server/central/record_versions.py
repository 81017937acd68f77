"""`.../submissions/{i}/versions`, `/diffs`, `/audits`, `/comments`: what a record was, and what was said."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from server.central.actors import actor_value
from server.central.answers import answer, instant, xml_answer
from server.central.asking import is_extended, needed_text, paging
from server.central.entity_errors import numbered
from server.central.entity_values import actors_of, entity_value, entity_view
from server.central.record_files import version_of
from server.central.record_gate import form_of, on_records, record_of, space_of, store_of
from server.central.record_values import Teller
from server.central.routing import asked, fields
from sync.assignments import actors_by_uuid
from sync.entities.datasets import find_dataset
from sync.entities.reading import find_entity
from sync.originals import open_bodies, open_body
from sync.permissions import project_verbs
from sync.records.comments import Comment, add_comment, list_comments
from sync.records.diff import changes, document_tree
from sync.records.history import RecordEvent, history_of
from sync.records.reading import versions_of
from sync.safe_xml import XmlUnreadable, read_xml
from sync.store import ReadSession

router = APIRouter(tags=["submissions"])


@on_records(router, "GET", "/{instance_id}/versions", "submission.read")
def versions(request: Request, instance_id: str) -> Response:
    """The versions of a record, newest first."""
    with store_of(request).read() as session:
        record = record_of(request, session, instance_id)
        return answer(request, _teller(request, session).versions(record, versions_of(session, record)))


@on_records(router, "GET", "/{instance_id}/versions/{version_id}.xml", "submission.read")
def version_xml(request: Request, instance_id: str, version_id: str) -> Response:
    """The XML of a version, without what is withheld from the caller."""
    with store_of(request).read() as session:
        record = record_of(request, session, instance_id)
        body = version_of(session, record, version_id)
        xml = open_body(session, store_of(request), body.id)
        shown = _teller(request, session).redactor.xml(xml, body.form_version, record.hidden)
    return xml_answer(request, shown)


@on_records(router, "GET", "/{instance_id}/versions/{version_id}", "submission.read")
def version(request: Request, instance_id: str, version_id: str) -> Response:
    """One version of a record."""
    with store_of(request).read() as session:
        record = record_of(request, session, instance_id)
        body = version_of(session, record, version_id)
        return answer(request, _teller(request, session).versions(record, [body])[0])


@on_records(router, "GET", "/{instance_id}/diffs", "submission.read")
def diffs(request: Request, instance_id: str) -> Response:
    """What each version changed of the one before, by instanceID; of what the caller is shown."""
    store = store_of(request)
    with store.read() as session:
        record = record_of(request, session, instance_id)
        bodies = versions_of(session, record)
        redactor = _teller(request, session).redactor
        structure = redactor.structure(body.form_version for body in bodies)
        opened = open_bodies(session, store, [body.id for body in bodies])
        trees: list[tuple[str, dict[str, Any]]] = []
        for body in bodies:
            xml = opened.get(body.id)
            try:
                shown = read_xml(redactor.xml(xml or b"", body.form_version, record.hidden))
            except XmlUnreadable:
                continue
            trees.append((body.instance_id, document_tree(shown, *structure)))
    found = {name: changes(before, after) for (name, after), (_, before) in pairwise(trees)}
    return answer(request, found)


@on_records(router, "GET", "/{instance_id}/audits", "submission.read")
def audits(request: Request, instance_id: str) -> Response:
    """What happened to a record, newest first."""
    with store_of(request).read() as session:
        record = record_of(request, session, instance_id)
        events = paging(request).of(history_of(session, record))
        staff = "internal" not in record.hidden
        actors = actors_by_uuid(session, {event.actor_uuid for event in events if event.actor_uuid and staff})
        form = asked(request).form
        assert form is not None
        values = [_event(event, actors, str(form["uuid"]), is_extended(request)) for event in events]
        if is_extended(request):
            _tell_entities(request, session, values)
        return answer(request, values)


@on_records(router, "GET", "/{instance_id}/comments", "submission.read", drafts=False)
def comments(request: Request, instance_id: str) -> Response:
    """What was written about a record, newest first."""
    with store_of(request).read() as session:
        record = record_of(request, session, instance_id)
        found = list_comments(session, store_of(request), record.id)
        staff = "internal" not in record.hidden
        actors = actors_by_uuid(session, {each.actor_uuid for each in found if each.actor_uuid and staff})
        return answer(request, [_comment(each, actors, is_extended(request)) for each in found])


@on_records(
    router, "POST", "/{instance_id}/comments", "submission.read", takes={"body": "string"}, drafts=False
)
def comment(request: Request, instance_id: str) -> Response:
    """Write about a record, for whoever may read it."""
    store, by = store_of(request), asked(request).actor
    with store.read() as session:
        record = record_of(request, session, instance_id)
    body = needed_text(fields(request), "body")
    made = store.write(lambda session: add_comment(session, store, record.id, body, by.uuid))
    with store.read() as session:
        return answer(request, _comment(made, actors_by_uuid(session, [by.uuid]), False))


def _event(event: RecordEvent, actors: Any, form_uuid: str, extended: bool) -> dict[str, Any]:
    who = actors.get(event.actor_uuid or "")
    value = {
        "actorId": None if who is None else who["id"],
        "action": event.action,
        "acteeId": form_uuid,
        "details": numbered(event.details),
        "loggedAt": instant(event.at),
        "notes": event.notes,
    }
    return value | {"actor": actor_value(who)} if extended and who is not None else value


def _tell_entities(request: Request, session: ReadSession, values: list[dict[str, Any]]) -> None:
    """Add to events about entities what the entities are now, for whoever may read them."""
    may, store = asked(request), store_of(request)
    if "entity.read" not in project_verbs(may.actor, may.project_id):
        return
    for value in values:
        named = value["details"].get("entity")
        row = None if named is None else find_dataset(session, may.project_id, named["dataset"])
        found = None if row is None else find_entity(session, store.keyring, row["id"], named["uuid"])
        if row is not None and found is not None:
            view = entity_view(session, may.actor, may.project_id, row["id"])
            value["details"]["entity"] = {
                **entity_value(found, view, actors_of(session, [found], view)),
                **named,
            }


def _comment(comment: Comment, actors: Any, extended: bool) -> dict[str, Any]:
    who = actors.get(comment.actor_uuid or "")
    value = {
        "body": comment.body,
        "actorId": None if who is None else who["id"],
        "createdAt": instant(comment.created_at),
    }
    return value | {"actor": None if who is None else actor_value(who)} if extended else value


def _teller(request: Request, session: ReadSession) -> Teller:
    return Teller(store_of(request), session, space_of(request), form_of(request), is_extended(request))
