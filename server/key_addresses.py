"""Keys in addresses: `/v1/key/{key}/...` and `?st={key}`, for tablets and for web forms.

A key stands before any address of the API and is all the authentication there is then. The addresses tablets
ask for themselves (lists of forms, forms, files, submissions) have routes with the key in them; every other
one is handed on without it, with the key beside (`request.state.key`), to be asked like anybody
(server/central/callers.py). A key in the query is put into the path first, so that absolute addresses in an
answer lead back with it.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, quote, unquote, urlencode

from starlette.types import ASGIApp, Receive, Scope, Send

_KEYED = re.compile(rb"^/v1/key/([^/]+)(/.*)$", re.DOTALL)
_TABLETS = re.compile(
    rb"^/projects/\d+/(formList|submission"
    rb"|forms/[^/]+\.xml"
    rb"|forms/[^/]+/(versions/[^/]+/)?(manifest|attachments/[^/]+)"
    rb"|forms/[^/]+/versions/[^/]+\.xml)$"
)
"""What a tablet asks for, below its key."""


class KeyAddresses:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope = _handed_on(_from_query(scope))
        await self._app(scope, receive, send)


def is_tablets(raw_path: bytes) -> bool:
    """Whether an address with a key in it is one that tablets ask for."""
    keyed = _KEYED.match(raw_path)
    return keyed is not None and _TABLETS.match(keyed[2]) is not None


def _from_query(scope: Scope) -> Scope:
    """`/v1/...?st=KEY` as `/v1/key/KEY/...`; a key in the path counts before one in the query."""
    query: bytes = scope["query_string"]
    raw = _raw_path(scope)
    if b"st=" not in query or not raw.startswith(b"/v1/"):
        return scope
    pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    keys = [value for name, value in pairs if name == "st"]
    if not keys:
        return scope
    rest = urlencode([pair for pair in pairs if pair[0] != "st"]).encode()
    if raw.startswith(b"/v1/key/"):
        return {**scope, "query_string": rest}
    keyed = b"/v1/key/" + quote(keys[0], safe="!$").encode() + raw[3:]
    path = f"/v1/key/{keys[0].replace('/', '%2F')}{scope['path'][3:]}"
    return {**scope, "query_string": rest, "raw_path": keyed, "path": path}


def _handed_on(scope: Scope) -> Scope:
    raw = _raw_path(scope)
    keyed = _KEYED.match(raw)
    if keyed is None or _TABLETS.match(keyed[2]):
        return scope
    key = unquote(keyed[1].decode("latin-1"))
    path = unquote(keyed[2].decode("latin-1"))
    state = {**scope.get("state", {}), "key": key}
    return {**scope, "raw_path": b"/v1" + keyed[2], "path": f"/v1{path}", "state": state}


def _raw_path(scope: Scope) -> bytes:
    raw: bytes = scope.get("raw_path") or quote(scope["path"]).encode()
    return raw.partition(b"?")[0]
