"""`.../forms/{f}/draft`: set, publish or throw away a form's draft, and give it the files it needs."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from forms.hostile import MAX_FILE_BYTES
from server.central.answers import SUCCESS, answer
from server.central.asking import flag, is_true
from server.central.form_gates import form_of, store_of
from server.central.form_values import file_value
from server.central.forms import notes_of, read_sent
from server.central.routing import FormGate, asked, fields, route
from server.central.whole_body import whole_body
from sync.entities.datasets import get_dataset
from sync.entities.linking import list_of_file
from sync.form_drafting import delete_draft, publish_draft, set_draft
from sync.form_files import find_file, link_file, remove_file, set_file
from sync.form_problems import LinkNotAllowed
from sync.form_reading import draft_view
from sync.permissions import project_verbs
from sync.problems import Forbidden
from sync.store import WriteSession

router = APIRouter(prefix="/v1/projects/{project_id}/forms/{xml_form_id}/draft", tags=["forms"])


@route(router, "POST", "", FormGate("form.update"))
async def draft(request: Request) -> Response:
    """Set the draft: an XForm, a workbook, or with an empty body a copy of what is published."""
    body = await whole_body(request, MAX_FILE_BYTES)
    return await run_in_threadpool(_draft, request, body)


def _draft(request: Request, body: bytes) -> Response:
    upload = read_sent(request, body) if body else None
    ignoring, by = is_true(request, "ignoreWarnings"), asked(request).actor.uuid
    set_draft(store_of(request), form_of(request), upload, ignore_warnings=ignoring, by=by)
    return answer(request, SUCCESS)


@route(router, "DELETE", "", FormGate("form.update"))
def discard(request: Request) -> Response:
    """Throw the draft away. What was sent to test it is kept."""
    row, by = form_of(request), asked(request).actor.uuid
    store_of(request).write(lambda session: delete_draft(session, row, by))
    request.app.state.catalogue.expire()
    return answer(request, SUCCESS)


@route(router, "POST", "/publish", FormGate("form.update"))
def publish(request: Request) -> Response:
    """Publish the draft; `?version=` gives it another version first."""
    version = request.query_params.get("version") or None
    by, notes = asked(request).actor.uuid, notes_of(request)
    publish_draft(store_of(request), form_of(request), version, by, notes)
    return answer(request, SUCCESS)


@route(router, "POST", "/attachments/{name}", FormGate("form.update"))
async def give(request: Request, name: str) -> Response:
    """Give the draft a file that it names."""
    limit = request.app.state.settings.receipt.accept_content_length
    body = await whole_body(request, limit)
    return await run_in_threadpool(_give, request, name, body)


def _give(request: Request, name: str, body: bytes) -> Response:
    store, row, by = store_of(request), form_of(request), asked(request).actor.uuid
    content_type = request.headers.get("content-type")

    def work(session: WriteSession) -> None:
        definition = draft_view(session, row).definition
        set_file(session, definition, row, name, body, content_type, by)

    store.write(work)
    with store.read() as session:
        return answer(request, file_value(find_file(session, draft_view(session, row).definition, name)))


@route(router, "PATCH", "/attachments/{name}", FormGate("form.update"), takes={"dataset": "boolean"})
def link(request: Request, name: str) -> Response:
    """Let the entity list of that name stand for a file of the draft, or no longer."""
    store, may, row = store_of(request), asked(request), form_of(request)
    wanted, by = flag(fields(request), "dataset") or False, may.actor.uuid

    def work(session: WriteSession) -> None:
        definition = draft_view(session, row).definition
        found = get_dataset(session, may.project_id, list_of_file(name) or name)
        if "entity.list" not in project_verbs(may.actor, may.project_id):
            raise Forbidden("Your role does not let you use entity lists.", "Ask the project's manager.")
        file = find_file(session, definition, name)
        if wanted and file.kind != "file":
            raise LinkNotAllowed()
        link_file(session, definition, row, file, found["id"] if wanted else None, by)

    store.write(work)
    with store.read() as session:
        return answer(request, file_value(find_file(session, draft_view(session, row).definition, name)))


@route(router, "DELETE", "/attachments/{name}", FormGate("form.update"))
def remove(request: Request, name: str) -> Response:
    """Take a file away from the draft."""
    row, by = form_of(request), asked(request).actor.uuid

    def work(session: WriteSession) -> None:
        remove_file(session, draft_view(session, row).definition, row, name, by)

    store_of(request).write(work)
    return answer(request, SUCCESS)
