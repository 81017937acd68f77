"""An invented country, from a seed: areas of level 0 to 3 that nest by construction and share their edges.

A honeycomb of small cells is cut to a wobbly outline and divided three times by growing regions from seeds,
so that every area is the union of its children's cells. Corners are moved a little and each edge gets a bend;
both follow from the corner alone, are the same for both neighbours, and leave neither gap nor overlap.
Release v02 differs from v01 in one district, which is split in two. The country lies in the open ocean:
nobody's land is meant.
"""

from __future__ import annotations

import heapq
import math
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import combinations, pairwise
from random import Random

from server.demo.chance import chance

Cell = tuple[int, int]  # centre, in whole steps of the honeycomb
Corner = tuple[int, int]
Position = tuple[float, float]  # lon, lat in WGS84 degrees
Ring = list[Position]

ISO2, ISO3, NAME = "XS", "XSA", "Sahelia"
ROWS, COLUMNS = 20, 30
WEST, SOUTH = -28.0, 2.0
STEP_LON, STEP_LAT = 0.12, 0.075  # degrees per whole step: a cell is about 26 km wide
CHILDREN = (4, 3, 4)  # regions, districts in each, communes in each

_SYLLABLES = (
    "ba",
    "do",
    "gan",
    "ka",
    "lo",
    "ma",
    "ni",
    "ou",
    "ra",
    "sin",
    "ta",
    "wa",
    "ye",
    "zo",
    "dji",
    "fa",
)
_CORNERS = ((0, 2), (-1, 1), (-1, -1), (0, -2), (1, -1), (1, 1))  # counter-clockwise
_NEIGHBOURS = ((2, 0), (1, 3), (-1, 3), (-2, 0), (-1, -3), (1, -3))


@dataclass(frozen=True)
class Area:
    """One administrative area: `cells` make it up, `parents` are the codes above it, country first."""

    code: str
    name: str
    level: int
    parents: tuple[str, ...]
    cells: frozenset[Cell] = field(repr=False)


@dataclass(frozen=True)
class Release:
    """One version of the boundaries. Areas in the order of their levels and codes."""

    name: str
    valid_on: str
    areas: tuple[Area, ...]
    seed: int

    def area(self, code: str) -> Area:
        return next(area for area in self.areas if area.code == code)

    def level(self, level: int) -> list[Area]:
        return [area for area in self.areas if area.level == level]

    def at(self, position: Position, level: int) -> Area | None:
        """The area around a position, by ray casting over its outline."""
        return next((a for a in self.level(level) if _inside(position, outline(a.cells, self.seed))), None)

    def middle(self, code: str) -> Position:
        """A position well inside an area: the middle of its cell that is farthest from other areas."""
        cells = self.area(code).cells
        return _position(max(sorted(cells), key=lambda cell: _depth(cell, cells)), self.seed, jitter=0.0)

    def geojson(self, level: int) -> dict[str, object]:
        """The areas of a level as a FeatureCollection with COD-AB columns (`xsa_admin2.geojson`)."""
        names = {area.code: area.name for area in self.areas}
        features = []
        for area in self.level(level):
            properties: dict[str, object] = {"iso3": ISO3, "valid_on": self.valid_on, "version": self.name}
            for depth, code in enumerate((*area.parents, area.code)):
                properties |= {f"adm{depth}_pcode": code, f"adm{depth}_name": names[code]}
            ring = outline(area.cells, self.seed)
            geometry = {"type": "Polygon", "coordinates": [[list(position) for position in ring]]}
            features.append({"type": "Feature", "properties": properties, "geometry": geometry})
        return {"type": "FeatureCollection", "name": f"{ISO3.lower()}_admin{level}", "features": features}


@dataclass(frozen=True)
class Country:
    """Both releases, and what the second one changed: `split_from` lost ground to `split_into`."""

    v01: Release
    v02: Release
    split_from: str
    split_into: str


def build_country(seed: int = 1) -> Country:
    """The country of a seed: always the same one."""
    random = chance("country", seed)
    areas = _divide(_land(random), random)
    v01 = Release("v01", "2020-01-01", areas, seed)
    areas, split_from, split_into = _split(areas, _Names(random, {area.name for area in areas}))
    return Country(v01, Release("v02", "2025-01-01", areas, seed), split_from, split_into)


# -- cells -------------------------------------------------------------------------------------------------


def _land(random: Random) -> frozenset[Cell]:
    """Cells inside a wobbly ellipse, and of those the one connected piece around the middle."""
    waves = [(n, random.uniform(0.03, 0.10), random.uniform(0, math.tau)) for n in (2, 3, 5)]
    middle = (COLUMNS, 3 * ROWS // 2)

    def is_land(cell: Cell) -> bool:
        x, y = (cell[0] - middle[0]) / COLUMNS, (cell[1] - middle[1]) / (1.5 * ROWS)
        angle = math.atan2(y, x)
        return math.hypot(x, y) < 0.8 + sum(size * math.sin(n * angle + turn) for n, size, turn in waves)

    honeycomb = {(2 * column + row % 2, 3 * row) for row in range(ROWS) for column in range(COLUMNS)}
    land = frozenset(cell for cell in honeycomb if is_land(cell))
    start = min(land, key=lambda cell: math.dist(cell, middle))
    return _connected(start, land)


def _neighbours(cell: Cell, among: frozenset[Cell]) -> list[Cell]:
    return [near for dx, dy in _NEIGHBOURS if (near := (cell[0] + dx, cell[1] + dy)) in among]


def _connected(start: Cell, cells: frozenset[Cell]) -> frozenset[Cell]:
    found, waiting = {start}, deque([start])
    while waiting:
        for near in _neighbours(waiting.popleft(), cells):
            if near not in found:
                found.add(near)
                waiting.append(near)
    return frozenset(found)


def _depth(cell: Cell, cells: frozenset[Cell]) -> int:
    """How many of the cell's neighbours, and of theirs, belong to the same area."""
    around = _neighbours(cell, cells)
    return 10 * len(around) + sum(len(_neighbours(near, cells)) for near in around)


def _regions(cells: frozenset[Cell], count: int, random: Random) -> list[frozenset[Cell]]:
    """Divide connected cells into `count` connected regions of about equal size, west to east.

    Seeds are spread by taking the cell farthest from those taken; regions then grow over random costs.
    """
    seeds = [random.choice(sorted(cells))]
    while len(seeds) < count:
        seeds.append(max(sorted(cells), key=lambda c: min(math.dist(c, seed) for seed in seeds)))
    owner: dict[Cell, int] = {}
    waiting = [(0.0, seed, number) for number, seed in enumerate(seeds)]
    heapq.heapify(waiting)
    while waiting:
        cost, cell, number = heapq.heappop(waiting)
        if cell in owner:
            continue
        owner[cell] = number
        for near in _neighbours(cell, cells):
            if near not in owner:
                heapq.heappush(waiting, (cost + random.uniform(0.8, 1.2), near, number))
    regions = [frozenset(c for c, o in owner.items() if o == n) for n in range(count)]
    return sorted(regions, key=lambda region: sum(x for x, _ in region) / len(region))


# -- areas -------------------------------------------------------------------------------------------------


class _Names:
    """Invented place names, each once."""

    def __init__(self, random: Random, used: Iterable[str] = ()) -> None:
        self._random, self._used = random, set(used)

    def __next__(self) -> str:
        while True:
            name = "".join(self._random.choices(_SYLLABLES, k=self._random.choice((2, 3)))).capitalize()
            if name not in self._used:
                self._used.add(name)
                return name


def _divide(land: frozenset[Cell], random: Random) -> tuple[Area, ...]:
    names = _Names(random, {NAME})
    areas = [Area(ISO2, NAME, 0, (), land)]
    parents = list(areas)
    for level, count in enumerate(CHILDREN, start=1):
        parents = [
            Area(f"{parent.code}{number:02d}", next(names), level, (*parent.parents, parent.code), cells)
            for parent in parents
            for number, cells in enumerate(_regions(parent.cells, count, random), start=1)
        ]
        areas += parents
    return tuple(areas)


def _split(areas: Sequence[Area], names: _Names) -> tuple[tuple[Area, ...], str, str]:
    """Give half of a district's communes to a new district. Returns the areas, the old and the new code."""
    region = next(a for a in areas if a.level == 1 and a.code.endswith("02"))
    districts = [a for a in areas if a.parents[-1:] == (region.code,)]
    for old in districts:
        communes = [a for a in areas if a.parents[-1:] == (old.code,)]
        for leaving in combinations(communes, 2):
            new_cells = frozenset().union(*(a.cells for a in leaving))
            if _is_whole(new_cells) and _is_whole(old.cells - new_cells):
                new = Area(f"{region.code}{len(districts) + 1:02d}", next(names), 2, old.parents, new_cells)
                moved = {
                    commune.code: Area(
                        f"{new.code}{number:02d}", commune.name, 3, (*new.parents, new.code), commune.cells
                    )
                    for number, commune in enumerate(leaving, start=1)
                }
                shrunk = Area(old.code, old.name, 2, old.parents, old.cells - new_cells)
                kept = [shrunk if a is old else moved.get(a.code, a) for a in areas]
                return tuple(sorted([*kept, new], key=lambda a: (a.level, a.code))), old.code, new.code
    raise ValueError("No district of the second region can be split into two whole parts. Take another seed.")


def _is_whole(cells: frozenset[Cell]) -> bool:
    return _connected(min(cells), cells) == cells


# -- outlines ----------------------------------------------------------------------------------------------


@cache
def outline(cells: frozenset[Cell], seed: int) -> Ring:
    """The closed, counter-clockwise ring around connected cells. Three cells meet at a corner, never more, so
    each corner of the outline has one way on."""
    corners = {cell: [(cell[0] + dx, cell[1] + dy) for dx, dy in _CORNERS] for cell in cells}
    edges = {edge for ring in corners.values() for edge in pairwise([*ring, ring[0]])}
    following = {a: b for a, b in edges if (b, a) not in edges}
    rings: list[Ring] = []
    while following:
        start, corner = (first := next(iter(sorted(following)))), following.pop(first)
        path = [start, corner]
        while corner != start:
            corner = following.pop(corner)
            path.append(corner)
        rings.append(_bent(path, seed))
    return max(rings, key=_enclosed)


def _bent(path: Sequence[Corner], seed: int) -> Ring:
    """Corners and, between each two, a point a little off the middle: the same one from either side."""
    ring: Ring = []
    for a, b in pairwise(path):
        (lon_a, lat_a), (lon_b, lat_b) = _position(a, seed), _position(b, seed)
        shift = chance(seed, "edge", min(a, b), max(a, b)).uniform(-0.15, 0.15)
        if a > b:
            shift = -shift
        middle = (
            (lon_a + lon_b) / 2 - shift * (lat_b - lat_a),
            (lat_a + lat_b) / 2 + shift * (lon_b - lon_a),
        )
        ring += [(lon_a, lat_a), (round(middle[0], 6), round(middle[1], 6))]
    return [*ring, ring[0]]


@cache
def _position(corner: Corner, seed: int, jitter: float = 0.3) -> Position:
    random = chance(seed, "corner", corner)
    x, y = (value + jitter * random.uniform(-1, 1) for value in corner)
    return round(WEST + x * STEP_LON, 6), round(SOUTH + y * STEP_LAT, 6)


def _enclosed(ring: Ring) -> float:
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring)) / 2


def _inside(position: Position, ring: Ring) -> bool:
    lon, lat = position
    inside = False
    for (lon_a, lat_a), (lon_b, lat_b) in pairwise(ring):
        if (lat_a > lat) != (lat_b > lat) and lon < (lon_b - lon_a) * (lat - lat_a) / (lat_b - lat_a) + lon_a:
            inside = not inside
    return inside
