"""`/v1/projects/{p}/held`: what was received and does not count, and one action for each.

Central has nothing like it: there such records stay on tablets. For whoever reviews records, in their
scope. An action says with `?dryRun=true` what would follow; done, it gives the decision by which it is
taken back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from server.central.answers import answer, instant
from server.central.asking import is_true, text
from server.central.problems import OutOfRange, WrongType
from server.central.routing import Asked, ProjectGate, asked, fields, route
from sync.held import acting
from sync.held.item import Item, told
from sync.held.kinds import Action, Kind
from sync.held.listing import Filters, find_held, list_held, names_of
from sync.policy.scope import scope
from sync.problems import Forbidden, NotFound
from sync.store import Store

router = APIRouter(prefix="/v1/projects/{project_id}/held", tags=["held"])

_LARGEST_PAGE = 1000


@route(router, "GET", "", ProjectGate("submission.update"))
def held(request: Request) -> Response:
    """What waits, by kind and age: `?kind=&reason=&form=&appUser=&deviceId=&instanceId=&state=open|decided`.

    `?limit=` items (100) and the `next` of which `?after=` begins the next page.
    """
    store, may = _store(request), asked(request)
    limit = _number(request, "limit") or 100
    if limit > _LARGEST_PAGE:
        raise OutOfRange(None)
    with store.read() as session:
        seen = scope(session, may.actor, may.project_id)
        page = list_held(session, store, seen, _filters(request), request.query_params.get("after"), limit)
        names = names_of(session, page.items)
    items = [_value(item, names, "internal" in seen.sees) for item in page.items]
    return answer(request, {"items": items, "next": page.next})


_TAKES = {"reason": "string", "edit": "string"}


@route(router, "POST", "/{held_id}/{action}", ProjectGate("submission.update"), _TAKES)
def act(request: Request, held_id: str, action: str) -> Response:
    """Adopt, assign, publish, discard, keep_both, use_this, retry, settle or reopen; `reason` says why, for
    the audit trail; `edit` names the edit of a branch that is to count."""
    store, may, given = _store(request), asked(request), fields(request)
    if action not in list(Action):
        raise NotFound("There is no such action.", f"There are {', '.join(Action)}.")
    wanted = acting.Request(Action(action), text(given, "reason") or "", text(given, "edit"), may.actor.uuid)
    with store.read() as session:
        items = find_held(session, store, scope(session, may.actor, may.project_id), held_id)
    item = acting.choose(items, wanted.action)
    _check(may, wanted.action)
    if is_true(request, "dryRun"):
        return answer(request, _done(item, acting.foresee(store, item, wanted), True))
    done = acting.act(store, item, wanted)
    if wanted.action is Action.ASSIGN:
        request.app.state.access.expire()
    if wanted.action is Action.PUBLISH:
        request.app.state.catalogue.expire()
    return answer(request, _done(item, done, False))


def _check(may: Asked, action: Action) -> None:
    if action is Action.PUBLISH and "form.update" not in may.verbs:
        raise Forbidden("Publishing a form takes the role of a manager.", "Ask one to publish it.")
    if action is Action.ASSIGN and "assignment.create" not in may.verbs:
        raise Forbidden("Giving a form to somebody takes the role of a manager.", "Adopt it, or ask one.")


def _done(item: Item, done: acting.Done, dry: bool) -> dict[str, Any]:
    return {
        "id": item.id,
        "kind": item.kind,
        "action": done.action,
        "dryRun": dry,
        "follows": list(done.follows),
        "decision": done.decision,
        "instanceId": done.instance_id,
    }


def _value(item: Item, names: Mapping[str, tuple[int, str]], sees_staff: bool) -> dict[str, Any]:
    said = told(item.kind, item.reason)
    sender = names.get(item.actor_uuid or "") if sees_staff else None
    return {
        "id": item.id,
        "kind": item.kind,
        "reason": item.reason,
        "why": said.why,
        "otherwise": said.else_ or None,
        "detail": item.detail,
        "xmlFormId": item.xml_form_id,
        "formVersion": item.form_version,
        "instanceId": item.instance_id,
        "deprecatedId": item.deprecated_id,
        "record": item.record,
        "appUser": None if sender is None else {"id": sender[0], "displayName": sender[1]},
        "deviceId": item.device_id if sees_staff else None,
        "since": instant(item.since),
        "missing": list(item.missing),
        "missingWithheld": item.withheld,
        "edits": list(item.edits),
        "actions": list(item.actions),
        "decision": item.decision,
        "outcome": item.outcome,
    }


def _filters(request: Request) -> Filters:
    asked_for = request.query_params
    kind, state = asked_for.get("kind"), asked_for.get("state", "open")
    if kind is not None and kind not in list(Kind):
        raise WrongType(kind, f"one of {', '.join(Kind)}")
    if state not in ("open", "decided"):
        raise WrongType(state, "open or decided")
    return Filters(
        kind=None if kind is None else Kind(kind),
        reason=asked_for.get("reason"),
        xml_form_id=asked_for.get("form"),
        app_user=_number(request, "appUser"),
        device_id=asked_for.get("deviceId"),
        instance_id=asked_for.get("instanceId"),
        decided=state == "decided",
    )


def _number(request: Request, name: str) -> int | None:
    given = request.query_params.get(name)
    if given is None:
        return None
    if not given.isascii() or not given.isdigit() or len(given) > 9:
        raise WrongType(None, "integer")
    return int(given)


def _store(request: Request) -> Store:
    store: Store = request.app.state.store
    return store
