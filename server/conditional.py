"""Answers a client may keep and ask about again: strong ETags, 304, and gzip for text.

On a 2G link this is most of the bandwidth: tablets ask for every form and manifest at every check. Nothing
may be used without asking (`no-cache`): a list that is fresh for an hour would freeze updates.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable
from functools import lru_cache

from starlette.requests import Request
from starlette.responses import Response

CACHE_CONTROL = "private, no-cache"
_TEXT = ("text/", "application/json", "application/xml", "application/geo+json", "image/svg+xml")


def conditional(
    request: Request,
    tag: str,
    media_type: str,
    body: Callable[[], bytes],
    headers: dict[str, str] | None = None,
) -> Response:
    """200 with the body, or 304 when the client has it.

    tag   identifies the exact bytes, for this client's view of them; without quotes
    body  called only when the bytes are needed
    """
    zipped = media_type.startswith(_TEXT) and _takes_gzip(request.headers.get("accept-encoding", ""))
    common = {
        "ETag": f'"{tag}-gzip"' if zipped else f'"{tag}"',
        "Cache-Control": CACHE_CONTROL,
        "Vary": "Accept-Encoding",
        **(headers or {}),
    }
    if _has(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=common)
    content = body()
    if zipped:
        content = _gzip(content)
        common["Content-Encoding"] = "gzip"
    return Response(content, 200, {**common, "Content-Type": media_type})


def tag_of(*parts: str | bytes) -> str:
    """A tag over everything that makes the answer what it is."""
    digest = hashlib.sha256()
    for part in parts:
        raw = part.encode() if isinstance(part, str) else part
        digest.update(len(raw).to_bytes(8, "big") + raw)
    return digest.hexdigest()[:32]


def _has(if_none_match: str, tag: str) -> bool:
    """Whether the client names this tag, in either encoding. A weak mark, as proxies add it, is ignored."""
    named = {part.strip().removeprefix("W/") for part in if_none_match.split(",")}
    return not named.isdisjoint({"*", f'"{tag}"', f'"{tag}-gzip"'})


def _takes_gzip(accept_encoding: str) -> bool:
    for part in accept_encoding.lower().split(","):
        coding, _, quality = part.partition(";")
        if coding.strip() in ("gzip", "*"):
            return quality.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


@lru_cache(maxsize=128)
def _gzip(content: bytes) -> bytes:
    """The same bytes every time: no time of day is in it."""
    return gzip.compress(content, 6, mtime=0)
