"""`/v1/projects/{p}/datasets/{d}/entities`: entities listed, made, changed, deleted, one or many."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from server.central.actors import actor_value
from server.central.answers import SUCCESS, answer
from server.central.asking import is_extended, is_true, paging
from server.central.dataset_values import writable_list
from server.central.entity_bodies import (
    changed_entity,
    new_entity,
    path_uuid,
    read_bulk_source,
    read_ids,
)
from server.central.entity_values import actors_of, entity_value, entity_view
from server.central.routing import Asked, ProjectGate, asked, fields, route
from sync.assignments import actors_by_uuid
from sync.entities.datasets import get_dataset, property_names
from sync.entities.problems import EntityVersionConflict, NoConflict, UnexpectedAttributes
from sync.entities.reading import creators_of, find_entity, get_entity, list_entities
from sync.entities.writing import (
    Author,
    create_entities,
    delete_entities,
    resolve_conflict,
    restore_entities,
    update_entity,
)
from sync.problems import NotFound
from sync.store import ReadSession, Store, WriteSession

Row = Mapping[Any, Any]
_T = TypeVar("_T")

router = APIRouter(prefix="/v1/projects/{project_id}/datasets/{name}/entities", tags=["entities"])

_ENTITY = {"uuid": "string", "label": "string", "data": "object"}


@route(router, "GET", "", ProjectGate("entity.list"))
def entities(request: Request, name: str) -> Response:
    """The entities of a list, the newest first, without their values; `?deleted=true` the deleted ones."""
    store, may = _store(request), asked(request)
    deleted, extended = is_true(request, "deleted"), is_extended(request)
    with store.read() as session:
        row = get_dataset(session, may.project_id, name)
        found = paging(request).of(list_entities(session, store.keyring, row["id"], deleted))
        view = entity_view(session, may.actor, may.project_id, row["id"])
        actors = actors_of(session, found, view)
    return answer(request, [entity_value(one, view, actors, extended) for one in found])


@route(
    router,
    "POST",
    "",
    ProjectGate("entity.create"),
    takes={**_ENTITY, "entities": "array", "source": "object"},
    bulk=True,
)
def create(request: Request, name: str) -> Response:
    """Create one entity, or as many as `entities` holds, all or none."""
    store, may, body = _store(request), asked(request), fields(request)
    author = _author(request)
    wanted = body.get("entities")
    if wanted is not None and not (isinstance(wanted, list) and wanted):
        told = "empty array" if isinstance(wanted, list) else "not an array"
        raise UnexpectedAttributes(["entities: [...]"], [told])

    def work(session: WriteSession) -> Any:
        row = writable_list(session, may.project, name)  # type: ignore[arg-type]
        properties = frozenset(property_names(session, row["id"]))
        contents = [new_entity(one, properties) for one in (wanted or [body])]
        bulk = (
            read_bulk_source(body.get("source"), len(contents), author.user_agent)
            if wanted is not None
            else None
        )
        create_entities(session, store.keyring, row, contents, author, bulk)
        return SUCCESS if bulk else _value(session, request, row, contents[0][0])

    return answer(request, store.write(work))


@route(router, "GET", "/creators", ProjectGate("entity.read"))
def creators(request: Request, name: str) -> Response:
    """The actors who made entities of a list, by name."""
    may = asked(request)
    with _store(request).read() as session:
        row = get_dataset(session, may.project_id, name)
        view = entity_view(session, may.actor, may.project_id, row["id"])
        makers = creators_of(session, row["id"]) if view.shows_staff else ()
        found = actors_by_uuid(session, makers).values()
    return answer(request, [actor_value(one) for one in sorted(found, key=lambda one: one["name"])])


@route(router, "POST", "/bulk-delete", ProjectGate("entity.delete"), takes={"ids": "array"}, bulk=True)
def bulk_delete(request: Request, name: str) -> Response:
    """Delete the entities named; those that are not there are left out."""
    ids = read_ids(fields(request))
    return _write_many(request, name, lambda session, row, by: delete_entities(session, row, ids, by))


@route(router, "POST", "/bulk-restore", ProjectGate("entity.restore"), takes={"ids": "array"}, bulk=True)
def bulk_restore(request: Request, name: str) -> Response:
    """Bring back the deleted entities named."""
    ids = read_ids(fields(request))
    return _write_many(request, name, lambda session, row, by: restore_entities(session, row, ids, by))


@route(router, "GET", "/{uuid}", ProjectGate("entity.read"))
def entity(request: Request, name: str, uuid: str) -> Response:
    """One entity with what it says."""
    with _store(request).read() as session:
        row = get_dataset(session, asked(request).project_id, name)
        return answer(request, _value(session, request, row, path_uuid(uuid)))


@route(router, "PATCH", "/{uuid}", ProjectGate("entity.update"), takes=_ENTITY)
def change(request: Request, name: str, uuid: str) -> Response:
    """Give an entity a new version: what is named changes, the rest stays.

    `?baseVersion=` is the version that was seen, `?force=true` overwrites whatever there is, `?resolve=true`
    settles a conflict, with changes or without.
    """
    store, may, body = _store(request), asked(request), fields(request)
    author, base = _author(request), request.query_params.get("baseVersion")
    resolve, force = is_true(request, "resolve"), is_true(request, "force")

    def work(session: WriteSession) -> Any:
        row = writable_list(session, may.project, name)  # type: ignore[arg-type]
        found = get_entity(session, store.keyring, row["id"], path_uuid(uuid))
        if resolve and not found.conflict:
            raise NoConflict()
        if not force and base != str(found.version):
            raise EntityVersionConflict(found.version, base)
        if body or not resolve:
            content = changed_entity(body, property_names(session, row["id"]), found.current.content)
            update_entity(session, store.keyring, row, found, content, author)
        if resolve:
            resolve_conflict(session, row, found, author.actor_uuid)
        return _value(session, request, row, found.uuid)

    return answer(request, store.write(work))


@route(router, "DELETE", "/{uuid}", ProjectGate("entity.delete"))
def delete(request: Request, name: str, uuid: str) -> Response:
    """Delete an entity; it can be brought back."""

    def work(session: WriteSession, row: Row, by: str) -> None:
        if not delete_entities(session, row, [path_uuid(uuid)], by):
            raise NotFound("There is no such entity in this list.", "Look at the list's entities.")

    return _write(request, name, work)


@route(router, "POST", "/{uuid}/restore", ProjectGate("entity.restore"))
def restore(request: Request, name: str, uuid: str) -> Response:
    """Bring a deleted entity back."""

    def work(session: WriteSession, row: Row, by: str) -> None:
        if not restore_entities(session, row, [path_uuid(uuid)], by):
            raise NotFound("There is no such deleted entity.", "?deleted=true lists them.")

    return _write(request, name, work)


def _write(request: Request, name: str, work: Callable[[WriteSession, Row, str], object]) -> Response:
    _written(request, name, work)
    return answer(request, SUCCESS)


def _write_many(request: Request, name: str, work: Callable[[WriteSession, Row, str], list[str]]) -> Response:
    """The same of many entities: how many it was done to."""
    return answer(request, {**SUCCESS, "count": len(_written(request, name, work))})


def _written(request: Request, name: str, work: Callable[[WriteSession, Row, str], _T]) -> _T:
    may: Asked = asked(request)

    def write(session: WriteSession) -> _T:
        return work(session, writable_list(session, may.project, name), may.actor.uuid)  # type: ignore[arg-type]

    return _store(request).write(write)


def _value(session: ReadSession, request: Request, row: Row, uuid: str) -> Any:
    may, store = asked(request), _store(request)
    deleted = is_true(request, "deleted")
    found = find_entity(session, store.keyring, row["id"], uuid, deleted)
    if found is None:
        raise NotFound("There is no such entity in this list.", "Look at the list's entities.")
    view = entity_view(session, may.actor, may.project_id, row["id"])
    return entity_value(found, view, actors_of(session, [found], view), is_extended(request), full=True)


def _author(request: Request) -> Author:
    """Who asks; what they ask with is kept as it is said, cut to a sensible length."""
    said = request.headers.get("user-agent", "").strip()[:255]
    return Author(asked(request).actor.uuid, said or None)


def _store(request: Request) -> Store:
    store: Store = request.app.state.store
    return store
