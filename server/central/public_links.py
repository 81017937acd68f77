"""`/v1/projects/{p}/forms/{f}/public-links`: addresses anybody may fill in a form at.

The key is told when a link is made, and in the lists again to whoever may make links, as with app users
(decision 0011); a key that is null is good for nothing any more. `once` is Central's; after how many days the
link ends and how many submissions it is good for are ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from server.central.actors import actor_value
from server.central.answers import SUCCESS, answer, instant
from server.central.asking import Id, flag, is_extended, needed_text, paging, text
from server.central.problems import WrongType
from server.central.routing import FormGate, asked, fields, route
from sync.assignments import actors_by_uuid
from sync.public_links import (
    LinkTerms,
    PublicLink,
    change_public_link,
    create_public_link,
    delete_public_link,
    get_public_link,
    list_public_links,
)
from sync.store import Store
from sync.tables.access import ActorKind

router = APIRouter(prefix="/v1/projects/{project_id}/forms/{xml_form_id}/public-links", tags=["public links"])

_TAKES = {
    "displayName": "string",
    "once": "boolean",
    "expiresInDays": "integer",
    "maxSubmissions": "integer",
}


@route(router, "GET", "", FormGate("public_link.list"))
def public_links(request: Request) -> Response:
    """The form's links, the newest first; those that are over stand last."""
    store = _store(request)
    with store.read() as session:
        found = paging(request).of(list_public_links(session, store.keyring, _form_id(request)))
        makers = actors_by_uuid(session, [each.created_by for each in found if each.created_by])
    return answer(request, [_value(request, each, makers) for each in found])


@route(router, "POST", "", FormGate("public_link.create"), takes=_TAKES)
def create(request: Request) -> Response:
    """Create a link."""
    store, may, given = _store(request), asked(request), fields(request)
    name, terms, by = needed_text(given, "displayName"), _terms(given), may.actor.uuid
    assert may.form is not None
    form = may.form
    made = store.write(lambda s: create_public_link(s, store.keyring, form, name, terms, by))
    return _one(request, made)


@route(router, "GET", "/{link_id}", FormGate("public_link.read"))
def public_link(request: Request, link_id: Id) -> Response:
    """One link."""
    return _one(request, link_id)


@route(router, "PATCH", "/{link_id}", FormGate("public_link.update"), takes=_TAKES)
def change(request: Request, link_id: Id) -> Response:
    """Change what is named: the name, and what the link is good for from now on."""
    store, given, form_id = _store(request), fields(request), _form_id(request)
    name, terms, by = text(given, "displayName"), _terms(given), asked(request).actor.uuid
    store.write(lambda s: change_public_link(s, store.keyring, form_id, link_id, name, terms, by))
    request.app.state.access.expire()
    return _one(request, link_id)


@route(router, "DELETE", "/{link_id}", FormGate("public_link.delete"))
def delete(request: Request, link_id: Id) -> Response:
    """End a link. What was sent by it stays."""
    store, form_id, by = _store(request), _form_id(request), asked(request).actor.uuid
    store.write(lambda session: delete_public_link(session, store.keyring, form_id, link_id, by))
    request.app.state.access.expire()
    return answer(request, SUCCESS)


def _one(request: Request, link_id: int) -> Response:
    store = _store(request)
    with store.read() as session:
        found = get_public_link(session, store.keyring, _form_id(request), link_id)
        makers = actors_by_uuid(session, [found.created_by] if found.created_by else [])
    return answer(request, _value(request, found, makers))


def _value(request: Request, link: PublicLink, makers: Mapping[str, Mapping[Any, Any]]) -> dict[str, Any]:
    row = {
        "id": link.id,
        "kind": ActorKind.PUBLIC_LINK,
        "name": link.name,
        "created_at": link.created_at,
        "updated_at": link.updated_at,
    }
    value = actor_value(row) | {
        "token": _key(request, link),
        "once": link.is_once,
        "expiresAt": instant(link.expires_at),
        "maxSubmissions": link.max_submissions,
    }
    if is_extended(request):
        maker = makers.get(link.created_by or "")
        value["createdBy"] = None if maker is None else actor_value(maker)
        value["lastUsed"] = instant(link.last_used_at)
    return value


def _key(request: Request, link: PublicLink) -> str | None:
    """The key for whoever could make another one; for others, of a good key, the part that is no secret."""
    if not link.is_good:
        return None
    if link.token is not None and "public_link.create" in asked(request).verbs:
        return link.token
    return f"kept-secret-{link.public_id}"


def _terms(given: Mapping[str, Any]) -> LinkTerms:
    return LinkTerms(flag(given, "once"), _number(given, "expiresInDays"), _number(given, "maxSubmissions"))


def _number(given: Mapping[str, Any], name: str) -> int | None:
    value = given.get(name)
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise WrongType(value if isinstance(value, str) else None, "integer")


def _form_id(request: Request) -> int:
    form = asked(request).form
    assert form is not None
    return int(form["id"])


def _store(request: Request) -> Store:
    store: Store = request.app.state.store
    return store
