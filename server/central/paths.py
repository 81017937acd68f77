"""What addresses may hold that names do not: a slash within a segment or at the end, a NUL.

A form id may hold a slash, and clients write it as `%2F`. The server hands on paths decoded, where such a
slash would look like a separator. So it is put aside before the router looks, as a character no id holds,
and put back by whoever reads the id. A NUL is in nothing that is stored, and one of the databases takes no
text with it: it is read as the character that stands for what cannot be read, and so finds nothing.
"""

from __future__ import annotations

from urllib.parse import quote, unquote_to_bytes

from starlette.types import ASGIApp, Receive, Scope, Send

_SLASH = "\ue02f"  # a private-use character
_UNREADABLE = "\ufffd"


class WholeSegments:
    """ASGI middleware: `%2F` within a segment of a `/v1/projects/` path is no separator, NUL no character."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        raw: bytes = scope.get("raw_path") or b""
        if scope["type"] == "http" and raw.startswith(b"/v1/projects/") and b"%2f" in raw.lower():
            parts = (unquote_to_bytes(part).decode("utf-8", "replace") for part in raw.split(b"/"))
            scope = {**scope, "path": "/".join(part.replace("/", _SLASH) for part in parts)}
        if scope["type"] == "http":
            scope = _without_last_slash(_without_nul(scope))
        await self._app(scope, receive, send)


def _without_last_slash(scope: Scope) -> Scope:
    """`/v1/users/` is `/v1/users`, as clients write either; only a service of OData has an address of its own
    that ends so, and a tablet's address is what it was told."""
    path: str = scope["path"]
    raw: bytes = scope.get("raw_path") or b""
    if not path.startswith("/v1/") or not path.endswith("/") or path.endswith(".svc/"):
        return scope
    if "key" in scope.get("state", {}) or path.startswith(("/v1/key/", "/v1/test/")):
        return scope
    return {**scope, "path": path.removesuffix("/"), "raw_path": raw.removesuffix(b"/")}


def _without_nul(scope: Scope) -> Scope:
    query: bytes = scope.get("query_string", b"")
    if "\0" not in scope["path"] and b"%00" not in query:
        return scope
    path, instead = scope["path"].replace("\0", _UNREADABLE), quote(_UNREADABLE).encode()
    return {**scope, "path": path, "query_string": query.replace(b"%00", instead)}


def form_id(segment: str) -> str:
    """The form id a path's segment names."""
    return segment.replace(_SLASH, "/")
