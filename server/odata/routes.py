"""`.../forms/{form}.svc` over HTTP: service document, `$metadata`, tables, single records.

Rows are streamed from a thread while the client takes them; the first piece is made before the answer begins,
so that what is wrong with a request has its status, and a failure later breaks the connection off.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from itertools import chain
from typing import Annotated, Any

import orjson
from anyio import CancelScope
from fastapi import APIRouter, Depends, Request
from starlette.concurrency import iterate_in_threadpool, run_in_threadpool
from starlette.responses import Response, StreamingResponse

from server.auth import reader
from server.links import base_url
from server.odata.edmx import metadata_document, service_document
from server.odata.options import Options, read_options
from server.odata.service import OpenService, open_service
from sync.access import Actor
from sync.store import Store

router = APIRouter(prefix="/v1/projects/{project_id}/forms/{xml_form_id}.svc", tags=["odata"])

Reader = Annotated[Actor, Depends(reader)]

_JSON = "application/json; odata.metadata=minimal"
_HEADERS = {"Cache-Control": "private, no-cache", "Vary": "Authorization", "OData-Version": "4.0"}


def reads(path: str) -> Callable[[Any], Any]:
    """A route for GET, and for HEAD, which the description leaves out: an operation has one id."""

    def add(handler: Any) -> Any:
        router.add_api_route(path, handler, methods=["GET"])
        router.add_api_route(path, handler, methods=["HEAD"], include_in_schema=False)
        return handler

    return add


@reads("")
@reads("/")
def odata_service(request: Request, project_id: int, xml_form_id: str, actor: Reader) -> Response:
    """The tables of a form's answers: its submissions, and one for each repeat."""
    return _answered(request, project_id, xml_form_id, actor, _service)


@reads("/$metadata")
def odata_metadata(request: Request, project_id: int, xml_form_id: str, actor: Reader) -> Response:
    """The properties of each table with their types, as EDMX (XML)."""
    return _answered(request, project_id, xml_form_id, actor, _metadata)


@reads("/{address:path}")
def odata_rows(request: Request, project_id: int, xml_form_id: str, address: str, actor: Reader) -> Response:
    """The rows of a table, or one record as `Submissions('uuid:...')` and the rows of a repeat below it.

    $top, $skip, $skiptoken, $count, $filter, $orderby, $expand=*, $select, $wkt. Filters may name answers.
    """
    asked = request.query_params.multi_items()
    options = read_options(asked)
    store: Store = request.app.state.store
    base = base_url(request, request.app.state.settings.http)
    if "(" in address:
        with store.read() as session:
            service = open_service(session, store, actor, project_id, xml_form_id, base)
            return Response(service.record(address, options, session), 200, _HEADERS, _JSON)
    pieces = _pieces(store, actor, project_id, xml_form_id, base, address, options, asked)
    first = [next(pieces), next(pieces)]  # the head, then the first rows: what can fail has failed
    if request.method == "HEAD":  # the rows would be read for nobody
        pieces.close()
        answer = Response(None, 200, {**_HEADERS, "Content-Type": _JSON})
        del answer.headers["content-length"]  # how long they are is known when they are written
        return answer
    body: Iterator[bytes] = chain(first, pieces)
    return StreamingResponse(_in_threads(body, pieces.close), 200, _HEADERS, media_type=_JSON)


def _pieces(
    store: Store,
    actor: Actor,
    project_id: int,
    xml_form_id: str,
    base: str,
    address: str,
    options: Options,
    asked: list[tuple[str, str]],
) -> Any:
    """The body, in one read session that ends with the last piece."""
    with store.read() as session:
        service = open_service(session, store, actor, project_id, xml_form_id, base)
        yield from service.stream(address, options, asked, session)


def _answered(
    request: Request,
    project_id: int,
    xml_form_id: str,
    actor: Actor,
    write: Callable[[OpenService], Response],
) -> Response:
    store: Store = request.app.state.store
    base = base_url(request, request.app.state.settings.http)
    with store.read() as session:
        return write(open_service(session, store, actor, project_id, xml_form_id, base))


def _service(service: OpenService) -> Response:
    return Response(orjson.dumps(service_document(service.service, service.root)), 200, _HEADERS, _JSON)


def _metadata(service: OpenService) -> Response:
    return Response(metadata_document(service.service), 200, _HEADERS, "application/xml")


async def _in_threads(pieces: Iterator[bytes], close: Callable[[], None]) -> AsyncIterator[bytes]:
    """The pieces, each made in a thread; the read session ends also when the client goes away."""
    try:
        async for piece in iterate_in_threadpool(pieces):
            yield piece
    finally:
        with CancelScope(shield=True):
            await run_in_threadpool(close)
