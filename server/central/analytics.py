"""`/v1/analytics/preview`: what a report of usage would say. This server sends none, whatever is set."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from server.central.answers import answer
from server.central.routing import SiteGate, asked, route
from sync.store import Store
from sync.usage import usage

router = APIRouter(prefix="/v1/analytics", tags=["config"])


@route(router, "GET", "/preview", SiteGate("analytics.read"))
def preview(request: Request) -> Response:
    """Counts of the site and of each project; `recent` is of the last 45 days."""
    store: Store = request.app.state.store
    with store.read() as session:
        return answer(request, usage(session, asked(request).actor))
