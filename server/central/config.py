"""`/v1/config`: settings of the site. Some are shown to everybody, such as the logo of the sign-in page.

Files come back for download and are never shown as pages of this server: an SVG may hold scripts.
"""

from __future__ import annotations

import hashlib
from typing import Any

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from server.central.answers import SUCCESS, answer, instant
from server.central.asking import json_object
from server.central.routing import AnybodyGate, SiteGate, asked, route
from server.central.site_problems import UnexpectedValue, WrongHeader
from server.conditional import conditional
from sync.problems import Forbidden, TooLarge
from sync.site_config import (
    MAX_FILE_BYTES,
    SETTINGS,
    public_settings,
    read_setting,
    set_file,
    set_value,
    unset,
)
from sync.store import Store

router = APIRouter(prefix="/v1/config", tags=["config"])


@route(router, "GET", "/public", AnybodyGate())
def public(request: Request) -> Response:
    """What is set of what everybody may see, by key."""
    with _store(request).read() as session:
        found = public_settings(session)
    return answer(request, {key: _value(key, *said) for key, said in found.items()})


@route(router, "GET", "/public/{key}", AnybodyGate())
def public_one(request: Request, key: str) -> Response:
    """One of them: its value, or its file."""
    if key not in SETTINGS or not SETTINGS[key].is_public:
        raise Forbidden("This setting is not for everybody.", "GET /v1/config/KEY, signed in.")
    return _setting(request, key)


@route(router, "GET", "/{key}", SiteGate("config.read"))
def one(request: Request, key: str) -> Response:
    """One setting: its value, or its file."""
    return _setting(request, key)


@route(router, "POST", "/{key}", SiteGate("config.set"))
async def set_one(request: Request, key: str) -> Response:
    """Set one: to the JSON of the body, or, for `logo` and `hero-image`, to the file in it."""
    by = asked(request).actor.uuid
    if _known(key).keeps is not None:
        value = await json_object(request)
        work: Any = lambda session: set_value(session, key, value, by)  # noqa: E731
    else:
        content_type = request.headers.get("content-type", "").strip()
        if not content_type:
            raise WrongHeader("Content-Type")
        content = await _file(request)
        work = lambda session: set_file(session, key, content, content_type, by)  # noqa: E731
    await run_in_threadpool(_store(request).write, work)
    return await run_in_threadpool(_setting, request, key, True)


@route(router, "DELETE", "/{key}", SiteGate("config.set"))
def delete(request: Request, key: str) -> Response:
    """Leave one without a value, whether it had one or not."""
    _known(key)
    by = asked(request).actor.uuid
    _store(request).write(lambda session: unset(session, key, by))
    return answer(request, SUCCESS)


def _setting(request: Request, key: str, in_short: bool = False) -> Response:
    with _store(request).read() as session:
        row = read_setting(session, key)
    if row["content"] is None or in_short:
        return answer(request, _value(key, row["value"], row["content"] is not None, row["set_at"]))
    content, kind = bytes(row["content"]), str(row["content_type"])
    tag = hashlib.md5(content, usedforsecurity=False).hexdigest()
    stamped = request.query_params.get("ts", "").isdigit()  # the page names the version it wants
    headers = {
        "Content-Disposition": "attachment",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "max-age=31536000" if stamped else "no-cache",
    }
    return conditional(request, tag, kind, lambda: content, headers)


def _known(key: str) -> Any:
    if key not in SETTINGS:
        raise UnexpectedValue("key", key, "There is no such setting, or it cannot be set.")
    return SETTINGS[key]


async def _file(request: Request) -> bytes:
    content = b""
    async for piece in request.stream():
        content += piece
        if len(content) > MAX_FILE_BYTES:
            raise TooLarge(f"The file is larger than {MAX_FILE_BYTES} bytes.", "Send a smaller picture.")
    return content


def _value(key: str, value: Any, is_file: bool, set_at: Any) -> dict[str, Any]:
    kept = {"blobExists": True} if is_file else {"value": value}
    return {"key": key, **kept, "setAt": instant(set_at)}


def _store(request: Request) -> Store:
    store: Store = request.app.state.store
    return store
