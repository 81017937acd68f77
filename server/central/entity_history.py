"""`.../entities/{uuid}/versions`, `/diffs` and `/audits`: what became of one entity, and by whom."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from server.central.actors import actor_value
from server.central.answers import answer, instant
from server.central.asking import is_extended, is_true, paging
from server.central.entity_bodies import path_uuid
from server.central.entity_sources import sources_value
from server.central.entity_values import Actors, EntityView, diffs_value, entity_view, version_value
from server.central.routing import ProjectGate, asked, route
from sync.assignments import actors_by_uuid
from sync.entities.conflicts import Judged, judge
from sync.entities.datasets import get_dataset
from sync.entities.history import entity_audits
from sync.entities.reading import EntityRow, VersionRow, get_entity, versions_of
from sync.store import ReadSession, Store

router = APIRouter(prefix="/v1/projects/{project_id}/datasets/{name}/entities/{uuid}", tags=["entities"])


@route(router, "GET", "/versions", ProjectGate("entity.read"))
def versions(request: Request, name: str, uuid: str) -> Response:
    """Every version with what it came with and what it contradicts; `?relevantToConflict=true` only those
    that somebody has to look at who settles a conflict."""
    store, may = _store(request), asked(request)
    extended, relevant = is_extended(request), is_true(request, "relevantToConflict")
    with store.read() as session:
        entity, found, view = _read(session, store, request, name, uuid)
        judged = [one for one in judge(found, entity.resolved_version) if one.is_relevant or not relevant]
        makers = {one.creator_uuid for one in found if one.creator_uuid}
        actors = actors_by_uuid(session, makers) if view.shows_staff else {}
        sources = sources_value(session, store, may.actor, found)
        values = [
            _judged(one, view, actors, one.version.version == entity.version, extended)
            | {"source": sources[one.version.version]}
            for one in paging(request).of(judged)
        ]
    return answer(request, values)


@route(router, "GET", "/diffs", ProjectGate("entity.read"))
def diffs(request: Request, name: str, uuid: str) -> Response:
    """What each version changed of the one before it."""
    store = _store(request)
    with store.read() as session:
        _, found, view = _read(session, store, request, name, uuid)
    return answer(request, diffs_value(found, view))


@route(router, "GET", "/audits", ProjectGate("entity.read"))
def audits(request: Request, name: str, uuid: str) -> Response:
    """What was done with an entity, the newest first, with the submission that made each version."""
    store, may = _store(request), asked(request)
    with store.read() as session:
        entity, found, _ = _read(session, store, request, name, uuid)
        dataset = get_dataset(session, may.project_id, name)
        sources = sources_value(session, store, may.actor, found)
        source_id = found[0].source["id"] if found and found[0].source else None
        events = entity_audits(session, entity.uuid, dataset["uuid"], source_id)
        rows = paging(request).of(events)
        actors = actors_by_uuid(session, {row["actor_uuid"] for row in rows if row["actor_uuid"]})
        values = []
        for row in rows:
            detail = {key: value for key, value in row["detail"].items() if key != "dataset"}
            number = 1 if row["action"] == "entity.bulk.create" else detail.pop("version", None)
            source = sources.get(number)
            if source is not None:
                detail["source"] = source
            actor = actors.get(row["actor_uuid"] or "")
            values.append(
                {
                    "actorId": None if actor is None else actor["id"],
                    "action": row["action"],
                    "acteeId": dataset["uuid"],
                    "details": detail,
                    "loggedAt": instant(row["at"]),
                    "notes": None,
                    "actor": None if actor is None else actor_value(actor),
                }
            )
    return answer(request, values)


def _read(
    session: ReadSession, store: Store, request: Request, name: str, uuid: str
) -> tuple[EntityRow, list[VersionRow], EntityView]:
    may = asked(request)
    row = get_dataset(session, may.project_id, name)
    entity = get_entity(session, store.keyring, row["id"], path_uuid(uuid))
    view = entity_view(session, may.actor, may.project_id, row["id"])
    return entity, versions_of(session, store.keyring, entity.id), view


def _judged(one: Judged, view: EntityView, actors: Actors, current: bool, extended: bool) -> dict[str, Any]:
    value = version_value(one.version, view, actors, current, extended)
    return value | {
        "conflict": one.conflict,
        "resolved": one.is_resolved,
        "baseDiff": list(one.base_diff),
        "serverDiff": list(one.server_diff),
        "lastGoodVersion": one.is_last_good,
        "relevantToConflict": one.is_relevant,
    }


def _store(request: Request) -> Store:
    store: Store = request.app.state.store
    return store
