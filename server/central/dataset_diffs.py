"""`.../forms/{f}[/draft]/dataset-diff`: what a form means for the project's entity lists."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from server.central.answers import answer
from server.central.dataset_values import diff_value
from server.central.routing import FormGate, asked, route
from sync.drafts import draft_xform, get_draft
from sync.entities.publishing import dataset_diffs, declared_by
from sync.offering import xform_bytes
from sync.problems import NotFound
from sync.store import Store

router = APIRouter(prefix="/v1/projects/{project_id}/forms/{xml_form_id}", tags=["entity lists"])


@route(router, "GET", "/dataset-diff", FormGate("form.read"))
def published_diff(request: Request) -> Response:
    """The lists that the published version writes to, and which of their properties it knows."""
    form = asked(request).form
    assert form is not None
    if form["current_version_id"] is None:
        raise NotFound("The form is not published.", "Look at its draft's.")
    with _store(request).read() as session:
        return _answer(request, session, xform_bytes(session, form["current_version_id"]), is_draft=False)


@route(router, "GET", "/draft/dataset-diff", FormGate("form.read"))
def draft_diff(request: Request) -> Response:
    """What publishing the draft would add to entity lists."""
    form = asked(request).form
    assert form is not None
    with _store(request).read() as session:
        draft = get_draft(session, form["id"])
        return _answer(request, session, draft_xform(session, draft["id"]), is_draft=True)


def _answer(request: Request, session: Any, xform: bytes, is_draft: bool) -> Response:
    diffs = dataset_diffs(session, asked(request).project_id, declared_by(xform))
    return answer(request, [diff_value(diff, is_draft) for diff in diffs])


def _store(request: Request) -> Store:
    store: Store = request.app.state.store
    return store
