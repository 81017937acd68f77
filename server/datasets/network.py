"""The points of a project and when each is expected to be observed.

In: registered places, their schedules, the active boundaries. Out: a `Point` for each place. This is what
tells a silent point from one nobody expected anything from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from server.datasets.scope import Area, row_area
from sync.places.index import PlaceIndex
from sync.places.releases import active_release, index_for
from sync.store import ReadSession, Store
from sync.tables import admin_area, expected_observation, place

AREA_COLUMNS = (
    "adm0_iso3", "adm1_pcode", "adm1_name", "adm2_pcode", "adm2_name", "adm3_pcode", "adm3_name",
)  # fmt: skip

Locate = Callable[[float, float], Mapping[int, tuple[str, str, str | None]]]
"""(lon, lat) in WGS84 degrees -> (code, name, ISO code of the country) of the area around it, by level."""

DEFAULT_TOOL = "FMR"
_TOOLS = {
    "counting_point": "TTT",
    "water_point": "TTT",
    "corridor_node": "TTT",
    "poe_airport": "POE",
    "poe_land": "POE",
    "poe_blue": "POE",
}
"""The tool a point is expected to report with, by kind of place; its property `flow_tool` comes first."""


@dataclass(frozen=True, slots=True)
class Shift:
    """From `since` on the place is observed on these ISO weekdays."""

    since: date
    until: date | None
    weekdays: str


@dataclass(frozen=True, slots=True)
class Point:
    """One registered place. `areas` as rows carry them, empty where its position and area are not known."""

    code: str
    kind: str
    name: str
    route: str | None
    lon: float | None
    lat: float | None
    valid_from: date | None
    valid_to: date | None
    tool: str
    shifts: tuple[Shift, ...]  # oldest first
    areas: Mapping[str, str]  # by column of AREA_COLUMNS
    designated: bool = False  # the one point of its route that a network's movements are taken from

    def expected_on(self, day: date) -> bool | None:
        """Whether it is observed that day by its schedule; None when it has none. The newest shift that has
        begun counts, so that a new one need not close the one before."""
        if not self.shifts:
            return None
        if (self.valid_from and day < self.valid_from) or (self.valid_to and day > self.valid_to):
            return False
        begun = [shift for shift in self.shifts if shift.since <= day]
        if not begun or (begun[-1].until is not None and day > begun[-1].until):
            return False
        return str(day.isoweekday()) in begun[-1].weekdays

    @property
    def row_areas(self) -> tuple[Area, ...]:
        """Its areas as a scope compares them."""
        columns = {0: "adm0_iso3", 1: "adm1_pcode", 2: "adm2_pcode", 3: "adm3_pcode"}
        return tuple((level, self.areas[name]) for level, name in columns.items() if name in self.areas)


def read_network(session: ReadSession, project_id: int, locate: Locate | None = None) -> dict[str, Point]:
    """All registered places of a project by code, with schedules and areas.

    A place lies where its position says, found by `locate`; without one, in its declared area.
    """
    shifts: dict[int, list[Shift]] = {}
    schedule = (
        select(expected_observation)
        .join(place, place.c.id == expected_observation.c.place_id)
        .where(place.c.project_id == project_id)
        .order_by(expected_observation.c.valid_from)
    )
    for row in session.all(schedule):
        shifts.setdefault(row["place_id"], []).append(
            Shift(row["valid_from"], row["valid_to"], row["weekdays"])
        )
    release = active_release(session, project_id)
    declared = _Declared(session, release.id if release else None)
    points = {}
    for row in session.all(select(place).where(place.c.project_id == project_id)):
        areas: Mapping[str, str] = {}
        if locate is not None and row["lon"] is not None and row["lat"] is not None:
            areas = _columns(locate(row["lon"], row["lat"]))
        points[row["code"]] = Point(
            code=row["code"],
            kind=row["kind"],
            name=row["name"],
            route=row["route"],
            lon=row["lon"],
            lat=row["lat"],
            valid_from=row["valid_from"],
            valid_to=row["valid_to"],
            tool=row["properties"].get("flow_tool") or _TOOLS.get(row["kind"], DEFAULT_TOOL),
            shifts=tuple(shifts.get(row["id"], ())),
            areas=areas or declared.around(row["pcode"]),
            designated=bool(row["designated"]),
        )
    return points


def locator(store: Store, session: ReadSession, project_id: int) -> Locate | None:
    """Finds areas in the project's active release; None when it has none."""
    release = active_release(session, project_id)
    if release is None:
        return None
    index = PlaceIndex.open(index_for(store, release))

    def locate(lon: float, lat: float) -> Mapping[int, tuple[str, str, str | None]]:
        found = index.locate(lon, lat)
        return {level: (area.code, area.name, found.iso3) for level, area in found.areas.items()}

    return locate


class _Declared:
    """The areas a declared p-code stands for: itself and those above it, by the release's own parents."""

    def __init__(self, session: ReadSession, release_id: int | None) -> None:
        self._session = session
        self._release_id = release_id
        self._known: dict[str, Mapping[str, str]] = {}

    def around(self, pcode: str | None) -> Mapping[str, str]:
        if pcode is None or self._release_id is None:
            return {}
        if pcode not in self._known:
            self._known[pcode] = self._climb(pcode)
        return self._known[pcode]

    def _climb(self, pcode: str) -> Mapping[str, str]:
        columns = (
            admin_area.c.level,
            admin_area.c.code,
            admin_area.c.name,
            admin_area.c.iso3,
            admin_area.c.parent_id,
        )
        here = admin_area.c.release_id == self._release_id
        deepest = select(*columns).where(here, admin_area.c.code == pcode).order_by(admin_area.c.level.desc())
        row: Any = self._session.first(deepest.limit(1))
        found: dict[int, tuple[str, str, str | None]] = {}
        while row is not None and row["level"] not in found:
            found[row["level"]] = (row["code"], row["name"], row["iso3"])
            row = self._session.first(select(*columns).where(here, admin_area.c.id == row["parent_id"]))
        return _columns(found)


def _columns(areas: Mapping[int, tuple[str, str, str | None]]) -> dict[str, str]:
    """Areas by level as the columns of a row."""
    found: dict[str, str] = {}
    for level, (code, name, iso3) in areas.items():
        area = row_area(level, code, iso3)
        if area is not None and level == 0:
            found["adm0_iso3"] = area[1]
        elif area is not None:
            found |= {f"adm{level}_pcode": code, f"adm{level}_name": name}
        if iso3:
            found.setdefault("adm0_iso3", iso3)
    return found
