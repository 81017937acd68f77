"""`/v1/projects/{p}/actor-properties`: what a project tells its app users apart by (region, team).

Values are set with `PATCH .../app-users/{id}` and `{"properties": {...}}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from server.central.answers import SUCCESS, answer
from server.central.asking import is_extended
from server.central.routing import ProjectGate, asked, fields, route
from server.central.site_problems import UnexpectedValue
from sync.actor_properties import create_property, is_property_name, property_names, property_values
from sync.store import ReadSession, Store

router = APIRouter(prefix="/v1/projects/{project_id}/actor-properties", tags=["app users"])


@route(router, "GET", "", ProjectGate("actor_property.list"))
def properties(request: Request) -> Response:
    """The project's properties by name; with extended metadata, the values in use."""
    store, project_id = _store(request), asked(request).project_id
    with store.read() as session:
        if is_extended(request):
            values = property_values(session, project_id)
            return answer(request, [{"name": name, "values": held} for name, held in values.items()])
        return answer(request, [{"name": name} for name in property_names(session, project_id)])


@route(router, "POST", "", ProjectGate("actor_property.update"), takes={"name": "string"})
def create(request: Request) -> Response:
    """Name a further property."""
    may, name = asked(request), fields(request).get("name")
    if not isinstance(name, str) or not is_property_name(name):
        raise UnexpectedValue("name", name, "This is not a name of a property.")
    assert may.project is not None
    uuid, by = str(may.project["uuid"]), may.actor.uuid
    _store(request).write(lambda session: create_property(session, may.project_id, uuid, name, by))
    return answer(request, SUCCESS)


def read_properties(session: ReadSession, project_id: int, given: Any) -> Mapping[str, str | None]:
    """The `properties` of a body: names the project has, to text or null. Raises UnexpectedValue."""
    if not isinstance(given, Mapping):
        raise UnexpectedValue("properties", given, "It is an object.")
    known = set(property_names(session, project_id))
    for name, value in given.items():
        if name not in known:
            raise UnexpectedValue("properties", name, "The project has no such property.")
        if value is not None and (not isinstance(value, str) or "\0" in value):
            raise UnexpectedValue(name, value, "A property is text, or null for none.")
    return given


def _store(request: Request) -> Store:
    store: Store = request.app.state.store
    return store
