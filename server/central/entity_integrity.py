"""`.../datasets/{d}/integrity`: what became of entities, for tablets and for whoever fills in forms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from server.central.form_gates import store_of
from server.central.routing import ProjectGate, asked, route
from server.openrosa.integrity import states_response, wanted_ids
from sync.entities.datasets import find_dataset, get_dataset
from sync.entities.integrity import entity_states, may_ask
from sync.problems import Forbidden

router = APIRouter(prefix="/v1/projects/{project_id}", tags=["entity lists"])


class _ReaderGate(ProjectGate):
    """Whoever may list entities, or has a form that reads them: which form, the route finds out."""

    def allows(self, verbs: frozenset[str]) -> bool:
        return True


@route(router, "GET", "/datasets/{name}/integrity", _ReaderGate("entity.list"))
def integrity(request: Request, name: str) -> Response:
    """What became of the entities named by `?id=`, or of all: for whoever fills in a form on the web."""
    may = asked(request)
    with store_of(request).read() as session:
        if "entity.list" in may.verbs:
            row: Mapping[Any, Any] | None = get_dataset(session, may.project_id, name)
        else:
            row = find_dataset(session, may.project_id, name)
        if row is None or ("entity.list" not in may.verbs and not may_ask(session, row, may.actor)):
            raise Forbidden("No form of yours reads this list.", "Ask the project's manager.")
        return states_response(request, entity_states(session, row["id"], wanted_ids(request)))
