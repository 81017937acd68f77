"""`/v1/projects/{p}/app-users`: the users tablets send as.

One made here has no form until it is assigned some. Its key is told when it is made, and in the lists again
to whoever may make such users, for clients that draw the settings code later (decision 0011). In a list a key
that is null is good for nothing any more.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from server.central.actor_properties import read_properties
from server.central.actors import actor_value
from server.central.answers import SUCCESS, answer, instant
from server.central.asking import Id, is_extended, needed_text, paging, text
from server.central.routing import ProjectGate, asked, fields, route
from sync.access import create_bare_app_user
from sync.actor_properties import properties_of, set_properties
from sync.app_users import AppUser, delete_app_user, get_app_user, list_app_users, rename_app_user
from sync.assignments import actors_by_uuid
from sync.store import Store, WriteSession
from sync.tables.access import ActorKind

router = APIRouter(prefix="/v1/projects/{project_id}/app-users", tags=["app users"])


@route(router, "GET", "", ProjectGate("field_key.list"))
def app_users(request: Request) -> Response:
    """The project's app users, the newest first; those whose key is over stand last."""
    store, project_id = _store(request), asked(request).project_id
    with store.read() as session:
        found = paging(request).of(list_app_users(session, store.keyring, project_id))
        makers = actors_by_uuid(session, [each.created_by for each in found if each.created_by])
        held = properties_of(session, [each.id for each in found])
    return answer(request, [_value(request, each, makers, held) for each in found])


@route(
    router,
    "POST",
    "",
    ProjectGate("field_key.create"),
    takes={"displayName": "string", "properties": "object"},
)
def create(request: Request) -> Response:
    """Create an app user; assign forms to it next."""
    store, may = _store(request), asked(request)
    name = needed_text(fields(request), "displayName")
    by = may.actor.uuid
    wanted = fields(request).get("properties")

    def work(session: WriteSession) -> int:
        made = create_bare_app_user(session, store.keyring, may.project_id, name, by)
        if wanted is not None:
            uuid = get_app_user(session, store.keyring, may.project_id, made.id).uuid
            values = read_properties(session, may.project_id, wanted)
            set_properties(session, may.project_id, made.id, uuid, values, by)
        return made.id

    return _one(request, store.write(work))


@route(router, "GET", "/{app_user_id}", ProjectGate("field_key.list"))
def app_user(request: Request, app_user_id: Id) -> Response:
    """One app user."""
    return _one(request, app_user_id)


@route(
    router,
    "PATCH",
    "/{app_user_id}",
    ProjectGate("field_key.update"),
    takes={"displayName": "string", "properties": "object"},
)
def change(request: Request, app_user_id: Id) -> Response:
    """Set the name or properties of an app user; what is not named stays. Its key stays good."""
    store, may, given = _store(request), asked(request), fields(request)
    name, by = text(given, "displayName"), may.actor.uuid

    def work(session: WriteSession) -> None:
        before = get_app_user(session, store.keyring, may.project_id, app_user_id)
        if name is not None:
            rename_app_user(session, before, name, by)
        if "properties" in given:
            values = read_properties(session, may.project_id, given["properties"])
            set_properties(session, may.project_id, app_user_id, before.uuid, values, by)

    store.write(work)
    return _one(request, app_user_id, with_properties=True)


@route(router, "DELETE", "/{app_user_id}", ProjectGate("field_key.delete"))
def delete(request: Request, app_user_id: Id) -> Response:
    """End an app user with its key and its forms. What it sent stays."""
    store, may = _store(request), asked(request)
    by = may.actor.uuid
    store.write(lambda session: delete_app_user(session, store.keyring, may.project_id, app_user_id, by))
    request.app.state.access.expire()
    return answer(request, SUCCESS)


def _one(request: Request, app_user_id: int, with_properties: bool = False) -> Response:
    store, project_id = _store(request), asked(request).project_id
    with store.read() as session:
        found = get_app_user(session, store.keyring, project_id, app_user_id)
        makers = actors_by_uuid(session, [found.created_by] if found.created_by else [])
        held = properties_of(session, [app_user_id])
    value = _value(request, found, makers, held)
    return answer(request, value | ({"properties": held.get(app_user_id)} if with_properties else {}))


def _value(
    request: Request,
    user: AppUser,
    makers: Mapping[str, Mapping[Any, Any]],
    held: Mapping[int, Mapping[str, str]],
) -> dict[str, Any]:
    row = {
        "id": user.id,
        "kind": ActorKind.APP_USER,
        "name": user.name,
        "created_at": user.created_at,
        "updated_at": user.updated_at,
    }
    value = actor_value(row) | {"projectId": user.project_id, "token": _key(request, user)}
    if is_extended(request):
        maker = makers.get(user.created_by or "")
        value["createdBy"] = None if maker is None else actor_value(maker)
        value["lastUsed"] = instant(user.last_seen_at)
        value["properties"] = held.get(user.id)
    return value


def _key(request: Request, user: AppUser) -> str | None:
    """The key for whoever could make another one; for others, of a good key, the part that is no secret."""
    if not user.is_good:
        return None
    if user.token is not None and "field_key.create" in asked(request).verbs:
        return user.token
    return f"kept-secret-{user.public_id}"


def _store(request: Request) -> Store:
    store: Store = request.app.state.store
    return store
