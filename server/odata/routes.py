"""`.../forms/{form}.svc` and `.../forms/{form}/draft.svc` over HTTP: service document, `$metadata`, tables,
single records.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from server.central.record_gate import DraftGate, form_of
from server.central.routing import FormGate, asked, route
from server.links import base_url
from server.odata.edmx import metadata_document, service_document
from server.odata.freshness import has_it, tag_of
from server.odata.opening import Which, open_service
from server.odata.options import Options, read_options
from server.odata.service import Asked, OpenService
from server.streaming import streamed
from sync.store import ReadSession, Store

router = APIRouter(prefix="/v1/projects/{project_id}/forms/{xml_form_id}", tags=["odata"])

JSON = "application/json; charset=utf-8; odata.metadata=minimal"
XML = "application/xml; charset=utf-8"
_HEADERS = {"Cache-Control": "private, no-cache", "Vary": "Authorization, Cookie", "OData-Version": "4.0"}
_READS, _READS_DRAFT = FormGate("submission.read"), DraftGate("submission.read")


@route(router, "GET", ".svc", _READS)
def odata_service(request: Request) -> Response:
    """The tables of a form's answers: its submissions, and one for each repeat."""
    return _document(request, _form(request), _service)


@route(router, "GET", ".svc/", _READS)
def odata_service_below(request: Request) -> Response:
    """The same, as some clients write the address."""
    return _document(request, _form(request), _service)


@route(router, "GET", ".svc/$metadata", _READS)
def odata_metadata(request: Request) -> Response:
    """The properties of each table with their types, as EDMX (XML)."""
    return _document(request, _form(request), _metadata)


@route(router, "GET", ".svc/{address:path}", _READS)
def odata_rows(request: Request, address: str) -> Response:
    """The rows of a table, or one record as `Submissions('uuid:...')` and the rows of a repeat below it.

    $top, $skip, $skiptoken, $count, $filter, $orderby, $expand=*, $select, $wkt. Filters may name answers.
    """
    return _rows(request, _form(request), address)


@route(router, "GET", "/draft.svc", _READS_DRAFT)
def draft_odata_service(request: Request) -> Response:
    """The tables of what was sent to test a form's draft."""
    return _document(request, _draft(request), _service)


@route(router, "GET", "/draft.svc/", _READS_DRAFT)
def draft_odata_service_below(request: Request) -> Response:
    """The same, as some clients write the address."""
    return _document(request, _draft(request), _service)


@route(router, "GET", "/draft.svc/$metadata", _READS_DRAFT)
def draft_odata_metadata(request: Request) -> Response:
    """The properties of a draft's tables, as EDMX (XML)."""
    return _document(request, _draft(request), _metadata)


@route(router, "GET", "/draft.svc/{address:path}", _READS_DRAFT)
def draft_odata_rows(request: Request, address: str) -> Response:
    """Rows of what was sent to test a draft; options as of a form's rows."""
    return _rows(request, _draft(request), address)


def _form(request: Request) -> Which:
    return Which(asked(request).project_id, form_of(request))


def _draft(request: Request) -> Which:
    return Which(asked(request).project_id, form_of(request), draft=True)


Open = Callable[[ReadSession], tuple[OpenService, dict[str, str]]]
"""The service in a session, and the headers of an answer from it."""


def _opening(request: Request, which: Which) -> Open:
    store: Store = request.app.state.store
    base = base_url(request, request.app.state.settings.http)

    def opened(session: ReadSession) -> tuple[OpenService, dict[str, str]]:
        service, seen = open_service(session, store, asked(request).actor, which, base)
        tag = tag_of(session, seen, str(request.url))
        return service, _HEADERS if tag is None else {**_HEADERS, "ETag": tag}

    return opened


def _rows(request: Request, which: Which, address: str) -> Response:
    query = request.query_params.multi_items()
    options = read_options(query)
    opening, store = _opening(request, which), request.app.state.store
    if "(" in address:
        with store.read() as session:
            service, headers = opening(session)
            body = service.record(address, options, query, session)
            answer = Response(body, 200, {"Content-Type": JSON})
            return _unless_there(request, headers, lambda: _with(answer, headers))
    pieces = _pieces(opening, store, address, options, query)
    headers = next(pieces)
    assert isinstance(headers, dict)
    if has_it(request, headers):
        pieces.close()
        return Response(None, 304, headers)
    return streamed(request, pieces, headers, JSON, ahead=2)


def _pieces(
    opening: Open, store: Store, address: str, options: Options, query: Asked
) -> Generator[Any, None, None]:
    """The headers, then the body, in one read session that ends with the last piece."""
    with store.read() as session:
        service, headers = opening(session)
        yield headers
        yield from service.stream(address, options, query, session)


def _document(request: Request, which: Which, write: Callable[[OpenService], Response]) -> Response:
    store: Store = request.app.state.store
    with store.read() as session:
        service, headers = _opening(request, which)(session)
        return _unless_there(request, headers, lambda: _with(write(service), headers))


def _unless_there(request: Request, headers: dict[str, str], answer: Callable[[], Response]) -> Response:
    return Response(None, 304, headers) if has_it(request, headers) else answer()


def _with(response: Response, headers: dict[str, str]) -> Response:
    response.headers.update(headers)
    return response


def _service(service: OpenService) -> Response:
    body = orjson.dumps(service_document(service.service, service.root))
    return Response(body, 200, {"Content-Type": JSON})


def _metadata(service: OpenService) -> Response:
    return Response(metadata_document(service.service), 200, {"Content-Type": XML})
