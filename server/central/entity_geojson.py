"""`.../entities.geojson` of a list and of one entity: the positions in their property `geometry`.

Text as a form writes it (`lat lon alt accuracy`, several with `;` between) becomes a point, a line or, where
it ends where it began, a polygon. An entity without a position that can be read is no feature.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from server.central.answers import answer
from server.central.asking import is_true
from server.central.entity_bodies import path_uuid
from server.central.entity_query import read_query
from server.central.entity_values import EntityView, entity_view
from server.central.routing import ProjectGate, asked, route
from sync.entities.datasets import get_dataset
from sync.entities.reading import EntityRow, get_entity
from sync.store import Store

router = APIRouter(prefix="/v1/projects/{project_id}/datasets/{name}", tags=["entities"])

_GEOMETRY = "geometry"
_GEOJSON = "application/geo+json; charset=utf-8"


@route(router, "GET", "/entities.geojson", ProjectGate("entity.list"))
def entities(request: Request, name: str) -> Response:
    """The positions of a list's entities. $filter and $search as in OData; `?limit=` the most features."""
    store: Store = request.app.state.store
    may = asked(request)
    with store.read() as session:
        row = get_dataset(session, may.project_id, name)
        view = entity_view(session, may.actor, may.project_id, row["id"])
        found = read_query(request.query_params.multi_items(), view).entities(session, store, row["id"])
    features = list(_features(found, view))
    limit = request.query_params.get("limit", "")
    return _answer(request, features[: int(limit)] if limit.isdecimal() else features)


@route(router, "GET", "/entities/{uuid}/geojson", ProjectGate("entity.read"))
def entity(request: Request, name: str, uuid: str) -> Response:
    """The position of one entity."""
    store: Store = request.app.state.store
    may = asked(request)
    with store.read() as session:
        row = get_dataset(session, may.project_id, name)
        view = entity_view(session, may.actor, may.project_id, row["id"])
        found = get_entity(session, store.keyring, row["id"], path_uuid(uuid), is_true(request, "deleted"))
    return _answer(request, list(_features([found], view)))


def _answer(request: Request, features: Sequence[dict[str, Any]]) -> Response:
    response = answer(request, {"type": "FeatureCollection", "features": features})
    if response.status_code == 200:
        response.headers["Content-Type"] = _GEOJSON
    return response


def _features(rows: Iterable[EntityRow], view: EntityView) -> Iterable[dict[str, Any]]:
    for row in rows:
        geometry = read_geometry(view.cell(row.current, _GEOMETRY))
        if geometry is not None:
            yield {
                "type": "Feature",
                "id": row.uuid,
                "geometry": geometry,
                "properties": None,
            }


def read_geometry(text: str) -> dict[str, Any] | None:
    """GeoJSON of a position, a line or an area as forms write them; None for what is none of them."""
    points = [_point(part) for part in text.split(";") if part.strip()]
    if not points or any(point is None for point in points):
        return None
    if len(points) == 1:
        return {"type": "Point", "coordinates": points[0]}
    if len(points) > 3 and points[0] == points[-1]:
        return {"type": "Polygon", "coordinates": [points]}
    return {"type": "LineString", "coordinates": points}


def _point(text: str) -> list[float] | None:
    """[lon, lat, altitude]"""
    try:
        lat, lon, *more = (float(part) for part in text.split())
    except ValueError:
        return None
    if not (-90 <= lat <= 90 and -180 <= lon <= 180) or len(more) > 2:
        return None
    return [lon, lat, *more[:1]]
