"""Settings codes of app users: the JSON, the picture, and the sheet to hand out, for one or for all.

Whoever could make a key for the project sees the codes it has, which hold those keys. Settings of Collect go
into the query (`?app_language=fr&delete_send=true`); without any, the tablet keeps exactly the listed forms
and sends as soon as there is a network.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from server import qr
from server.central.answers import answer
from server.central.asking import Id
from server.central.routing import ProjectGate, asked, route
from server.central.site_problems import UnexpectedValue
from server.links import base_url, device_url
from server.sheets import LANGUAGES, POLICY, Sheet, sheets_page
from sync.app_users import AppUser, get_app_user, list_app_users
from sync.problems import NotFound
from sync.store import Store

router = APIRouter(prefix="/v1/projects/{project_id}/app-users", tags=["app users"])

_SECRET = {"Cache-Control": "no-store"}
_OURS = ("language", "scale")
_SCALES = range(1, 31)


@route(router, "GET", "/sheets.html", ProjectGate("field_key.create"))
def sheets(request: Request) -> Response:
    """A sheet for each app user with a good key, by name, to print; `?language=` en, fr or ar."""
    store, project_id = _store(request), asked(request).project_id
    with store.read() as session:
        users = list_app_users(session, store.keyring, project_id)
    told = sorted((user for user in users if user.token), key=lambda user: (user.name.casefold(), user.id))
    return _page(request, told)


@route(router, "GET", "/{app_user_id}/sheet.html", ProjectGate("field_key.create"))
def sheet(request: Request, app_user_id: Id) -> Response:
    """The sheet of one."""
    return _page(request, [_user(request, app_user_id)])


@route(router, "GET", "/{app_user_id}/qr.json", ProjectGate("field_key.create"))
def settings(request: Request, app_user_id: Id) -> Response:
    """The settings as Collect reads them, and the text that its code holds."""
    payload = _payload(request, _user(request, app_user_id))
    value = {"settings": qr.read_payload(payload), "payload": payload}
    return answer(request, value, _SECRET)


@route(router, "GET", "/{app_user_id}/qr.png", ProjectGate("field_key.create"))
def picture(request: Request, app_user_id: Id) -> Response:
    """The code as a picture; `?scale=` pixels for each of its squares, 6 unless told."""
    scale = request.query_params.get("scale", "6")
    if not scale.isascii() or not scale.isdigit() or int(scale[:4]) not in _SCALES:
        raise UnexpectedValue("scale", scale, f"It is a number up to {_SCALES[-1]}.")
    payload = _payload(request, _user(request, app_user_id))
    return Response(qr.png(payload, int(scale)), 200, _SECRET, "image/png")


def _page(request: Request, users: list[AppUser]) -> Response:
    language = request.query_params.get("language", "en")
    if language not in LANGUAGES:
        raise UnexpectedValue("language", language, f"There are {', '.join(LANGUAGES)}.")
    chosen = {"app_language": language} if language != "en" else {}
    name = _project_name(request)
    made = [Sheet(user.name, name, _payload(request, user, **chosen)) for user in users]
    headers = _SECRET | {"Content-Security-Policy": POLICY}
    return Response(sheets_page(made, language), 200, headers, "text/html; charset=utf-8")


def _payload(request: Request, user: AppUser, **chosen: Any) -> str:
    """The text of a user's code, with the settings the query names. Raises UnexpectedValue."""
    for name, text in request.query_params.items():
        if name in _OURS:
            continue
        try:
            chosen[name] = qr.general_setting(name, text)
        except (KeyError, ValueError) as error:
            why = str(error) if isinstance(error, ValueError) else "Collect has no such setting."
            raise UnexpectedValue(name, text, why) from None
    assert user.token is not None
    here = base_url(request, request.app.state.settings.http)
    return qr.settings_payload(
        device_url(here, user.token, user.project_id), _project_name(request), **chosen
    )


def _user(request: Request, app_user_id: int) -> AppUser:
    """An app user whose key can be told. Raises NotFound."""
    store, project_id = _store(request), asked(request).project_id
    with store.read() as session:
        found = get_app_user(session, store.keyring, project_id, app_user_id)
    if found.token is None:
        raise NotFound(
            f"The key of app user {app_user_id} is over, or was shown once on the command line and not kept.",
            "Make a new app user; what the old one sent stays.",
        )
    return found


def _project_name(request: Request) -> str:
    project = asked(request).project
    assert project is not None
    return str(project["name"])


def _store(request: Request) -> Store:
    store: Store = request.app.state.store
    return store
