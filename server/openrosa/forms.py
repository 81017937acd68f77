"""Everything below `.../forms/`: a version's XForm, its manifest, its media.

Form ids may hold any character, so the path is read as it was sent and not by the router: a `/` inside an id
is `%2F` there. The paths without `versions/` lead to the version tablets are offered now.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from server.conditional import conditional
from server.links import BLANK_VERSION, segments
from server.openrosa.formlist import document_of, draft_url, entry_document, list_answer
from server.openrosa.headers import OPENROSA_VERSION, TEXT_XML
from server.openrosa.holders import Holder, address_of, holder_of, who_tests
from server.openrosa.manifest import manifest
from server.openrosa.media import media_file
from sync.offering import OfferedVersion, offered_draft, offered_for_test, offered_version, xform_of
from sync.problems import Forbidden, NotFound, Problem
from sync.registry import get_form
from sync.tables.registry import FormState


@dataclass(frozen=True, slots=True)
class _Resource:
    xml_form_id: str
    version: str | None  # None: the current one
    answer: Callable[[Request, Holder, OfferedVersion], Response]


def form_resource(request: Request) -> Response:
    """`GET .../forms/{form}.xml`, `.../forms/{form}/versions/{version}.xml`, and `/manifest` and
    `/attachments/{name}` below either. Raises NotFound, also for a form that was not given to whoever asks;
    Forbidden (a closed form, for who only fills in)."""
    holder = holder_of(request)
    resource = _resource(request)
    if resource is None or not holder.may_read(resource.xml_form_id):
        raise _nothing_here(holder)
    with request.app.state.store.read() as session:
        version = offered_version(session, holder.project_id, resource.xml_form_id, resource.version)
    if version is None:
        raise _nothing_here(holder)
    if version.state == FormState.CLOSED and not holder.reads_closed(resource.xml_form_id):
        raise Forbidden("This form is closed.", "What was filled in is still taken; send it.")
    return resource.answer(request, holder, version)


def draft_resource(request: Request) -> Response:
    """`GET /v1/test/{key}/projects/{p}/forms/{form}/draft.xml`, `.../draft/formList`, `/draft/manifest` and
    `/draft/attachments/{name}`. Raises NotFound, also for a draft that has ended."""
    parts = segments(request.scope["raw_path"].partition(b"/forms/")[2]) or [""]
    holder = who_tests(request, parts[0])
    found = _of_draft(parts)
    if found is None:
        raise _nothing_here(holder)
    return found(request, holder, offered_draft(holder.draft))


def _of_draft(parts: list[str]) -> Callable[[Request, Holder, OfferedVersion], Response] | None:
    """What is asked of a draft, or None."""
    match parts:
        case [_, "draft.xml"]:
            return _xform
        case [_, "draft", "formList"]:
            return _draft_list
        case [_, "draft", "manifest"]:
            return manifest
        case [_, "draft", "attachments", name]:
            return media_file(name)
    return None


def _draft_list(request: Request, holder: Holder, version: OfferedVersion) -> Response:
    """The one form whoever tests a draft is offered."""
    with request.app.state.store.read() as session:
        row = get_form(session, holder.project_id, version.xml_form_id)
        entry = offered_for_test(session, row)
    at = draft_url(address_of(request), version.xml_form_id)
    return list_answer(request, holder, document_of([entry_document(entry, at)]))


def _xform(request: Request, _holder: Holder, version: OfferedVersion) -> Response:
    """The very bytes that were published, whose md5 is in the list."""

    def body() -> bytes:
        with request.app.state.store.read() as session:
            return xform_of(session, version)

    return conditional(request, version.hash, TEXT_XML, body, dict(OPENROSA_VERSION))


def _resource(request: Request) -> _Resource | None:
    """What the path asks for, or None."""
    parts = segments(request.scope["raw_path"].partition(b"/forms/")[2])
    match parts:
        case [form_file] if form_file.endswith(".xml"):
            return _Resource(form_file.removesuffix(".xml"), None, _xform)
        case [form_id, "versions", version_file] if version_file.endswith(".xml"):
            return _Resource(form_id, _named(version_file.removesuffix(".xml")), _xform)
        case [form_id, "manifest"]:
            return _Resource(form_id, None, manifest)
        case [form_id, "versions", version, "manifest"]:
            return _Resource(form_id, _named(version), manifest)
        case [form_id, "attachments", name]:
            return _Resource(form_id, None, media_file(name))
        case [form_id, "versions", version, "attachments", name]:
            return _Resource(form_id, _named(version), media_file(name))
    return None


def _named(version: str) -> str:
    return "" if version == BLANK_VERSION else version


def _nothing_here(holder: Holder) -> Problem:
    """To a link everything but its form is forbidden, there or not."""
    if holder.is_link:
        return Forbidden("This link is for another form.", "Ask who gave it to you for the right one.")
    return NotFound("There is no such form here.", "Refresh the list of forms on the tablet.")
