"""What a tablet is told when it asks what became of entities that it made offline, or still holds."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from server.conditional import CACHE_CONTROL
from server.openrosa.headers import OPENROSA_VERSION, TEXT_XML


def wanted_ids(request: Request) -> list[str] | None:
    """The ids a request names, in small letters; None when it names none."""
    given = request.query_params.get("id")
    return [part.strip().lower() for part in given.split(",") if part.strip()] if given else None


def states_response(request: Request, states: Sequence[tuple[str, bool]]) -> Response:
    """The states as a tablet reads them."""
    entities = "".join(
        f'<entity id="{uuid}"><deleted>{"true" if deleted else "false"}</deleted></entity>'
        for uuid, deleted in states
    )
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<data><entities>{entities}</entities></data>'
    headers = {**OPENROSA_VERSION, "Cache-Control": CACHE_CONTROL, "Content-Type": TEXT_XML}
    return Response(body.encode(), 200, headers)
