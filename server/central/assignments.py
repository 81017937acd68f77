"""Assignments: who has which role on the site, on a project, on a form.

Nobody gives or takes a role that may do more than they may themselves at that place.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from server.central.actors import actor_value
from server.central.answers import SUCCESS, answer
from server.central.asking import Id, is_extended, paging
from server.central.roles import known_role
from server.central.routing import Asked, FormGate, Gate, ProjectGate, SiteGate, asked, route
from sync.assignments import Place, actors_by_id, give_role, list_assignments, take_role
from sync.permissions import SystemRole, may_give
from sync.problems import Forbidden
from sync.store import Store

router = APIRouter(prefix="/v1", tags=["assignments"])

_LEVELS: tuple[tuple[str, type[Gate]], ...] = (
    ("", SiteGate),
    ("/projects/{project_id}", ProjectGate),
    ("/projects/{project_id}/forms/{xml_form_id}", FormGate),
)


def _listed(request: Request) -> Response:
    """Who has which role here."""
    return answer(request, _assignments(request, _place(asked(request)), None))


def _holders(request: Request, role: str) -> Response:
    """Who has this role here."""
    at, store = _place(asked(request)), _store(request)
    with store.read() as session:
        held = list_assignments(session, at, known_role(role))
        actors = actors_by_id(session, [each.actor_id for each in held])
    ids = paging(request).of(list(dict.fromkeys(each.actor_id for each in held)))
    return answer(request, [actor_value(actors[actor_id]) for actor_id in ids])


def _give(request: Request, role: str, actor_id: Id) -> Response:
    """Give an actor a role here."""
    may, given = asked(request), known_role(role)
    _check_may_give(may, given)
    by = may.actor.uuid
    _store(request).write(lambda session: give_role(session, _place(may), given, actor_id, by))
    request.app.state.access.expire()
    return answer(request, SUCCESS)


def _take(request: Request, role: str, actor_id: Id) -> Response:
    """Take a role away from an actor here."""
    may, taken = asked(request), known_role(role)
    _check_may_give(may, taken)
    by = may.actor.uuid
    _store(request).write(lambda session: take_role(session, _place(may), taken, actor_id, by))
    request.app.state.access.expire()
    return answer(request, SUCCESS)


@route(router, "GET", "/projects/{project_id}/assignments/forms", ProjectGate("assignment.list"))
def on_forms(request: Request) -> Response:
    """Who has which role on which form of the project."""
    return answer(request, _assignments(request, _place(asked(request)), None, on_forms=True))


@route(router, "GET", "/projects/{project_id}/assignments/forms/{role}", ProjectGate("assignment.list"))
def on_forms_by_role(request: Request, role: str) -> Response:
    """Who has this role on which form of the project."""
    at = _place(asked(request))
    return answer(request, _assignments(request, at, known_role(role), on_forms=True))


for _prefix, _gate in _LEVELS:
    route(router, "GET", f"{_prefix}/assignments", _gate("assignment.list"))(_listed)
    route(router, "GET", f"{_prefix}/assignments/{{role}}", _gate("assignment.list"))(_holders)
    _one = f"{_prefix}/assignments/{{role}}/{{actor_id}}"
    route(router, "POST", _one, _gate("assignment.create"))(_give)
    route(router, "DELETE", _one, _gate("assignment.delete"))(_take)


def _assignments(
    request: Request, at: Place, role: SystemRole | None, on_forms: bool = False
) -> list[dict[str, Any]]:
    with _store(request).read() as session:
        held = paging(request).of(list_assignments(session, at, role, on_forms))
        actors = actors_by_id(session, [each.actor_id for each in held]) if is_extended(request) else {}
    return [
        {
            "actorId": each.actor_id,
            "roleId": each.role.id,
            **({"xmlFormId": each.xml_form_id} if on_forms else {}),
            **({"actor": actor_value(actors[each.actor_id])} if actors else {}),
        }
        for each in held
    ]


def _place(may: Asked) -> Place:
    if may.project is None:
        return Place()
    return Place(may.project_id, None if may.form is None else may.form["xml_form_id"])


def _check_may_give(may: Asked, role: SystemRole) -> None:
    if not may_give(may.verbs, role):
        raise Forbidden(f"The role {role.system} may do what you may not here.", "Ask somebody who has it.")


def _store(request: Request) -> Store:
    store: Store = request.app.state.store
    return store
