"""Datasets over HTTP: the list, the card of each, and the rows as csv, GeoJSON or JSON.

They stand below `figures`, because `datasets` is what Central's clients call entity lists. Rows are given at
the earlier address too, below `datasets`, where no entity list has an address that ends in a format.

Rows are streamed from a thread while the client takes them. The first piece is made before the answer
begins, so that a failure there has its status; a failure later breaks the connection off, which no client
can take for a short file (PROMISES F27).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any, TypeVar

import orjson
from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from server.auth import reader
from server.datasets.card import card, summary
from server.datasets.dataset import Dataset
from server.datasets.definitions import DATASETS
from server.datasets.export import find_dataset
from server.datasets.filters import Filters, Switches, read_parameters
from server.datasets.freshness import etag
from server.datasets.network import locator
from server.datasets.rows import Rows, read_rows
from server.datasets.scope import Scope, scope
from server.datasets.stream import MEDIA_TYPES, write_rows
from server.streaming import headers_only, streamed
from sync.access import Actor
from sync.problems import NotFound
from sync.store import ReadSession, Store

router = APIRouter(prefix="/v1/projects/{project_id}/figures", tags=["figures"])
earlier = APIRouter(prefix="/v1/projects/{project_id}/datasets", tags=["figures"], deprecated=True)

Reader = Annotated[Actor, Depends(reader)]

CACHING = {"Cache-Control": "private, no-cache", "Vary": "Authorization"}
Handler = TypeVar("Handler", bound=Callable[..., Any])


def reads(path: str) -> Callable[[Handler], Handler]:
    """A route for GET, and for HEAD, which the description leaves out: an operation has one id."""

    def add(handler: Handler) -> Handler:
        router.add_api_route(path, handler, methods=["GET"])
        router.add_api_route(path, handler, methods=["HEAD"], include_in_schema=False)
        return handler

    return add


@reads("")
def datasets(request: Request, project_id: int, actor: Reader) -> Response:
    """The datasets there are, each with the address of its card."""
    store: Store = request.app.state.store
    with store.read() as session:
        scope(session, actor, project_id)
    return _json([summary(name, _base(request)) for name in DATASETS])


@reads("/{name}.{format_}")
def rows(request: Request, project_id: int, name: str, format_: str, actor: Reader) -> Response:
    """The rows of a dataset that the reader may see.

    Filters: place, from, to, tool, round, removed (see the card). csv: hxl, bom, raw. `X-Row-Count` says how
    many rows there are; HEAD gives it alone, and for flow_daily only HEAD does.
    """
    dataset = find_dataset(name)
    if format_ not in MEDIA_TYPES:
        raise NotFound(f"{format_!r} is not a format of a dataset.", f"There are {', '.join(MEDIA_TYPES)}.")
    filters, switches = read_parameters(
        dataset, request.query_params.multi_items(), switches=format_ == "csv"
    )
    question = f"{name}.{format_}?{sorted(request.query_params.multi_items())}"
    answer = _Answer(request.app.state.store, actor, project_id, dataset, filters, question)
    if request.method == "HEAD":
        return answer.head(format_)
    return answer.stream(request, format_, switches)


def _rows_as(format_: str) -> Callable[..., Response]:
    def answer(request: Request, project_id: int, name: str, actor: Reader) -> Response:
        return rows(request, project_id, name, format_, actor)

    return answer


for _format in MEDIA_TYPES:
    _at, _answer = f"/{{name}}.{_format}", _rows_as(_format)
    earlier.add_api_route(
        _at, _answer, methods=["GET"], operation_id=f"rows_at_the_earlier_address_{_format}"
    )
    earlier.add_api_route(_at, _answer, methods=["HEAD"], include_in_schema=False)


@reads("/{name}")
def dataset_card(request: Request, project_id: int, name: str, actor: Reader) -> Response:
    """What the figures of a dataset mean, what they do not, and how many there are for the reader."""
    dataset = find_dataset(name)
    read_parameters(dataset, ())
    store: Store = request.app.state.store
    with store.read() as session:
        seen = scope(session, actor, project_id)
        locate = locator(store, session, project_id)
        return _json(card(session, dataset, seen, _base(request), _today(), locate))


@dataclass(frozen=True, slots=True)
class _Answer:
    """One question about one dataset, on its way to an answer."""

    store: Store
    actor: Actor
    project_id: int
    dataset: Dataset
    filters: Filters
    question: str

    def head(self, format_: str) -> Response:
        with self._reading() as (session, seen, found):
            headers = self._headers(session, seen, format_) | {"X-Row-Count": str(found.count())}
        return headers_only({**headers, "Content-Type": MEDIA_TYPES[format_]})

    def stream(self, request: Request, format_: str, switches: Switches) -> Response:
        """200 with the rows, or 304 when the client's copy is what it would get."""
        pieces = self._pieces(request.headers.get("if-none-match", ""), format_, switches)
        headers = next(pieces)
        assert isinstance(headers, dict)
        if headers.pop("unchanged", None):
            pieces.close()
            return Response(None, 304, headers)
        return streamed(request, pieces, headers, MEDIA_TYPES[format_])

    def _pieces(self, if_none_match: str, format_: str, switches: Switches) -> Any:
        """The headers, then the body, in one read session that ends with the last piece."""
        with self._reading() as (session, seen, found):
            headers = self._headers(session, seen, format_)
            tag = headers.get("ETag")
            if tag and tag in {part.strip() for part in if_none_match.split(",")}:
                yield {**headers, "unchanged": "yes"}
                return
            if self.dataset.table is not None:
                headers["X-Row-Count"] = str(found.count())
            yield headers
            yield from write_rows(self.dataset, format_, found.columns, found.batches, switches)

    @contextmanager
    def _reading(self) -> Iterator[tuple[ReadSession, Scope, Rows]]:
        with self.store.read() as session:
            seen = scope(session, self.actor, self.project_id)
            locate = None
            if self.dataset.table is None:
                locate = locator(self.store, session, self.project_id)
            yield session, seen, read_rows(session, self.dataset, seen, self.filters, _today(), locate)

    def _headers(self, session: ReadSession, seen: Scope, format_: str) -> dict[str, str]:
        tag = etag(session, seen, self.question, _today())
        file = f"{self.dataset.name}.{format_}"
        headers = {**CACHING, "Content-Disposition": f'attachment; filename="{file}"'}
        return {**headers, "ETag": tag} if tag else headers


def _base(request: Request) -> str:
    """Where the datasets of this project are, as a path: right behind any proxy."""
    path = request.url.path
    return path[: path.index("/figures")] + "/figures"


def _today() -> date:
    return datetime.now(UTC).date()


def _json(value: object) -> Response:
    body = orjson.dumps(value, option=orjson.OPT_INDENT_2)
    return Response(body, 200, CACHING, "application/json")
