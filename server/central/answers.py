"""How answers are written: JSON with Central's dates, and their freshness.

A GET carries a weak ETag over its bytes and `private, no-cache`; a client that has them gets 304. What is
written is the caller's own view, so an ETag tells nothing about what somebody else would see.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from server.conditional import CACHE_CONTROL, tag_of

JSON = "application/json; charset=utf-8"
XML = "application/xml; charset=utf-8"
VARY = "Authorization, Cookie, X-Extended-Metadata"
SUCCESS: Mapping[str, bool] = {"success": True}


def answer(request: Request, value: Any, headers: Mapping[str, str] | None = None) -> Response:
    """200 with the value as JSON, or 304 when the client has it. Of a HEAD the server leaves the body out."""
    return _fresh(request, orjson.dumps(value, default=_plain), JSON, headers)


def xml_answer(request: Request, document: bytes) -> Response:
    """200 with an XML document, or 304 when the client has it."""
    return _fresh(request, document, XML)


def _fresh(
    request: Request, body: bytes, content_type: str, headers: Mapping[str, str] | None = None
) -> Response:
    said = {**(headers or {}), "Content-Type": content_type}
    if request.method not in ("GET", "HEAD"):
        return Response(body, 200, {"Cache-Control": "no-store", **said})
    tag = f'"{tag_of(body)}"'
    common = {"ETag": f"W/{tag}", "Cache-Control": CACHE_CONTROL, "Vary": VARY, **(headers or {})}
    named = {part.strip().removeprefix("W/") for part in request.headers.get("if-none-match", "").split(",")}
    if tag in named or "*" in named:
        return Response(None, 304, common)
    return Response(body, 200, {**common, **said})


def instant(at: datetime | None) -> str | None:
    """`2026-11-22T09:30:00.000Z`: milliseconds, UTC."""
    if at is None:
        return None
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _plain(value: Any) -> Any:
    raise TypeError(f"{type(value).__name__} has no JSON form here")
