"""Ids in paths that hold a slash: a form id may, and clients write it as `%2F`.

The server hands on paths decoded, where such a slash would look like a separator. So it is put aside before
the router looks, as a character no id holds, and put back by whoever reads the id.
"""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

from starlette.types import ASGIApp, Receive, Scope, Send

_SLASH = "\ue02f"  # a private-use character


class WholeSegments:
    """ASGI middleware: `%2F` within a segment of a `/v1/projects/` path is no separator."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        raw: bytes = scope.get("raw_path") or b""
        if scope["type"] == "http" and raw.startswith(b"/v1/projects/") and b"%2f" in raw.lower():
            parts = (unquote_to_bytes(part).decode("utf-8", "replace") for part in raw.split(b"/"))
            scope = {**scope, "path": "/".join(part.replace("/", _SLASH) for part in parts)}
        await self._app(scope, receive, send)


def form_id(segment: str) -> str:
    """The form id a path's segment names."""
    return segment.replace(_SLASH, "/")
