"""The body of a request that is a file: read whole, up to a limit."""

from __future__ import annotations

from starlette.requests import ClientDisconnect, Request

from sync.problems import BodyCut, TooLarge


async def whole_body(request: Request, limit: int) -> bytes:
    """The bytes as they were sent, chunked or not. Raises TooLarge, BodyCut."""
    named = request.headers.get("content-length", "")
    if named.isdecimal() and int(named) > limit:
        raise _too_large(limit)
    body = bytearray()
    try:
        async for piece in request.stream():
            body += piece
            if len(body) > limit:
                raise _too_large(limit)
    except ClientDisconnect:
        raise BodyCut("The connection was cut: nothing of this was stored.") from None
    return bytes(body)


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"The file is larger than {limit:,} bytes.", "Send a smaller one.")
