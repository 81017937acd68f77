"""`/v1/projects/{p}/webhooks`: who is told when records come, are edited, held or reviewed.

For whoever may change the project. The secret is told when a webhook is made, and never again. Central has
no such resource; shapes and casing are as in its API.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from server.central.answers import SUCCESS, answer, instant
from server.central.asking import Id, flag, needed_text, paging, text
from server.central.problems import WrongType
from server.central.routing import ProjectGate, asked, fields, route
from server.webhooks.address import Policy, check_url
from sync.store import Store
from sync.tables.webhooks import DeliveryState
from sync.webhooks import queue
from sync.webhooks.hooks import Hook, change_hook, create_hook, delete_hook, get_hook, list_hooks

router = APIRouter(prefix="/v1/projects/{project_id}/webhooks", tags=["webhooks"])

_VERB = "project.update"
_TAKES = {"url": "string", "name": "string", "events": "array", "forms": "array"}


@route(router, "GET", "", ProjectGate(_VERB))
def webhooks(request: Request) -> Response:
    """The project's webhooks, with how much waits and how much was given up."""
    with _store(request).read() as session:
        found = list_hooks(session, asked(request).project_id)
    return answer(request, [_value(hook) for hook in paging(request).of(found)])


@route(router, "POST", "", ProjectGate(_VERB), takes=_TAKES)
def create(request: Request) -> Response:
    """Tell an address from now on. `secret`, which deliveries are signed with, is told here only."""
    store, may, given = _store(request), asked(request), fields(request)
    url = check_url(needed_text(given, "url"), _policy(request))
    name, events = text(given, "name") or "", _texts(given, "events") or ()
    forms = _texts(given, "forms")
    hook, secret = store.write(
        lambda session: create_hook(
            session, store.keyring, may.project_id, url, name, events, forms, may.actor.uuid
        )
    )
    return answer(request, _value(hook) | {"secret": secret})


@route(router, "GET", "/{webhook_id}", ProjectGate(_VERB))
def webhook(request: Request, webhook_id: Id) -> Response:
    """One webhook."""
    return answer(request, _value(_hook(request, webhook_id)))


@route(router, "PATCH", "/{webhook_id}", ProjectGate(_VERB), takes={**_TAKES, "paused": "boolean"})
def change(request: Request, webhook_id: Id) -> Response:
    """Change address, name, events, forms, or whether it is paused; what is not named stays."""
    store, may, given = _store(request), asked(request), fields(request)
    changes: dict[str, Any] = {name: text(given, name) for name in ("url", "name") if given.get(name)}
    if "url" in changes:
        check_url(changes["url"], _policy(request))
    changes |= {name: _texts(given, name) for name in ("events", "forms") if name in given}
    if (paused := flag(given, "paused")) is not None:
        changes["paused"] = paused
    changed = store.write(
        lambda session: change_hook(session, may.project_id, webhook_id, changes, may.actor.uuid)
    )
    return answer(request, _value(changed))


@route(router, "DELETE", "/{webhook_id}", ProjectGate(_VERB))
def delete(request: Request, webhook_id: Id) -> Response:
    """End a webhook; what waits for it is not sent."""
    may = asked(request)
    _store(request).write(lambda session: delete_hook(session, may.project_id, webhook_id, may.actor.uuid))
    return answer(request, SUCCESS)


@route(router, "POST", "/{webhook_id}/test", ProjectGate(_VERB))
def test(request: Request, webhook_id: Id) -> Response:
    """Put a delivery that says `test` at the end of the queue."""
    hook = _hook(request, webhook_id)
    made = _store(request).write(lambda session: queue.queue_test(session, hook))
    return _delivery(request, hook, made)


@route(router, "GET", "/{webhook_id}/deliveries", ProjectGate(_VERB))
def deliveries(request: Request, webhook_id: Id) -> Response:
    """What was told or is to be told, the newest first; `?state=waiting`, `delivered` or `parked`."""
    hook = _hook(request, webhook_id)
    with _store(request).read() as session:
        rows = queue.list_deliveries(session, hook, request.query_params.get("state"))
    return answer(request, [delivery_value(row) for row in paging(request).of(rows)])


@route(router, "POST", "/{webhook_id}/deliveries/{delivery_id}/redeliver", ProjectGate(_VERB))
def redeliver(request: Request, webhook_id: Id, delivery_id: str) -> Response:
    """Send one again, under the same id."""
    hook = _hook(request, webhook_id)
    _store(request).write(lambda session: queue.redeliver(session, hook, delivery_id))
    return _delivery(request, hook, delivery_id)


def delivery_value(row: Mapping[Any, Any]) -> dict[str, Any]:
    """A delivery as the API and the command line show it."""
    return {
        "id": row["uuid"],
        "event": row["event"],
        "state": row["state"],
        "attempts": row["attempts"],
        "status": row["status"],
        "said": row["said"],
        "createdAt": instant(row["created_at"]),
        "nextAttemptAt": instant(row["next_at"]) if row["state"] == DeliveryState.WAITING else None,
        "settledAt": instant(row["settled_at"]),
        "body": orjson.loads(row["body"]),
    }


def _value(hook: Hook) -> dict[str, Any]:
    return {
        "id": hook.id,
        "projectId": hook.project_id,
        "name": hook.name,
        "url": hook.url,
        "events": list(hook.events),
        "forms": None if hook.forms is None else list(hook.forms),
        "state": "active" if hook.paused_at is None else "paused",
        "waiting": hook.waiting,
        "parked": hook.parked,
        "createdAt": instant(hook.created_at),
        "updatedAt": instant(hook.updated_at),
    }


def _delivery(request: Request, hook: Hook, delivery_id: str) -> Response:
    with _store(request).read() as session:
        return answer(request, delivery_value(queue.get_delivery(session, hook, delivery_id)))


def _hook(request: Request, webhook_id: int) -> Hook:
    with _store(request).read() as session:
        return get_hook(session, asked(request).project_id, webhook_id)


def _texts(given: Mapping[str, Any], name: str) -> Sequence[str] | None:
    value = given.get(name)
    if value is not None and not (isinstance(value, list) and all(isinstance(one, str) for one in value)):
        raise WrongType(None, "array of strings")
    return value


def _policy(request: Request) -> Policy:
    return Policy.allowing(request.app.state.settings.webhooks.private)


def _store(request: Request) -> Store:
    store: Store = request.app.state.store
    return store
