"""What a form consists of: the same reads for the version that is offered, each published version, the draft.

The XForm is the very bytes that tablets get; a workbook is the file as it was uploaded.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from server.central.answers import answer
from server.central.asking import is_extended, is_true, paging
from server.central.form_gates import ReadGate, VersionGate, asked_view, form_of, store_of
from server.central.form_values import extended_values, field_values, file_value, form_value, version_values
from server.central.routing import FormGate, asked, route
from server.conditional import CACHE_CONTROL, tag_of
from server.links import base_url, segment
from server.openrosa.headers import OPENROSA_VERSION, TEXT_XML
from server.openrosa.manifest import manifest_document
from sync.entities.datasets import dataset_by_id
from sync.entities.lists import EntityListFile, entity_list, list_type
from sync.form_contents import contents_of
from sync.form_files import FormFile, content_of, find_file, list_files
from sync.form_reading import EXCEL, FormView, source_of, version_views, xform_of
from sync.listing import listings
from sync.offering import LIST_TYPE, OfferedFile
from sync.problems import NotFound
from sync.store import ReadSession

router = APIRouter(prefix="/v1/projects/{project_id}/forms", tags=["forms"])

_FORM = "/{xml_form_id}"
_BASES: tuple[tuple[str, Callable[[], FormGate]], ...] = (
    (_FORM, ReadGate),
    (f"{_FORM}/versions/{{version}}", VersionGate),
    (f"{_FORM}/draft", partial(FormGate, "form.update")),
)


@route(router, "GET", f"{_FORM}/versions", ReadGate())
def versions(request: Request) -> Response:
    """The published versions, the newest first."""
    with store_of(request).read() as session:
        page = paging(request).of(version_views(session, form_of(request)))
        with_notes = "form.update" in asked(request).verbs
        return answer(request, version_values(session, page, is_extended(request), with_notes))


def _xform(request: Request) -> Response:
    """The XForm."""
    with store_of(request).read() as session:
        view = asked_view(request, session)
        body = xform_of(session, view.definition)
    return _file(request, body, "application/xml; charset=utf-8", f'W/"{view.definition.hash}"')


def _xls(request: Request) -> Response:
    """The workbook it was made from, if that is an .xls."""
    return _workbook(request, ".xls")


def _xlsx(request: Request) -> Response:
    """The workbook it was made from, if that is an .xlsx."""
    return _workbook(request, ".xlsx")


def _form(request: Request) -> Response:
    """The form; with extended metadata, its figures."""
    may = asked(request)
    with store_of(request).read() as session:
        view = asked_view(request, session)
        if is_extended(request):
            value = extended_values(session, may.project_id, [view], may.actor)[0]
        else:
            value = form_value(session, view)
    return answer(request, value)


def _fields(request: Request) -> Response:
    """The questions; with `?odata=true` under the names OData has for them."""
    with store_of(request).read() as session:
        found = contents_of(session, asked_view(request, session).definition).fields
    return answer(request, field_values(found, is_true(request, "odata")))


def _manifest(request: Request) -> Response:
    """The files it needs, in the words of OpenRosa."""
    with store_of(request).read() as session:
        view = asked_view(request, session)
        files = [
            OfferedFile(None, file.name, md5, file.content_type or LIST_TYPE, _list_type(session, file))
            for file in list_files(session, view.definition)
            if (md5 := _md5(request, session, view, file)) is not None
        ]
    path = request.scope["raw_path"].decode("ascii").removesuffix("/manifest")
    document = manifest_document(files, base_url(request, request.app.state.settings.http) + path)
    return _file(request, document, TEXT_XML, f'W/"{tag_of(document)}"', dict(OPENROSA_VERSION))


def _attachments(request: Request) -> Response:
    """The files it needs, and which of them are there."""
    with store_of(request).read() as session:
        files = list_files(session, asked_view(request, session).definition)
    return answer(request, [file_value(file) for file in files])


def _attachment(request: Request, name: str) -> Response:
    """One of the files it needs."""
    with store_of(request).read() as session:
        view = asked_view(request, session)
        file = find_file(session, view.definition, name)
        md5 = _md5(request, session, view, file)
        if md5 is None:
            raise NotFound("This file was not given yet.", "Upload it to the draft.")
        content_type = file.content_type or LIST_TYPE
        if file.id is not None:
            body = content_of(session, view.definition, file)
        elif (made := _entities(request, session, file)) is not None:
            body = made.content
        else:
            may, form_id = asked(request), view.row["xml_form_id"]
            grants = may.actor.on(may.project_id)
            body = listings(store_of(request)).content(session, may.project_id, file.name, grants, form_id)
    return _file(request, body, content_type, f'"{md5}"', _saved_as(file.name))


for _base, _gate in _BASES:
    for _suffix, _handler in (
        (".xml", _xform), (".xls", _xls), (".xlsx", _xlsx), ("", _form), ("/fields", _fields),
        ("/manifest", _manifest), ("/attachments", _attachments), ("/attachments/{name}", _attachment),
    ):  # fmt: skip
        _level = _base.removeprefix(_FORM).strip("/").partition("/")[0]
        route(router, "GET", f"{_base}{_suffix}", _gate(), of=_level)(_handler)


def _workbook(request: Request, ending: str) -> Response:
    with store_of(request).read() as session:
        view = asked_view(request, session)
        if view.definition.excel_type != EXCEL[ending]:
            raise NotFound(f"This form was not made from an {ending} file.", "GET the .xml instead.")
        body = source_of(session, view.definition)
    name = f"{view.row['xml_form_id']}{ending}"
    return _file(
        request,
        body,
        EXCEL[ending],
        f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"',
        _saved_as(name),
    )


def _md5(request: Request, session: ReadSession, view: FormView, file: FormFile) -> str | None:
    """The md5 of what the caller gets; None where nothing is there."""
    made = _entities(request, session, file)
    if made is not None:
        return made.md5
    if not file.is_generated:
        return file.md5
    may, form_id = asked(request), view.row["xml_form_id"]
    grants = may.actor.on(may.project_id)
    return listings(store_of(request)).file(session, may.project_id, file.name, grants, form_id).md5


def _entities(request: Request, session: ReadSession, file: FormFile) -> EntityListFile | None:
    """The entity list that stands in a file's place, as the caller gets it."""
    row = None if file.dataset_id is None else dataset_by_id(session, file.dataset_id)
    if row is None:
        return None
    may = asked(request)
    actor = may.actor
    grants = actor.on(may.project_id)
    return entity_list(store_of(request), session, row, actor.uuid, grants, actor.viewed_by)


def _list_type(session: ReadSession, file: FormFile) -> str | None:
    row = None if file.dataset_id is None else dataset_by_id(session, file.dataset_id)
    return None if row is None else list_type(row)


def _file(
    request: Request, body: bytes, content_type: str, tag: str, headers: dict[str, str] | None = None
) -> Response:
    """200 with the bytes, or 304 when the client has them."""
    common = {"ETag": tag, "Cache-Control": CACHE_CONTROL, **(headers or {})}
    named = {part.strip().removeprefix("W/") for part in request.headers.get("if-none-match", "").split(",")}
    if tag.removeprefix("W/") in named or "*" in named:
        return Response(None, 304, common)
    if content_type.startswith("text/") and "charset" not in content_type:
        content_type = f"{content_type}; charset=utf-8"
    return Response(body, 200, {**common, "Content-Type": content_type})


def _saved_as(name: str) -> dict[str, str]:
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\' else "?" for c in name)
    return {"Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{segment(name)}"}
