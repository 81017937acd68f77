"""Health: is it alive, can it take records, how far behind is it. Counts only: no names, answers or paths.

`/health/live` for whoever restarts it, `/health/ready` for whoever sends traffic to it, `/health` for whoever
runs it: to others it gives no counts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import orjson
from fastapi import APIRouter, Request
from starlette.responses import Response

from server.central.callers import identify, is_this_machine
from sync.backlog import read_backlog
from sync.migrate import check_schema
from sync.permissions import site_verbs
from sync.problems import Problem
from sync.store import WriteSession
from sync.writer import Group

WRITER_WAIT_S = 10.0

router = APIRouter(prefix="/health", include_in_schema=False)


def _touch(_session: WriteSession, items: Sequence[None]) -> Sequence[None]:
    """Nothing, in a transaction of the writer: the lock is taken and given back."""
    return items


_TOUCH: Group[None, None] = Group(_touch)


@router.api_route("/live", methods=["GET", "HEAD"])
async def live() -> Response:
    """The process answers."""
    return _answer(200, {"status": "ok"})


@router.api_route("/ready", methods=["GET", "HEAD"])
def ready(request: Request) -> Response:
    """Submissions can be taken: schema, durable database, free disk, a writer that writes. Else 503."""
    state = request.app.state
    checks = {
        "schema": lambda: check_schema(state.store.engine),  # connecting also checks that it is durable
        "disk": state.settings.space(state.store.data).check,
        "writer": lambda: state.store.writer.submit(_TOUCH, None).result(WRITER_WAIT_S),
    }
    found = {name: _tried(check) for name, check in checks.items()}
    ok = all(value == "ok" for value in found.values())
    return _answer(200 if ok else 503, {"status": "ok" if ok else "not ready", "checks": found})


@router.api_route("", methods=["GET", "HEAD"])
def backlog(request: Request) -> Response:
    """What waits, since when, what is parked and what is held: for who runs the server, from this machine or
    signed in. Others learn that it answers."""
    if not _may_count(request):
        return _answer(200, {"status": "ok"})
    with request.app.state.store.read() as session:
        return _answer(200, {"status": "ok", **read_backlog(session)})


def _may_count(request: Request) -> bool:
    """How much is held tells of records, and so not to everybody."""
    if is_this_machine(request):
        return True
    caller = identify(request)
    return caller is not None and "audit.read" in site_verbs(caller.actor)


def _tried(check: Callable[[], object]) -> str:
    try:
        check()
    except Problem as problem:
        return problem.code
    except TimeoutError:
        return "no answer"
    except Exception as error:
        return type(error).__name__
    return "ok"


def _answer(status: int, body: dict[str, Any]) -> Response:
    return Response(orjson.dumps(body), status, {"Cache-Control": "no-store"}, "application/json")
