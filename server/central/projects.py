"""`/v1/projects`: projects, and the access to their forms in one piece (PUT)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from server.central.answers import SUCCESS, answer, instant
from server.central.asking import flag, is_extended, is_true, needed_text, paging, text
from server.central.callers import identify
from server.central.dataset_values import dataset_value, figures_value
from server.central.form_access import read_form_access, set_form_access
from server.central.form_gates import may_see
from server.central.form_values import extended_values
from server.central.routing import AnybodyGate, ProjectGate, SiteGate, asked, fields, route
from sync.access import Actor
from sync.entities.datasets import dataset_figures, list_datasets
from sync.form_reading import list_form_views
from sync.permissions import form_verbs, in_order, project_verbs
from sync.projects import (
    ProjectFigures,
    add_project,
    change_project,
    delete_project,
    project_figures,
    projects_of,
)
from sync.registry import get_project
from sync.store import ReadSession, Store

router = APIRouter(prefix="/v1/projects", tags=["projects"])

Row = Mapping[Any, Any]
_FIELDS = {"name": "string", "description": "string", "archived": "boolean"}


@route(router, "GET", "", AnybodyGate())
def projects(request: Request) -> Response:
    """The projects the caller may read, none for somebody unknown; `?forms=true` adds their forms, and
    `?datasets=true` their entity lists."""
    caller = identify(request)
    if caller is None:
        return answer(request, [])
    with _store(request).read() as session:
        mine = paging(request).of(projects_of(session, caller.actor))
        with_forms = is_true(request, "forms")
        with_lists = is_true(request, "datasets")
        extended = is_extended(request) or with_forms or with_lists
        figures = project_figures(session, mine, caller.actor) if extended else {}
        values = [_value(row, caller.actor, figures.get(row["id"])) for row in mine]
        if with_forms:
            for value in values:
                value["formList"] = form_list(session, value["id"], caller.actor)
        if with_lists:
            for value in values:
                value["datasetList"] = dataset_list(session, value["id"], caller.actor)
    return answer(request, values)


@route(router, "POST", "", SiteGate("project.create"), takes=_FIELDS)
def create(request: Request) -> Response:
    """Create a project."""
    given, may = fields(request), asked(request)
    name, description = needed_text(given, "name"), text(given, "description")
    archived, by = flag(given, "archived") or False, may.actor.uuid
    made = _store(request).write(lambda session: add_project(session, name, description, archived, by))
    return _one(request, made, may.actor)


@route(router, "GET", "/{project_id}", ProjectGate("project.read"))
def project(request: Request) -> Response:
    """One project; with extended metadata, its figures and what the caller may do."""
    may = asked(request)
    return _one(request, may.project_id, may.actor)


@route(router, "PATCH", "/{project_id}", ProjectGate("project.update"), takes=_FIELDS)
def change(request: Request) -> Response:
    """Change what is named: name, description, archived."""
    may, given = asked(request), fields(request)
    changes = {name: _read(given, name) for name in _FIELDS if name in given}
    by = may.actor.uuid
    _store(request).write(lambda session: change_project(session, may.project_id, changes, by))
    return _one(request, may.project_id, may.actor)


@route(router, "PUT", "/{project_id}", ProjectGate("project.update"), takes={**_FIELDS, "forms": "array"})
def replace(request: Request) -> Response:
    """Set all of a project: what is not named is emptied. With `forms`, the state of every form and exactly
    who has which role on it."""
    may, given = asked(request), fields(request)
    needed_text(given, "name")
    changes = {name: _read(given, name) for name in _FIELDS}
    wanted = None if given.get("forms") is None else read_form_access(given["forms"])
    by = may.actor.uuid

    def work(session: Any) -> None:
        change_project(session, may.project_id, changes, by)
        if wanted is not None:
            set_form_access(session, may.project_id, may.actor, wanted)

    _store(request).write(work)
    request.app.state.access.expire()
    request.app.state.catalogue.expire()
    return _one(request, may.project_id, may.actor)


@route(router, "DELETE", "/{project_id}", ProjectGate("project.delete"))
def delete(request: Request) -> Response:
    """Hide a project for good. What its tablets still hold for it is stored when they send it."""
    may = asked(request)
    by = may.actor.uuid
    _store(request).write(lambda session: delete_project(session, may.project_id, by))
    return answer(request, SUCCESS)


def form_list(session: ReadSession, project_id: int, who: Actor) -> Sequence[dict[str, Any]]:
    """The forms of a project, for those who may list them; others get none."""
    if project_verbs(who, project_id).isdisjoint({"form.list", "open_form.list"}):
        return []
    views = [
        view
        for view in list_form_views(session, project_id)
        if may_see(form_verbs(who, project_id, view.row["xml_form_id"]), view.row)
    ]
    return extended_values(session, project_id, views, who)


def dataset_list(session: ReadSession, project_id: int, who: Actor) -> Sequence[dict[str, Any]]:
    """The entity lists of a project, for those who may list them; others get none."""
    if "dataset.list" not in project_verbs(who, project_id):
        return []
    rows = list_datasets(session, project_id)
    figures = dataset_figures(session, [row["id"] for row in rows])
    return [dataset_value(row) | figures_value(figures.get(row["id"])) for row in rows]


def _one(request: Request, project_id: int, who: Actor) -> Response:
    with _store(request).read() as session:
        row = get_project(session, project_id)
        figures = project_figures(session, [row], who) if is_extended(request) else {}
    return answer(request, _value(row, who, figures.get(project_id)))


def project_value(row: Row) -> dict[str, Any]:
    """A project's row as the API shows it."""
    return {
        "id": row["id"],
        "name": row["name"],
        "description": row["description"],
        "archived": True if row["archived_at"] is not None else None,
        "keyId": row["key_id"],
        "createdAt": instant(row["created_at"]),
        "updatedAt": instant(row["updated_at"]),
        "deletedAt": instant(row["deleted_at"]),
    }


def _value(row: Row, who: Actor, figures: ProjectFigures | None) -> dict[str, Any]:
    value = project_value(row)
    if figures is None:
        return value
    return value | {
        "appUsers": figures.app_users,
        "forms": figures.forms,
        "lastSubmission": instant(figures.last_submission),
        "datasets": figures.datasets,
        "lastEntity": instant(figures.last_entity),
        "verbs": in_order(project_verbs(who, row["id"])),
    }


def _read(given: Mapping[str, Any], name: str) -> Any:
    return flag(given, name) if _FIELDS[name] == "boolean" else text(given, name)


def _store(request: Request) -> Store:
    store: Store = request.app.state.store
    return store
