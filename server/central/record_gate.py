"""Routes about a form's records, declared once for what was sent to the form and once for its draft.

`/forms/{f}/submissions...` works in the project's space, `/forms/{f}/draft/submissions...` in the draft's
(sync/drafts.py); handlers ask `space_of` and are the same for both. What a reader has of the records comes
from the policy, here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import FunctionType
from typing import Any, cast

from fastapi import APIRouter
from starlette.requests import Request

from server.central.paths import form_id
from server.central.routing import Asked, FormGate, Handler, asked, route
from sync.drafts import get_draft, space_of_draft, space_of_form
from sync.policy.records import RecordScope, record_scope
from sync.policy.scope import scope
from sync.problems import NotFound
from sync.records.reading import RecordView, find_record
from sync.store import ReadSession, Store

FORM = "/v1/projects/{project_id}/forms/{xml_form_id}"


class DraftGate(FormGate):
    """The same for a form's draft: absent where the form has none."""

    def _enter(self, request: Request, project_id: int, xml_form_id: str) -> Asked:
        may = super()._enter(request, project_id, xml_form_id)
        assert may.form is not None
        with store_of(request).read() as session:
            return replace(may, draft=get_draft(session, may.form["id"]))


def on_records(
    router: APIRouter,
    method: str,
    path: str,
    verb: str,
    takes: Mapping[str, str] | None = None,
    drafts: bool = True,
) -> Callable[[Handler], Handler]:
    """Serve a path below `.../submissions`, and below `.../draft/submissions` unless `drafts` is off."""

    def add(handler: Handler) -> Handler:
        route(router, method, f"{FORM}/submissions{path}", FormGate(verb), takes)(handler)
        if drafts:
            again = _renamed(cast(FunctionType, handler), f"draft_{handler.__name__}")
            route(router, method, f"{FORM}/draft/submissions{path}", DraftGate(verb), takes)(again)
        return handler

    return add


def space_of(request: Request) -> str:
    """The space a request's records are in."""
    may = asked(request)
    if may.draft is not None:
        return space_of_draft(may.draft)
    assert may.project is not None
    return space_of_form(may.project)


def form_of(request: Request) -> str:
    """The id of the form a request is about."""
    form = asked(request).form
    assert form is not None
    return str(form["xml_form_id"])


def sight_of(request: Request, session: ReadSession) -> RecordScope:
    """What the caller has of the form's records."""
    may = asked(request)
    return record_scope(scope(session, may.actor, may.project_id), form_of(request))


def record_of(
    request: Request, session: ReadSession, instance_id: str, deleted: bool | None = False
) -> RecordView:
    """The record of that original. Raises NotFound in the same words where there is none and where it is none
    of the caller's."""
    sight = sight_of(request, session)
    found = find_record(session, space_of(request), form_of(request), form_id(instance_id), sight, deleted)
    if found is None:
        raise absent()
    return found


def absent() -> NotFound:
    return NotFound("There is nothing here, or nothing that you have to do with.", "Check the address.")


def store_of(request: Request) -> Store:
    store: Store = request.app.state.store
    return store


def _renamed(handler: FunctionType, name: str) -> Any:
    """The same function under another name: two operations of a description are told apart by it."""
    again = FunctionType(
        handler.__code__, handler.__globals__, name, handler.__defaults__, handler.__closure__
    )
    again.__annotations__, again.__doc__ = handler.__annotations__, handler.__doc__
    again.__module__, again.__kwdefaults__ = handler.__module__, handler.__kwdefaults__
    return again
