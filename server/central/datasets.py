"""`/v1/projects/{p}/datasets`: entity lists, their properties, and what a tablet's user gets of them."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from server.central.answers import SUCCESS, answer
from server.central.asking import flag, is_extended, is_true, paging, text
from server.central.dataset_values import (
    RegisterList,
    figures_value,
    find_list,
    forms_value,
    lists_of,
    metadata_value,
    writable_list,
)
from server.central.routing import ProjectGate, asked, fields, route
from sync.entities import datasets as lists
from sync.entities.intake import convert_pending, count_pending
from sync.entities.problems import DatasetInUse, PendingSubmissions, PropertyInUse, UnexpectedValue
from sync.entities.publishing import users_of
from sync.entities.reading import list_entities
from sync.problems import NotFound
from sync.store import Store, WriteSession

router = APIRouter(prefix="/v1/projects/{project_id}/datasets", tags=["entity lists"])

_FLAGS = {"approvalRequired": "approval_required", "ownerOnly": "owner_only"}
_CREATED = {"name": "string", "approvalRequired": "boolean", "ownerOnly": "boolean"}


@route(router, "GET", "", ProjectGate("dataset.list"))
def datasets(request: Request) -> Response:
    """The project's entity lists by name; those made from its registers are marked `readOnly`."""
    store, may = _store(request), asked(request)
    assert may.project is not None
    deleted = is_true(request, "deleted")
    with store.read() as session:
        found = lists_of(session, store, may.project, may.actor, is_extended(request), deleted)
    return answer(request, list(paging(request).of(found)))


@route(router, "POST", "", ProjectGate("dataset.create"), takes=_CREATED)
def create(request: Request) -> Response:
    """Create an entity list."""
    store, may, given = _store(request), asked(request), fields(request)
    flags = {column: flag(given, name) or False for name, column in _FLAGS.items()}
    by = may.actor.uuid

    def work(session: WriteSession) -> Any:
        row = lists.create_dataset(session, may.project_id, given.get("name"), by=by, **flags)
        return metadata_value(session, row)

    return answer(request, store.write(work))


@route(router, "GET", "/{name}", ProjectGate("dataset.read"))
def dataset(request: Request, name: str) -> Response:
    """One entity list: its properties, the forms that write to it and those that read it."""
    store, may = _store(request), asked(request)
    assert may.project is not None
    with store.read() as session:
        found = find_list(session, store, may.project, may.actor, name)
        if isinstance(found, RegisterList):
            value = found.metadata() | (found.figures() if is_extended(request) else {})
        else:
            value = metadata_value(session, found)
            if is_extended(request):
                value |= figures_value(lists.dataset_figures(session, [found["id"]]).get(found["id"]))
    return answer(request, value)


@route(router, "PATCH", "/{name}", ProjectGate("dataset.update"), takes=dict.fromkeys(_FLAGS, "boolean"))
def change(request: Request, name: str) -> Response:
    """Say whether submissions need approval to make entities, and whether tablets get only their own.

    `?convert=` says what becomes of submissions that wait when approval is needed no more.
    """
    store, may, given = _store(request), asked(request), fields(request)
    convert = request.query_params.get("convert")
    if convert not in (None, "true", "false"):
        raise UnexpectedValue("convert", convert, "It is true or false.")
    changes = {column: value for field, column in _FLAGS.items() if (value := flag(given, field)) is not None}
    by = may.actor.uuid

    def work(session: WriteSession) -> Any:
        row = writable_list(session, may.project, name)  # type: ignore[arg-type]
        opens = changes.get("approval_required") is False
        waiting = count_pending(session, row) if opens and convert is None else 0
        if waiting:
            raise PendingSubmissions(waiting)
        lists.change_dataset(session, row["id"], changes, by)
        if opens and convert == "true":
            convert_pending(session, row)
        return metadata_value(session, lists.get_dataset(session, may.project_id, name))

    return answer(request, store.write(work))


@route(router, "DELETE", "/{name}", ProjectGate("dataset.delete"))
def delete(request: Request, name: str) -> Response:
    """Delete an entity list that no form uses."""
    may = asked(request)
    by = may.actor.uuid

    def work(session: WriteSession) -> None:
        row = writable_list(session, may.project, name)  # type: ignore[arg-type]
        users = users_of(session, row)
        if users.any:
            raise DatasetInUse(forms_value(users))
        lists.delete_dataset(session, row["id"], by)

    _store(request).write(work)
    return answer(request, SUCCESS)


@route(router, "POST", "/{name}/properties", ProjectGate("dataset.update"), takes={"name": "string"})
def add_property(request: Request, name: str) -> Response:
    """Add a property to an entity list."""
    may, wanted = asked(request), fields(request).get("name")
    by = may.actor.uuid

    def work(session: WriteSession) -> None:
        row = writable_list(session, may.project, name)  # type: ignore[arg-type]
        lists.create_property(session, row["id"], wanted, by)

    _store(request).write(work)
    return answer(request, SUCCESS)


@route(router, "DELETE", "/{name}/properties/{property_name}", ProjectGate("dataset.update"))
def delete_property(request: Request, name: str, property_name: str) -> Response:
    """Take a property out of an entity list, where no form writes to it and no entity has a value in it."""
    store, may = _store(request), asked(request)
    by = may.actor.uuid

    def work(session: WriteSession) -> None:
        row = writable_list(session, may.project, name)  # type: ignore[arg-type]
        if property_name not in lists.property_names(session, row["id"]):
            raise NotFound("The list has no such property.", "Look at the list's properties.")
        prerequisites: dict[str, Any] = {}
        forms = [
            {"formName": one.name, "xmlFormId": one.xml_form_id}
            for one in users_of(session, row).sources
            if property_name in one.properties
        ]
        if forms:
            prerequisites["dependentForms"] = {
                "message": "Forms write to this property.",
                "details": {"forms": forms},
            }
        filled = [
            {"uuid": one.uuid, "label": one.current.content.label}
            for one in list_entities(session, store.keyring, row["id"])
            if one.current.content.data.get(property_name, "").strip()
        ]
        if filled:
            prerequisites["nonEmptyEntities"] = {
                "message": "Entities have values in this property.",
                "details": {"totalCount": len(filled), "entities": filled[:3]},
            }
        if prerequisites:
            raise PropertyInUse(property_name, prerequisites)
        lists.delete_property(session, row["id"], property_name, by)

    store.write(work)
    return answer(request, SUCCESS)


@route(router, "GET", "/{name}/access-filter", ProjectGate("dataset.read"))
def access_filter(request: Request, name: str) -> Response:
    """The first rule by which a tablet's user gets entities, or null."""
    store, may = _store(request), asked(request)
    with store.read() as session:
        found = lists.access_filters(session, lists.get_dataset(session, may.project_id, name)["id"])
    return answer(request, _filter(*found[0]) if found else None)


@route(
    router,
    "PUT",
    "/{name}/access-filter",
    ProjectGate("dataset.update"),
    takes={"datasetProperty": "string", "actorProperty": "string"},
)
def set_access_filter(request: Request, name: str) -> Response:
    """Give a tablet the entities whose property equals its user's. A user without that property gets none."""
    may, given = asked(request), fields(request)
    mine, theirs = text(given, "datasetProperty"), text(given, "actorProperty")
    if not mine or not theirs:
        raise UnexpectedValue("datasetProperty/actorProperty", None, "Both are needed.")
    by = may.actor.uuid

    def work(session: WriteSession) -> None:
        row = writable_list(session, may.project, name)  # type: ignore[arg-type]
        lists.set_access_filter(session, row["id"], mine, theirs, by)

    _store(request).write(work)
    return answer(request, _filter(mine, theirs))


def _filter(mine: str, theirs: str) -> dict[str, str]:
    return {"datasetProperty": mine, "actorProperty": theirs}


def _store(request: Request) -> Store:
    store: Store = request.app.state.store
    return store
