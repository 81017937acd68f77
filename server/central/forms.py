"""`/v1/projects/{p}/forms`: forms of a project, their state, deletion and restoring.

A form is made from an XForm or a workbook, as a draft unless `?publish=true`. Who may not change forms sees
the published ones, who only fills in the open ones.
"""

from __future__ import annotations

from urllib.parse import unquote

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from forms.hostile import MAX_FILE_BYTES
from server.central.answers import SUCCESS, answer
from server.central.asking import Id, flag, is_extended, is_true, paging, text
from server.central.form_gates import ListGate, form_of, may_see, store_of
from server.central.form_values import extended_values, form_value
from server.central.routing import FormGate, ProjectGate, asked, fields, route
from server.central.whole_body import whole_body
from sync.form_drafting import create_form
from sync.form_life import change_form, delete_form, restore_form
from sync.form_reading import list_form_views, view_of
from sync.form_uploads import Upload, read_upload
from sync.permissions import form_verbs
from sync.registry import get_form

router = APIRouter(prefix="/v1/projects/{project_id}/forms", tags=["forms"])
_FORM = "/{xml_form_id}"


@route(router, "GET", "", ListGate())
def forms(request: Request) -> Response:
    """The project's forms by name; with `?deleted=true` those that were deleted."""
    may = asked(request)
    with store_of(request).read() as session:
        found = [
            view
            for view in list_form_views(session, may.project_id, is_true(request, "deleted"))
            if may_see(form_verbs(may.actor, may.project_id, view.row["xml_form_id"]), view.row)
        ]
        page = paging(request).of(found)
        if is_extended(request):
            values = extended_values(session, may.project_id, page, may.actor)
        else:
            values = [form_value(session, view) for view in page]
    return answer(request, values)


@route(router, "POST", "", ProjectGate("form.create"))
async def create(request: Request) -> Response:
    """Create a form from an XForm or a workbook."""
    body = await whole_body(request, MAX_FILE_BYTES)
    return await run_in_threadpool(_create, request, body)


def _create(request: Request, body: bytes) -> Response:
    store, may = store_of(request), asked(request)
    upload = read_sent(request, body)
    create_form(
        store,
        may.project_id,
        upload,
        publish=is_true(request, "publish"),
        ignore_warnings=is_true(request, "ignoreWarnings"),
        by=may.actor.uuid,
        notes=notes_of(request),
    )
    with store.read() as session:
        row = get_form(session, may.project_id, upload.form.xml_form_id)
        return answer(request, form_value(session, view_of(session, row)))


@route(
    router, "PATCH", _FORM, FormGate("form.update"), takes={"state": "string", "webformsEnabled": "boolean"}
)
def change(request: Request) -> Response:
    """Open or close a form, or let web forms be used or not."""
    store, may, row, given = store_of(request), asked(request), form_of(request), fields(request)
    state, webforms = text(given, "state"), flag(given, "webformsEnabled")
    by = may.actor.uuid
    store.write(lambda session: change_form(session, row, state, webforms, by))
    request.app.state.catalogue.expire()
    with store.read() as session:
        changed = get_form(session, may.project_id, row["xml_form_id"])
        return answer(request, form_value(session, view_of(session, changed)))


@route(router, "DELETE", _FORM, FormGate("form.delete"))
def delete(request: Request) -> Response:
    """Hide a form with its records. What tablets still send for it is held."""
    row, by = form_of(request), asked(request).actor.uuid
    store_of(request).write(lambda session: delete_form(session, row, by))
    request.app.state.catalogue.expire()
    return answer(request, SUCCESS)


@route(router, "POST", "/{form_number}/restore", ProjectGate("form.restore"))
def restore(request: Request, form_number: Id) -> Response:
    """Show a deleted form again, by its number."""
    may = asked(request)
    by = may.actor.uuid
    store_of(request).write(lambda session: restore_form(session, may.project_id, form_number, by))
    request.app.state.catalogue.expire()
    return answer(request, SUCCESS)


def read_sent(request: Request, body: bytes) -> Upload:
    """The form in a request's body. Raises what `read_upload` raises."""
    return read_upload(
        store_of(request),
        body,
        request.headers.get("content-type", ""),
        unquote(request.headers.get("x-xlsform-formid-fallback", "")),
        request.app.state.settings.forms.java,
    )


def notes_of(request: Request) -> str | None:
    """What somebody says about what they do, for the audit trail."""
    return unquote(request.headers.get("x-action-notes", "")).strip() or None
