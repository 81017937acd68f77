"""`X-View-As: ID` on a request that reads: answered as it would be to that actor, and no further.

Whoever may assign roles at the place may ask so. The answer says by `X-Viewed-As` as whom it was given, and
is nobody else's copy. A request that would change something is refused, whoever sends it.
"""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sync.access import Actor
from sync.policy.viewing import view_as
from sync.problems import Forbidden, Invalid
from sync.store import Store

HEADER = "X-View-As"
ANSWERED = "X-Viewed-As"
_READING = ("GET", "HEAD")
_LARGEST = 2**31 - 1


def viewed(request: Request, caller: Actor) -> Actor:
    """The actor a request is answered to: its caller, or the one the caller looks as.

    A caller who has nothing to do with the project stays who they are, and is told what they are told always.
    Raises Forbidden, Invalid (no id), NotFound.
    """
    asked = request.headers.get(HEADER)
    if asked is None:
        return caller
    if request.method not in _READING:
        raise Forbidden("Looking as somebody else changes nothing.", f"Leave {HEADER} out to change it.")
    if not asked.isascii() or not asked.isdigit() or len(asked) > 10 or not 0 < int(asked) <= _LARGEST:
        raise Invalid(
            f"{HEADER} is not the id of an actor.", "The lists of users and app users have the ids."
        )
    project_id = _project_of(request)
    if project_id is not None and not caller.on(project_id):
        return caller
    store: Store = request.app.state.store
    found = view_as(store, caller, int(asked), project_id, f"{request.method} {request.url.path}")
    request.state.viewed_as = found.id
    return found


def _project_of(request: Request) -> int | None:
    given = str(request.path_params.get("project_id", ""))
    return int(given) if given.isascii() and given.isdigit() and len(given) < 11 else None


class Viewing:
    """ASGI middleware: says in the answer as whom it was given."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not any(name == b"x-view-as" for name, _ in scope["headers"]):
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})

        async def send_with_header(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.add_vary_header(HEADER)
                if "viewed_as" in state:
                    headers[ANSWERED] = str(state["viewed_as"])
            await send(message)

        await self._app(scope, receive, send_with_header)
