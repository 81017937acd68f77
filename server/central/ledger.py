"""`/v1/projects/{p}/app-users/{id}/ledger`: what came from its tablets, and what did not.

As JSON, and as a page to print. For whoever may list app users, as far as their scope of records reaches.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from server.central.answers import answer, instant
from server.central.asking import Id
from server.central.problems import OutOfRange, WrongType
from server.central.routing import ProjectGate, asked, route
from server.conditional import CACHE_CONTROL
from sync.app_users import AppUser, get_app_user
from sync.ledger.account import Account, account
from sync.ledger.safe import SafePage, safe_records
from sync.ledger.words import ledger_text
from sync.policy.scope import scope
from sync.store import Store

router = APIRouter(prefix="/v1/projects/{project_id}/app-users/{app_user_id}", tags=["app users"])

_PAGE, _LARGEST_PAGE = 1000, 10_000


@route(router, "GET", "/ledger", ProjectGate("field_key.list"))
def ledger(request: Request, app_user_id: Id) -> Response:
    """What was received, by device and form version; gaps, delays, missing files; records safe to delete, by
    `?limit=` and `?after=`."""
    user, told, safe = _read(request, app_user_id)
    return answer(request, _value(user, told, safe))


@route(router, "GET", "/ledger.txt", ProjectGate("field_key.list"))
def ledger_page(request: Request, app_user_id: Id) -> Response:
    """The same, short, to print."""
    user, told, safe = _read(request, app_user_id)
    text = ledger_text(user.name, user.last_seen_at, told, safe) + "\n"
    headers = {"Cache-Control": CACHE_CONTROL}
    return Response(text.encode(), 200, headers, "text/plain; charset=utf-8")


def _read(request: Request, app_user_id: int) -> tuple[AppUser, Account, SafePage]:
    store: Store = request.app.state.store
    may = asked(request)
    after, limit = _number(request, "after", 0), _number(request, "limit", _PAGE)
    if not 0 < limit <= _LARGEST_PAGE:
        raise OutOfRange(None)
    with store.read() as session:
        user = get_app_user(session, store.keyring, may.project_id, app_user_id)
        seen = scope(session, may.actor, may.project_id)
        told = account(session, store, seen, user.uuid)
        return user, told, safe_records(session, store, seen, user.uuid, after, limit)


def _value(user: AppUser, told: Account, safe: SafePage) -> dict[str, Any]:
    return {
        "appUser": {"id": user.id, "displayName": user.name},
        "lastSeen": instant(user.last_seen_at),
        "submissions": told.submissions,
        "edits": told.edits,
        "held": told.held,
        "conflicts": told.conflicts,
        "devices": [
            {
                "deviceId": each.device_id,
                "firstReceivedAt": instant(each.first_received_at),
                "lastReceivedAt": instant(each.last_received_at),
                "submissions": each.submissions,
            }
            for each in told.devices
        ],
        "formVersions": [
            {
                "xmlFormId": each.xml_form_id,
                "version": each.version,
                "submissions": each.submissions,
                "lastReceivedAt": instant(each.last_received_at),
            }
            for each in told.versions
        ],
        "sequences": [
            {
                "deviceId": each.device_id,
                "xmlFormId": each.xml_form_id,
                "first": each.first,
                "last": each.last,
                "received": each.received,
                "missing": [list(one) for one in each.missing],
                "missingCount": each.n_missing,
                "repeated": list(each.repeated),
                "question": each.question,
            }
            for each in told.sequences
        ],
        "lag": None
        if told.lag is None
        else {
            "records": told.lag.records,
            "medianSeconds": told.lag.median_s,
            "longestSeconds": told.lag.longest_s,
            "clockAhead": told.lag.clock_ahead,
        },
        "incomplete": [
            {
                "instanceId": item.instance_id,
                "xmlFormId": item.xml_form_id,
                "missing": list(item.missing),
                "missingWithheld": item.withheld,
            }
            for item in told.incomplete
        ],
        "safe": {
            "records": [{"xmlFormId": form, "instanceId": name} for form, name in safe.instance_ids],
            "next": safe.next,
        },
    }


def _number(request: Request, name: str, default: int) -> int:
    given = request.query_params.get(name)
    if given is None:
        return default
    if not given.isascii() or not given.isdigit() or len(given) > 18:
        raise WrongType(None, "integer")
    return int(given)
