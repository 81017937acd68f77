"""The geotag: one point in 50,000 areas, warm, as the pipeline asks it."""

from __future__ import annotations

import math
import random
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely

from sync.places.index import PlaceIndex
from sync.places.index_file import IndexEntry, build_index
from sync.places.nearest import Sites
from sync.steps.geotag import geotag
from sync.steps.values import GeoPoint, KnownPlace

SIDE = 224  # areas a side: 50,176
POINTS = 400


@dataclass(frozen=True)
class Geotag:
    areas: int
    open_ms: float
    open_mb: float
    cold_us: float
    warm_us: float
    step_us: float  # the whole step: also the declared place, the border, the nearest of the sites


def measure(rounds: int, say: Callable[[str], None]) -> Geotag:
    """Open the index, then locate points around 400 sites: the first time each, and again."""
    say(f"geotag, building an index of {SIDE * SIDE} areas")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.places"
        entries, geometries = _areas()
        build_index(entries, geometries, path, "0" * 64)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        started = time.perf_counter()
        index = PlaceIndex.open(path)
        open_ms = (time.perf_counter() - started) * 1000
        open_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        dice = random.Random(1)
        sites = [
            (dice.uniform(0.2, SIDE / 10 - 0.2), dice.uniform(0.2, SIDE / 10 - 0.2)) for _ in range(POINTS)
        ]
        cold = _locate(index, sites)
        warm, step = [], []
        known = Sites(
            {f"S{n}": KnownPlace(f"S{n}", "fmp", f"S{n}", *site, None) for n, site in enumerate(sites)}
        )
        for number in range(rounds):
            say(f"geotag, round {number + 1} of {rounds}")
            jittered = [
                (x + dice.uniform(-1, 1) * 0.002, y + dice.uniform(-1, 1) * 0.002) for x, y in sites
            ] * 5
            warm.append(_locate(index, jittered))
            step.append(_geotag(index, known, jittered))
        return Geotag(len(entries), open_ms, open_mb, cold, statistics.median(warm), statistics.median(step))


def _geotag(index: PlaceIndex, sites: Sites, points: list[tuple[float, float]]) -> float:
    started = time.process_time()
    for number, (lon, lat) in enumerate(points):
        declared = sites.get(f"S{number % POINTS}")
        assert geotag(declared, None, GeoPoint(lon, lat, accuracy_m=8.0), index, sites).flag
    return (time.process_time() - started) / len(points) * 1e6


def _locate(index: PlaceIndex, points: list[tuple[float, float]]) -> float:
    started = time.process_time()
    for lon, lat in points:
        assert index.locate(lon, lat).area is not None
    return (time.process_time() - started) / len(points) * 1e6


def _areas() -> tuple[list[IndexEntry], list[bytes]]:
    """A grid of wobbly squares of 400 vertices that share their edges."""
    along = np.linspace(0, 0.1, 100, endpoint=False)
    back = 0.1 - along
    entries, geometries = [], []
    for row in range(SIDE):
        for column in range(SIDE):
            x, y = column / 10, row / 10
            south = np.column_stack([x + along, y + _wobble(along)])
            east = np.column_stack([x + 0.1 + _wobble(along), y + along])
            north = np.column_stack([x + back, y + 0.1 + _wobble(back)])
            west = np.column_stack([x + _wobble(back), y + back])
            polygon = shapely.Polygon(np.vstack([south, east, north, west]))
            entries.append(_entry(f"X{row:03}{column:03}"))
            geometries.append(shapely.to_wkb(polygon))
    return entries, geometries


def _wobble(along: np.ndarray) -> np.ndarray:
    """How far an edge strays from the straight line: nothing at its ends, the same for both neighbours."""
    return 0.004 * np.sin(along / 0.1 * 6 * math.pi)


def _entry(code: str) -> IndexEntry:
    return IndexEntry(code=code, name=code, level=2, parent=None, iso3="XSA")
