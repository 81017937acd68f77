"""The geotag step: where a row lies, from what was declared and what was measured.

Flows in: the registered place and the area the form names, the device's position, the active release's index
and the project's places. Flows out: a `GeoTag` that keeps both sides and says which one the row is counted
under. The rules are decision 0003:

- A registered place outranks a position that contradicts it: the position is where somebody typed.
- Otherwise a position inside a polygon decides; a chosen area is compared with it, and flagged.
- Without a position: the place's own coordinates, its p-code, then the chosen area.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sync.places.index import Located, PlaceIndex
from sync.places.nearest import Sites
from sync.places.sphere import distance_m
from sync.steps.values import Area, GeoPoint, GeoTag, KnownPlace

PLACE_TOLERANCE_M = 5000.0
"""How far from its registered point a count may be typed: both banks of a crossing, a market, a station."""

AREA_TOLERANCE_M = 500.0
"""How far outside its area a declared unit may be measured: borders in boundary files are simplified."""

DEFAULT_ACCURACY_M = 20.0
"""Taken where the device reports none: a phone under an open sky."""

SITE_REACH_M = 1000.0
"""A row that names no place is given the nearest registered one within this distance."""


@dataclass(frozen=True, slots=True)
class _Basis:
    """One way of placing the row."""

    method: str
    areas: dict[int, Area]
    iso3: str | None
    snapped: bool = False


@dataclass(frozen=True, slots=True)
class _Comparison:
    """The position against what was declared. `apart_m` is None when nothing declared has a location."""

    apart_m: float | None = None
    tolerance_m: float = 0.0
    same_area: bool = True

    @property
    def contradicts(self) -> bool:
        return self.apart_m is not None and (not self.same_area or self.is_far)

    @property
    def is_far(self) -> bool:
        return self.apart_m is not None and self.apart_m > self.tolerance_m


def geotag(
    declared_place: KnownPlace | None,
    declared_pcode: str | None,
    point: GeoPoint | None,
    index: PlaceIndex | None,
    sites: Sites,
    *,
    declared_code: str | None = None,
) -> GeoTag:
    """Name the place of a row: areas by level, its site, and how well declared and measured agree.

    declared_place  registered place the form names
    declared_pcode  area chosen in the form: p-code, alias or unique name, of any level
    point           WGS84 degrees, accuracy in metres; one that is not on the globe counts as none
    index           areas of the active release; None when the project has none
    declared_code   the place code as written, where it is not registered

    Returns  GeoTag. Its flag is
        outside_declared  measured farther from what was declared than tolerance and accuracy allow
        no_polygon        no polygon around the position, or nothing that could be placed
        snapped           outside all polygons, within 2 km of the one it is counted under
        near_border       measured across a border but within tolerance, or the border passes through the
                          circle of accuracy: either side may be true, and no error
        ok                anything else
    """
    if point is not None and not _on_globe(point):
        point = None
    measured = index.locate(point.lon, point.lat) if index is not None and point is not None else None
    declared = _place_basis(declared_place, index)
    chosen = _area_basis(declared_pcode, index, "admin_choice")
    compared = _compare(declared_place, declared_pcode, point, measured, declared, index)
    by_position = None
    if measured is not None and measured.area is not None:
        by_position = _Basis("gps", measured.areas, measured.iso3, measured.snapped_m is not None)
    contradicted = declared is not None and compared.contradicts
    order = (declared, by_position, chosen) if contradicted else (by_position, declared, chosen)
    basis = next((b for b in order if b is not None), _Basis("none", {}, None))
    near = sites.nearest(point.lon, point.lat) if point is not None else None
    site = declared_place
    if site is None and declared_code is None and near and near[1] <= SITE_REACH_M:
        site = near[0]
    return GeoTag(
        method=basis.method,
        flag=_flag(basis, compared, point, measured, index),
        areas=dict(basis.areas),
        iso3=basis.iso3,
        place=site,
        declared_place=declared_place.code if declared_place else declared_code,
        declared_pcode=declared_pcode,
        measured_pcode=_deepest(measured.areas).code if measured is not None and measured.areas else None,
        nearest_place=near[0].code if near else None,
        nearest_m=round(near[1], 1) if near else None,
        position=point,
        distance_m=None if compared.apart_m is None else round(compared.apart_m, 1),
        converted=index.conversion(declared_pcode) if index is not None else None,
    )


def tag_columns(tag: GeoTag, release: str | None) -> dict[str, Any]:
    """The columns of a harmonised row that follow from its tag: the same for a first run and a re-tag.

    release  name of the boundary release the tag was made with
    """
    columns: dict[str, Any] = {
        "place_id": tag.place.code if tag.place else tag.declared_place,
        "place_name": (tag.place.name or None) if tag.place else None,
        "place_type": (tag.place.kind or None) if tag.place else None,
        "declared_pcode": tag.declared_pcode,
        "adm0_iso3": tag.iso3,
        "boundary_release": release if tag.areas else None,
        "lat": tag.position.lat if tag.position else None,
        "lon": tag.position.lon if tag.position else None,
        "gps_accuracy_m": tag.position.accuracy_m if tag.position else None,
        "geotag_method": tag.method,
        "geotag_flag": tag.flag,
        "geotag_distance_m": tag.distance_m,
    }
    for level in (1, 2, 3):
        area = tag.areas.get(level)
        columns[f"adm{level}_pcode"] = area.code if area else None
        columns[f"adm{level}_name"] = area.name if area else None
    return columns


def tag_row(tag: GeoTag, record_id: str, root_id: int, release_id: int) -> dict[str, Any]:
    """The row of table `tag`: kept for every release a record was placed by. release_id 0: no release."""
    return {
        "record_id": record_id,
        "release_id": release_id,
        "root_id": root_id,
        "declared_place": tag.declared_place,
        "declared_pcode": tag.declared_pcode,
        "measured_pcode": tag.measured_pcode,
        "nearest_place": tag.nearest_place,
        "nearest_m": tag.nearest_m,
        "method": tag.method,
        "flag": tag.flag,
        "distance_m": tag.distance_m,
        "pcodes": {str(level): area.code for level, area in sorted(tag.areas.items())},
    }


@lru_cache(maxsize=4096)  # the groups of a day, and of all days, are counted at the same few points
def _place_basis(place: KnownPlace | None, index: PlaceIndex | None) -> _Basis | None:
    """A registered place by its coordinates, else by its p-code."""
    if place is None or index is None:
        return None
    if place.lon is not None and place.lat is not None:
        located = index.locate(place.lon, place.lat)
        if located.area is not None:
            return _Basis("place", located.areas, located.iso3, located.snapped_m is not None)
    return _area_basis(place.pcode, index, "place")


def _area_basis(pcode: str | None, index: PlaceIndex | None, method: str) -> _Basis | None:
    position = index.match(pcode) if index is not None and pcode else None
    if index is None or position is None:
        return None
    areas, iso3 = index.chain(position)
    return _Basis(method, areas, iso3)


def _compare(
    place: KnownPlace | None,
    declared_pcode: str | None,
    point: GeoPoint | None,
    measured: Located | None,
    declared: _Basis | None,
    index: PlaceIndex | None,
) -> _Comparison:
    """The position against the place's coordinates, else the place's area, else the chosen area."""
    if point is None:
        return _Comparison()
    accuracy = _accuracy_m(point)
    if place is not None and place.lon is not None and place.lat is not None:
        apart = distance_m(point.lon, point.lat, place.lon, place.lat)
        same = not (measured and measured.areas and declared) or _same_deepest(measured.areas, declared.areas)
        return _Comparison(apart, PLACE_TOLERANCE_M + accuracy, same)
    pcode = place.pcode if place is not None and place.pcode else declared_pcode
    position = index.match(pcode) if index is not None and pcode else None
    if index is None or position is None:
        return _Comparison()
    area = index.area(position)
    if measured is not None and measured.areas.get(area.level) == area:
        return _Comparison(0.0, AREA_TOLERANCE_M + accuracy)
    apart = index.distance_m(position, point.lon, point.lat)
    return _Comparison(apart, AREA_TOLERANCE_M + accuracy, same_area=False)


def _flag(
    basis: _Basis,
    compared: _Comparison,
    point: GeoPoint | None,
    measured: Located | None,
    index: PlaceIndex | None,
) -> str:
    if compared.is_far:
        return "outside_declared"
    if not basis.areas or (measured is not None and measured.area is None):
        return "no_polygon"
    if not compared.same_area:
        return "near_border"
    if basis.snapped:
        return "snapped"
    if index is not None and point is not None and measured is not None and measured.area is not None:
        ring = _accuracy_m(point)
        if index.border_within(measured.area, point.lon, point.lat, ring):
            return "near_border"
    return "ok"


def _same_deepest(a: dict[int, Area], b: dict[int, Area]) -> bool:
    """Whether two chains agree down to the level both reach."""
    common = a.keys() & b.keys()
    return not common or a[max(common)] == b[max(common)]


def _deepest(areas: dict[int, Area]) -> Area:
    return areas[max(areas)]


def _accuracy_m(point: GeoPoint) -> float:
    accuracy = point.accuracy_m
    return accuracy if accuracy is not None and 0 < accuracy < math.inf else DEFAULT_ACCURACY_M


def _on_globe(point: GeoPoint) -> bool:
    return -180 <= point.lon <= 180 and -90 <= point.lat <= 90  # NaN is neither
