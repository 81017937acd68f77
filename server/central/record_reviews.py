"""What is decided about a record: its review, its deletion, and that it is there again."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from server.central.answers import SUCCESS, answer
from server.central.asking import is_extended, text
from server.central.record_gate import form_of, on_records, record_of, space_of, store_of
from server.central.record_problems import NotEditable, NoWebEditor
from server.central.record_values import Teller
from server.central.routing import asked, fields
from server.central.site_problems import UnexpectedValue, WrongHeader
from sync.records.deciding import delete_record, restore_record, review
from sync.records.standing import REVIEW_STATES
from sync.store import ReadSession
from sync.tables.registry import FormState

router = APIRouter(tags=["submissions"])

_NOTES = "x-action-notes"


@on_records(
    router, "PATCH", "/{instance_id}", "submission.update", takes={"reviewState": "string"}, drafts=False
)
def change(request: Request, instance_id: str) -> Response:
    """Review a record: `reviewState` is null, edited, hasIssues, rejected or approved. Rejected, it is in no
    figure."""
    store, given, note = store_of(request), fields(request), _note(request)
    with store.read() as session:
        record = record_of(request, session, instance_id)
    if "reviewState" in given:
        state = text(given, "reviewState")
        if state is not None and state not in REVIEW_STATES:
            raise UnexpectedValue("reviewState", state, f"Use null or one of {', '.join(REVIEW_STATES)}.")
        by = asked(request).actor.uuid
        store.write(lambda session: review(session, record, state, note, by))
    with store.read() as session:
        return answer(request, _told(request, session, instance_id))


@on_records(router, "DELETE", "/{instance_id}", "submission.delete", drafts=False)
def delete(request: Request, instance_id: str) -> Response:
    """Hide a record and take it out of every figure. All of it is kept, and can be restored."""
    store, note, by = store_of(request), _note(request), asked(request).actor.uuid
    with store.read() as session:
        record = record_of(request, session, instance_id)
    store.write(lambda session: delete_record(session, record, note, by))
    return answer(request, SUCCESS)


@on_records(router, "POST", "/{instance_id}/restore", "submission.restore", drafts=False)
def restore(request: Request, instance_id: str) -> Response:
    """Have a record that was deleted there again."""
    store, note, by = store_of(request), _note(request), asked(request).actor.uuid
    with store.read() as session:
        record = record_of(request, session, instance_id, deleted=True)
    store.write(lambda session: restore_record(session, record, note, by))
    return answer(request, SUCCESS)


@on_records(router, "GET", "/{instance_id}/edit", "submission.update", drafts=False)
def edit_on_the_web(request: Request, instance_id: str) -> Response:
    """Never: this server has no Enketo to edit with. Answers as Central does for a form without one."""
    with store_of(request).read() as session:
        record_of(request, session, instance_id)
    form = asked(request).form
    assert form is not None
    if form["state"] != FormState.OPEN:
        raise NotEditable()
    raise NoWebEditor()


def _note(request: Request) -> str | None:
    """Why, as clients say it in a header, percent-encoded. Raises WrongHeader."""
    given = request.headers.get(_NOTES)
    if given is None:
        return None
    try:
        return unquote(given, errors="strict") or None
    except UnicodeDecodeError:
        raise WrongHeader(_NOTES, given) from None


def _told(request: Request, session: ReadSession, instance_id: str) -> dict[str, Any]:
    teller = Teller(store_of(request), session, space_of(request), form_of(request), is_extended(request))
    return teller.records([record_of(request, session, instance_id)])[0]
