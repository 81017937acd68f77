"""`/v1/roles`: the roles there are, with what each may do."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from server.central.answers import answer
from server.central.asking import paging
from server.central.routing import Gate, route
from sync.permissions import ROLES, SystemRole, find_role
from sync.problems import NotFound

router = APIRouter(prefix="/v1/roles", tags=["roles"])


@route(router, "GET", "", Gate())
def roles(request: Request) -> Response:
    """All roles."""
    return answer(request, [role_value(each) for each in paging(request).of(ROLES)])


@route(router, "GET", "/{role}", Gate())
def role(request: Request, role: str) -> Response:
    """One role, by its number or its name."""
    return answer(request, role_value(known_role(role)))


def known_role(name: str) -> SystemRole:
    """The role a path names. Raises NotFound."""
    found = find_role(name)
    if found is None:
        raise NotFound("There is no such role.", "GET /v1/roles lists them.")
    return found


def role_value(role: SystemRole) -> dict[str, Any]:
    return {
        "id": role.id,
        "name": role.name,
        "system": role.system,
        "createdAt": None,  # they came with the software
        "updatedAt": None,
        "verbs": list(role.verbs),
    }
