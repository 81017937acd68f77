"""`POST /v1/projects/{p}/key` begins managed encryption; keys as the API shows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from server.central.answers import SUCCESS, answer, instant
from server.central.asking import needed_text, text
from server.central.routing import ProjectGate, asked, fields, route
from sync.managed_keys import begin_managed_encryption
from sync.store import Store

router = APIRouter(prefix="/v1/projects", tags=["encryption"])

_TAKES = {"passphrase": "string", "hint": "string"}


@route(router, "POST", "/{project_id}/key", ProjectGate("project.update"), takes=_TAKES)
def begin(request: Request) -> Response:
    """Have every form of the project encrypt its answers, now and from now on. There is no way back, and no
    way to the answers without the passphrase, which is not kept."""
    may, given = asked(request), fields(request)
    passphrase, hint = needed_text(given, "passphrase"), text(given, "hint")
    store: Store = request.app.state.store
    begin_managed_encryption(store, may.project_id, passphrase, hint, may.actor.uuid)
    return answer(request, SUCCESS)


def key_value(row: Mapping[Any, Any]) -> dict[str, Any]:
    """A key's public half, and whether the server has the other under a passphrase."""
    return {
        "id": row["id"],
        "public": row["public"],
        "managed": row["is_managed"],
        "hint": row["hint"],
        "createdAt": instant(row["created_at"]),
    }
