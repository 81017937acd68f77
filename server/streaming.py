"""Answers of any length: made in a thread while the client takes them, with flat memory.

The first pieces are made before the answer begins, so that what is wrong with a request has its status; a
failure later breaks the connection off, which no client can take for a short file (PROMISES F27). No length
is ever announced.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Generator, Iterator, Mapping
from itertools import chain, islice

from anyio import CancelScope
from starlette.concurrency import iterate_in_threadpool, run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse


def streamed(
    request: Request,
    pieces: Generator[bytes, None, None],
    headers: Mapping[str, str],
    media_type: str,
    ahead: int = 1,
) -> Response:
    """200 with the pieces; of a HEAD the headers alone.

    ahead  how many pieces are made before the answer begins: what can fail has failed with them
    """
    first = list(islice(pieces, ahead))
    if request.method == "HEAD":  # the rest would be made for nobody
        pieces.close()
        return headers_only({**headers, "Content-Type": media_type})
    response = StreamingResponse(in_threads(chain(first, pieces), pieces.close), 200, dict(headers))
    response.headers["Content-Type"] = media_type
    return response


def headers_only(headers: Mapping[str, str]) -> Response:
    """200 to a HEAD, without a length: how long the body is is known when it is written."""
    answer = Response(None, 200, dict(headers))
    del answer.headers["content-length"]
    return answer


async def in_threads(pieces: Iterator[bytes], close: Callable[[], None]) -> AsyncIterator[bytes]:
    """The pieces, each made in a thread; `close` is called also when the client goes away."""
    try:
        async for piece in iterate_in_threadpool(pieces):
            yield piece
    finally:
        with CancelScope(shield=True):
            await run_in_threadpool(close)
