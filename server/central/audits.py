"""`/v1/audits`: who did what when, the newest first.

`?action=` takes one action or a group (user, field_key, public_link, project, form, submission, dataset,
entity, nonverbose), `?start=` and `?end=` a date or an instant, both included. Without `?limit=` the newest
thousands come, no more than MOST: ask for more with `?offset=`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from server.central.actors import actor_value
from server.central.answers import answer, instant
from server.central.asking import is_extended, paging
from server.central.dataset_values import dataset_value
from server.central.entity_errors import numbered
from server.central.form_values import form_value
from server.central.problems import WrongType
from server.central.projects import project_value
from server.central.routing import SiteGate, route
from sync.actees import Actee, actees_of
from sync.assignments import actors_by_uuid
from sync.audits import Asked, Event, list_events
from sync.form_reading import view_of
from sync.store import ReadSession, Store

router = APIRouter(prefix="/v1/audits", tags=["audits"])

MOST = 10_000


@route(router, "GET", "", SiteGate("audit.read"))
def audits(request: Request) -> Response:
    """The events that are asked for; with extended metadata, who did it and to what."""
    query, page = request.query_params, paging(request)
    limit = min(MOST if page.limit is None else page.limit, MOST)
    asked = Asked(
        query.get("action") or None, _instant(query.get("start")), _instant(query.get("end")),
        page.offset, limit,
    )  # fmt: skip
    store: Store = request.app.state.store
    with store.read() as session:
        return answer(request, _values(session, list_events(session, asked), is_extended(request)))


def _values(session: ReadSession, events: Sequence[Event], extended: bool) -> list[dict[str, Any]]:
    actors = actors_by_uuid(session, [event.actor_uuid for event in events if event.actor_uuid])
    found = actees_of(session, {event.actee_uuid for event in events if event.actee_uuid}) if extended else {}
    shown = {uuid: _actee(session, actee) for uuid, actee in found.items()}
    values = []
    for event in events:
        who = actors.get(event.actor_uuid or "")
        value: dict[str, Any] = {
            "actorId": None if who is None else who["id"],
            "action": event.action,
            "acteeId": event.actee_uuid,
            "details": numbered(event.details),
            "loggedAt": instant(event.at),
            "notes": event.notes,
        }
        if extended and who is not None:
            value["actor"] = actor_value(who)
        if event.actee_uuid in shown:
            value["actee"] = shown[event.actee_uuid]
        values.append(value)
    return values


def _actee(session: ReadSession, actee: Actee) -> dict[str, Any]:
    row: Mapping[Any, Any] = actee.row
    if actee.kind == "actor":
        return actor_value(row) | {"deletedAt": instant(row["revoked_at"])}
    if actee.kind == "project":
        return project_value(row)
    if actee.kind == "dataset":
        return dataset_value(row, deleted=row["deleted_at"] is not None)
    return form_value(session, view_of(session, row))


_DATE = re.compile(
    r"(?P<day>\d{4}-\d{2}-\d{2})(?:[T ](?P<time>\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?))?"
    r"(?P<zone>Z|[+-]\d{2}:?\d{2})?"
)


def _instant(given: str | None) -> datetime | None:
    """A date or an instant, in UTC where it names no zone. Raises WrongType."""
    if not given:
        return None
    found = _DATE.fullmatch(given.replace(" ", "+") if re.search(r" \d{2}:?\d{2}$", given) else given)
    if found is None:
        raise WrongType(given, "ISO 8601 date")
    zone = (found["zone"] or "Z").replace("Z", "+00:00")
    try:
        return datetime.fromisoformat(f"{found['day']}T{found['time'] or '00:00'}{zone}").astimezone(UTC)
    except (ValueError, OverflowError):  # the first or the last day there is, in another zone
        raise WrongType(given, "ISO 8601 date") from None
