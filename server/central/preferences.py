"""`/v1/user-preferences`: how somebody likes to see the site and each project.

There is nothing to read here: `GET /v1/users/current` shows all of one's own with extended metadata.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from server.central.answers import SUCCESS, answer
from server.central.asking import Id
from server.central.routing import Gate, asked, fields, known_project, route
from server.central.site_problems import PropertyMissing, UnexpectedProperties
from sync.preferences import SITE, forget_preference, set_preference
from sync.store import Store

router = APIRouter(prefix="/v1/user-preferences", tags=["user preferences"])

_BODY = {"propertyValue": "any"}


@route(router, "PUT", "/site/{name}", Gate(), takes=_BODY)
def set_for_site(request: Request, name: str) -> Response:
    """Keep a preference for the site."""
    return _set(request, SITE, name)


@route(router, "DELETE", "/site/{name}", Gate())
def forget_for_site(request: Request, name: str) -> Response:
    """Forget one."""
    return _forget(request, SITE, name)


@route(router, "PUT", "/project/{of_project}/{name}", Gate(), takes=_BODY)
def set_for_project(request: Request, of_project: Id, name: str) -> Response:
    """Keep a preference for a project that one has to do with."""
    return _set(request, _project(request, of_project), name)


@route(router, "DELETE", "/project/{of_project}/{name}", Gate())
def forget_for_project(request: Request, of_project: Id, name: str) -> Response:
    """Forget one."""
    return _forget(request, _project(request, of_project), name)


def _set(request: Request, scope: str, name: str) -> Response:
    value, who = _value(request), asked(request).actor.id
    _store(request).write(lambda session: set_preference(session, who, scope, name, value))
    return answer(request, SUCCESS)


def _forget(request: Request, scope: str, name: str) -> Response:
    who = asked(request).actor.id
    _store(request).write(lambda session: forget_preference(session, who, scope, name))
    return answer(request, SUCCESS)


def _value(request: Request) -> Any:
    given = {name: value for name, value in fields(request).items() if name != "__csrf"}
    if "propertyValue" not in given:
        raise PropertyMissing("propertyValue")
    if len(given) > 1:
        raise UnexpectedProperties(["propertyValue"], list(given))
    return given["propertyValue"]


def _project(request: Request, project_id: int) -> str:
    with _store(request).read() as session:
        return str(known_project(session, asked(request).actor, project_id)["uuid"])


def _store(request: Request) -> Store:
    store: Store = request.app.state.store
    return store
