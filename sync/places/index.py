"""Which areas a point lies in: point in polygon over a mapped file, decoded as points ask for it.

Flows in: the file of sync/places/index_file.py. Flows out: areas by level, borders, distances, codes by name.
Opening costs milliseconds whatever the number of areas; a polygon is decoded and prepared when the first
point falls into its box, and kept while it is among the recently used.
"""

from __future__ import annotations

import contextlib
import json
import zlib
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import floor
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from sync.places.countries import other_prefix
from sync.places.gazetteer import Gazetteer, NamedArea
from sync.places.index_file import IndexDamaged, cell_of, exact_key, folded_key, key_of, map_index
from sync.places.matching import CONVERSIONS, match_area
from sync.places.sphere import Floats, degrees_around, distance_to_segments_m
from sync.steps.values import Area

SNAP_M = 2000.0
"""How far off a point outside all polygons may be and still count as lying in the nearest: simplified borders
and river banks are off by hundreds of metres."""

_KEPT_BYTES = 48 << 20  # WKB of decoded polygons kept; prepared they take three times that


@dataclass(frozen=True, slots=True)
class Located:
    """Areas around a point. `area` is the position of the deepest one, None when there is none."""

    areas: dict[int, Area]  # by level
    iso3: str | None
    area: int | None
    snapped_m: float | None = None  # distance to `area` when the point lies outside it


_NOWHERE = Located({}, None, None)
_Box = tuple[int, float, float, float, float]


class PlaceIndex:
    """The areas of one boundary release. Read-only, and safe to share between threads."""

    @classmethod
    def open(cls, path: Path) -> PlaceIndex:
        """Raises FileNotFoundError, IndexDamaged."""
        return cls(path)

    def __init__(self, path: Path) -> None:
        self._map, footer, arrays = map_index(path)
        self.content_hash: str = footer["content_hash"]
        self.count: int = footer["count"]
        self._bbox, self._level, self._parent = arrays["bbox"], arrays["level"], arrays["parent"]
        self._wkb_start, self._wkb_crc = arrays["wkb_start"], arrays["wkb_crc"]
        self._facts, self._fact_start = arrays["facts"], arrays["fact_start"]
        self._cell = float(arrays["cell_size"][0])
        self._cell_key, self._cell_start, self._cell_area = (
            arrays["cell_key"], arrays["cell_start"], arrays["cell_area"],
        )  # fmt: skip
        self._key, self._key_area = arrays["key"], arrays["key_area"]
        self._has_children = np.zeros(self.count, bool)
        self._has_children[self._parent[self._parent >= 0]] = True
        self._levels = frozenset(int(level) for level in np.unique(self._level))
        self._polygons: OrderedDict[int, Any] = OrderedDict()
        self._polygon_bytes = 0
        self._decoding = Lock()
        self._boxes = lru_cache(maxsize=8192)(self._boxes_of_cell)
        self._chain = lru_cache(maxsize=8192)(self._chain_of)
        self._border = lru_cache(maxsize=1024)(self._border_of)
        self._matched = lru_cache(maxsize=4096)(self._match_of)

    def locate(self, lon: float, lat: float) -> Located:
        """The areas around a point (WGS84 degrees).

        The deepest area around it decides, with its parents; a level its parents leave out is looked up by
        itself. Of two that overlap the lowest code has it. Outside all, or in a gap between the children of
        the deepest area, the nearest unit within 2 km is taken, with its distance in `snapped_m`.
        """
        if not (-180 <= lon <= 180 and -90 <= lat <= 90):
            return _NOWHERE
        candidates = self._boxes(floor((lon + 180.0) / self._cell), floor((lat + 90.0) / self._cell))
        hit = self._first_around(candidates, lon, lat)
        if hit is None or self._has_children[hit]:
            near, distance = self._nearest_within(lon, lat, SNAP_M, below=hit)
            if near is not None:
                return self._located(near, lon, lat, candidates, distance)
        return _NOWHERE if hit is None else self._located(hit, lon, lat, candidates, None)

    def locate_many(self, points: Floats) -> list[Located]:
        """`locate` for an (n, 2) array of lon, lat: the same answers, found polygon by polygon."""
        first = self._first_around_many(points)
        found: list[Located] = []
        for (lon, lat), hit in zip(points.tolist(), first.tolist(), strict=True):
            areas, iso3, is_complete = self._chain(hit) if hit >= 0 else ({}, None, False)
            if is_complete and not self._has_children[hit]:
                found.append(Located(dict(areas), iso3, hit))
            else:
                found.append(self.locate(lon, lat))
        return found

    def find(self, code: str) -> int | None:
        """The area of a code, of an alias or of a name that is unique at its level; None: unknown."""
        for key in (exact_key(code), folded_key(code)):
            at = int(np.searchsorted(self._key, np.bytes_(key)))
            if at < len(self._key) and self._key[at] == key:
                return int(self._key_area[at])
        return None

    def match(self, text: str) -> int | None:
        """The area of a code, alias or unique name, else of a code written otherwise: with the country's
        other prefix, other zeros, other letters (sync/places/matching.py). None: unknown or ambiguous."""
        return self._matched(text)[0]

    def conversion(self, text: str | None) -> str | None:
        """What `match` changed to find the area, in words; None where the text itself names one, or none."""
        return self._matched(text)[1] if text else None

    def area(self, position: int) -> Area:
        """The area at a position, as `find` and `Located.area` give it."""
        code, name, _ = self._fact(position)
        return Area(code, name, int(self._level[position]))

    def chain(self, position: int) -> tuple[dict[int, Area], str | None]:
        """The area and those above it by level, and the country's ISO 3166 code."""
        areas, iso3, _ = self._chain(position)
        return dict(areas), iso3

    def contains(self, position: int, lon: float, lat: float) -> bool:
        return bool(shapely.intersects_xy(self._polygon(position), lon, lat))

    def passed_by(self, line: Any) -> list[Area]:
        """The areas a line runs through, upper levels first, by code. Touching a border is not passing."""
        west, south, east, north = line.bounds
        near = np.flatnonzero(
            (self._bbox[:, 0] <= east)
            & (self._bbox[:, 2] >= west)
            & (self._bbox[:, 1] <= north)
            & (self._bbox[:, 3] >= south)
        ).tolist()
        through = [p for p in near if shapely.relate_pattern(self._polygon(p), line, "T********")]
        return sorted((self.area(p) for p in through), key=lambda area: (area.level, area.code))

    def distance_m(self, position: int, lon: float, lat: float) -> float:
        """Metres from a point to an area; 0 inside."""
        return 0.0 if self.contains(position, lon, lat) else self._to_border_m(position, lon, lat)

    def border_within(self, position: int, lon: float, lat: float, metres: float) -> bool:
        """Whether an area's border passes within `metres` of a point."""
        reach = max(degrees_around(metres, lat))
        if not shapely.dwithin(self._border(position), shapely.Point(lon, lat), reach):
            return False
        return self._to_border_m(position, lon, lat) <= metres

    def _match_of(self, text: str) -> tuple[int | None, str | None]:
        position = self.find(text)
        if position is not None:
            return position, self._prefix_alias(text, position)
        found = match_area(text, None, None, self._gazetteer)
        if found.area is None:
            return None, None
        return self.find(found.area.code), found.note if found.how in CONVERSIONS else None

    def _prefix_alias(self, text: str, position: int) -> str | None:
        """Codes with the other prefix are aliases since the import, and conversions all the same."""
        code = self.area(position).code
        if text == code or other_prefix(text, self._fact(position)[2] or self._chain(position)[1]) != code:
            return None
        return f"{text} was read as {code} (prefix)"

    @cached_property
    def _gazetteer(self) -> Gazetteer:
        """All areas by code: read when the first code comes that is none of them."""
        areas = []
        for position in range(self.count):
            code, name, iso3 = self._fact(position)
            above = int(self._parent[position])
            parent = (int(self._level[above]), self._fact(above)[0]) if above >= 0 else None
            areas.append(NamedArea(int(self._level[position]), code, name, parent, iso3))
        return Gazetteer(areas)

    def _located(
        self, position: int, lon: float, lat: float, candidates: Sequence[_Box], snapped_m: float | None
    ) -> Located:
        areas, iso3, is_complete = self._chain(position)
        areas = dict(areas)
        if is_complete:
            return Located(areas, iso3, position, snapped_m)
        for level in sorted(self._levels - areas.keys(), reverse=True):
            beside = [box for box in candidates if self._level[box[0]] == level < self._level[position]]
            hit = self._first_around(beside, lon, lat)
            if hit is not None:
                upper, upper_iso3, _ = self._chain(hit)
                areas, iso3 = {**upper, **areas}, iso3 or upper_iso3
        return Located(dict(sorted(areas.items())), iso3, position, snapped_m)

    def _first_around(self, candidates: Sequence[_Box], lon: float, lat: float) -> int | None:
        for position, west, south, east, north in candidates:
            if west <= lon <= east and south <= lat <= north and self.contains(position, lon, lat):
                return position
        return None

    def _first_around_many(self, points: Floats) -> npt.NDArray[np.int64]:
        """Position of the deepest, lowest-coded area around each point; -1: none."""
        on_globe = np.abs(points) <= np.array([180.0, 90.0])  # NaN is not
        inside: npt.NDArray[np.bool_] = on_globe[:, 0] & on_globe[:, 1]
        columns, rows = cell_of(np.where(inside[:, None], points, 0.0), self._cell).T
        key = key_of(columns, rows)
        cell = np.searchsorted(self._cell_key, key)
        cell[cell == len(self._cell_key)] = 0
        known: npt.NDArray[np.bool_] = np.logical_and(inside, self._cell_key[cell] == key)
        counts = np.where(known, self._cell_start[cell + 1] - self._cell_start[cell], 0)
        point = np.repeat(np.arange(len(points)), counts)
        step = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        area = self._cell_area[self._cell_start[cell[point]] + step]
        lon, lat, box = points[point, 0], points[point, 1], self._bbox[area]
        hit = (box[:, 0] <= lon) & (lon <= box[:, 2]) & (box[:, 1] <= lat) & (lat <= box[:, 3])
        point, area = point[hit], area[hit]
        order = np.argsort(area, kind="stable")
        point, area = point[order], area[order]
        first = np.full(len(points), -1, np.int64)
        edges = np.flatnonzero(np.diff(area, prepend=-1, append=-1))
        for begin, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
            open_points = point[begin:end][first[point[begin:end]] < 0]
            if len(open_points):
                x, y = points[open_points].T
                around = shapely.intersects_xy(self._polygon(int(area[begin])), x, y)
                first[open_points[around]] = area[begin]
        return first

    def _nearest_within(
        self, lon: float, lat: float, metres: float, below: int | None
    ) -> tuple[int | None, float | None]:
        """The nearest leaf area within reach; with `below`, only among what that area is divided into."""
        width, height = degrees_around(metres, lat)
        best: tuple[float, int] | None = None
        for position, west, south, east, north in self._boxes_around(lon, lat, width, height):
            if self._has_children[position] or (below is not None and not self._is_below(position, below)):
                continue
            if west - width <= lon <= east + width and south - height <= lat <= north + height:
                distance = round(self.distance_m(position, lon, lat), 3)
                if distance <= metres and (best is None or (distance, position) < best):
                    best = (distance, position)
        return (None, None) if best is None else (best[1], best[0])

    def _boxes_around(self, lon: float, lat: float, width: float, height: float) -> Iterator[_Box]:
        corners = cell_of(np.array([[lon - width, lat - height], [lon + width, lat + height]]), self._cell)
        seen: set[int] = set()
        for row in range(corners[0, 1], corners[1, 1] + 1):
            for column in range(corners[0, 0], corners[1, 0] + 1):
                for box in self._boxes(column, row):
                    if box[0] not in seen:
                        seen.add(box[0])
                        yield box

    def _is_below(self, position: int, upper: int) -> bool:
        while position >= 0:
            position = int(self._parent[position])
            if position == upper:
                return True
        return False

    def _to_border_m(self, position: int, lon: float, lat: float) -> float:
        rings = shapely.get_rings(shapely.get_parts(self._polygon(position)))
        points, ring = shapely.get_coordinates(rings, return_index=True)
        same = ring[:-1] == ring[1:]
        return distance_to_segments_m(lon, lat, points[:-1][same], points[1:][same])

    def _polygon(self, position: int) -> Any:
        polygon = self._polygons.get(position)
        if polygon is not None:
            with contextlib.suppress(KeyError):  # another thread has just dropped it
                self._polygons.move_to_end(position)
            return polygon
        with self._decoding:
            return self._polygons.get(position) or self._decode(position)

    def _decode(self, position: int) -> Any:
        wkb = self._map[self._wkb_start[position] : self._wkb_start[position + 1]]
        if zlib.crc32(wkb) != self._wkb_crc[position]:
            raise IndexDamaged(f"the polygon of {self.area(position).code} is damaged")
        polygon = shapely.from_wkb(wkb)
        shapely.prepare(polygon)
        self._polygons[position] = polygon
        self._polygon_bytes += len(wkb)
        while self._polygon_bytes > _KEPT_BYTES and len(self._polygons) > 1:
            oldest, _ = self._polygons.popitem(last=False)
            self._polygon_bytes -= int(self._wkb_start[oldest + 1] - self._wkb_start[oldest])
        return polygon

    def _border_of(self, position: int) -> Any:
        border = shapely.boundary(self._polygon(position))
        shapely.prepare(border)
        return border

    def _boxes_of_cell(self, column: int, row: int) -> tuple[_Box, ...]:
        key = key_of(column, row)
        at = int(np.searchsorted(self._cell_key, key))
        if at == len(self._cell_key) or self._cell_key[at] != key:
            return ()
        positions = self._cell_area[self._cell_start[at] : self._cell_start[at + 1]]
        boxes = self._bbox[positions].tolist()
        return tuple((p, *box) for p, box in zip(positions.tolist(), boxes, strict=True))

    def _chain_of(self, position: int) -> tuple[dict[int, Area], str | None, bool]:
        """Areas from the top down, the country, and whether they cover every level above the area."""
        areas: dict[int, Area] = {}
        iso3: str | None = None
        step = position
        while step >= 0:
            area = self.area(step)
            areas[area.level] = area
            iso3 = iso3 or self._fact(step)[2]
            step = int(self._parent[step])
        is_complete = all(level in areas for level in self._levels if level < self._level[position])
        return dict(sorted(areas.items())), iso3, is_complete

    def _fact(self, position: int) -> tuple[str, str, str | None]:
        begin, end = self._fact_start[position], self._fact_start[position + 1]
        code, name, iso3 = json.loads(self._facts[begin:end].tobytes())
        return code, name, iso3
