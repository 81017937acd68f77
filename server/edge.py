"""The outermost layer of the app: headers on every answer that has not its own, and no exception beyond it.

Plain ASGI and small, because every submission passes it.
"""

from __future__ import annotations

import logging
from typing import Final

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.problems import unexpected_response

log = logging.getLogger("waypost.http")

_HEADERS: Final = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),  # key URLs must not travel on to other sites
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
]
_HSTS: Final = (b"strict-transport-security", b"max-age=31536000")
_DOCS: Final = ("/docs", "/openapi.json")


class Edge:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp, https: bool = False) -> None:
        self._app = app
        self._headers = [*_HEADERS, _HSTS] if https else _HEADERS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False
        headers = self._headers
        if scope["path"] in _DOCS:  # the one page here that runs scripts; off unless asked for
            headers = headers[:2]

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                given = message.get("headers", ())
                named = {name.lower() for name, _ in given}
                message["headers"] = [*given, *(one for one in headers if one[0] not in named)]
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except Exception as error:
            if started:  # the client must see a broken answer, not one that looks complete
                log.error("Failed in the middle of an answer to %s %s", scope["method"], scope["path"])
                raise
            response = unexpected_response(Request(scope, receive), error)
            await response(scope, receive, send_with_headers)
