"""The world of the demo: the country's points, who observes what when, and the files a project needs of it.

A seed and a Monday go in; boundary files, place lists and the numbers of every group come out, always the
same ones.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from forms.library_index import ListedArea, ListedPlace
from server.demo.chance import chance
from server.demo.country import ISO3, Country, Position, Release, build_country

WEST, EAST = "Atlantic/Cape_Verde", "Africa/Dakar"
EVERY_DAY, WEEKDAYS = "1234567", "12345"


@dataclass(frozen=True)
class Point:
    """A registered place and when it should be observed (ISO weekdays; "" for never by schedule)."""

    code: str
    kind: str
    name: str
    position: Position
    pcode: str  # the commune it lies in, in v01
    timezone: str
    weekdays: str = EVERY_DAY
    opens: str = "06:00"
    closes: str = "18:00"

    def fix(self, random: Random, accuracy_m: float = 8.0) -> tuple[float, float, float]:
        """A position a tablet measures there: some metres off, with its accuracy."""
        lon, lat = self.position
        return (
            round(lon + random.uniform(-5e-5, 5e-5), 7),
            round(lat + random.uniform(-5e-5, 5e-5), 7),
            accuracy_m,
        )


@dataclass(frozen=True)
class World:
    country: Country
    points: dict[str, Point]
    monday: date
    seed: int

    def day(self, number: int) -> date:
        """0 is the Monday of the week."""
        return self.monday + timedelta(days=number)

    def evening(self, point: str, number: int) -> datetime:
        """Half past six in the evening at a point, aware, in its own zone."""
        return datetime.combine(self.day(number), time(18, 30), ZoneInfo(self.points[point].timezone))

    def random(self, *about: object) -> Random:
        """Chance that is the same for the same seed and subject."""
        return chance(self.seed, *about)

    # -- files ---------------------------------------------------------------------------------------------

    def write_boundaries(self, release: Release, folder: Path) -> list[Path]:
        """One GeoJSON file a level, named as OCHA names them. Returns the paths."""
        folder.mkdir(parents=True, exist_ok=True)
        paths = []
        for level in range(4):
            path = folder / f"{ISO3.lower()}_admin{level}.geojson"
            path.write_text(json.dumps(release.geojson(level)), encoding="utf-8")
            paths.append(path)
        return paths

    def sites_csv(self) -> bytes:
        """The points as `waypost sites import` takes them."""
        where = ("place_id", "kind", "name", "lon", "lat", "pcode", "timezone")
        columns = (*where, "weekdays", "opens", "closes", "valid_from")
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(columns)
        for point in self.points.values():
            lon, lat = point.position
            schedule = (
                (point.weekdays, point.opens, point.closes, self.monday) if point.weekdays else ("",) * 4
            )
            writer.writerow(
                (point.code, point.kind, point.name, lon, lat, point.pcode, point.timezone, *schedule)
            )
        return text.getvalue().encode()

    def listed_places(self) -> list[ListedPlace]:
        return [ListedPlace(p.code, p.name, p.kind) for p in self.points.values()]

    def listed_areas(self) -> list[ListedArea]:
        return [
            ListedArea(area.code, area.name, area.level, ISO3 if area.level == 1 else area.parents[-1])
            for area in self.country.v01.areas
            if area.level
        ]

    # -- what people see -----------------------------------------------------------------------------------

    def groups(self, point: str, number: int, count: int | None = None) -> list[dict[str, Any]]:
        """The groups that pass a point on a day, as answers to the repeat of the form `fmr`."""
        random = self.random("groups", point, number)
        return [
            _group(random, position + 1)
            for position in range(count if count is not None else random.randint(2, 5))
        ]


def _group(random: Random, number: int) -> dict[str, Any]:
    men, women, boys, girls = (random.randint(0, most) for most in (9, 9, 5, 5))
    men += 1
    total = men + women + boys + girls
    nationalities = _shares(random, total)
    return {
        "group_no": number,
        "direction": random.choice(("incoming", "outgoing")),
        "movement_type": random.choice(("cross_border", "seasonal", "short_term_local", "displacement")),
        "n_ind": total,
        "sadd_known": "yes",
        "men": men,
        "women": women,
        "boys": boys,
        "girls": girls,
        "sadd_unknown": total - men - women - boys - girls,
        "vuln_asked": "no",
        "nat_known": "yes",
        "nationalities": [{"nat_code": code, "nat_n": n} for code, n in nationalities],
        "nat_sum": total,
        "origin_country": random.choice(("MLI", "NER", "SEN")),
        "final_country": random.choice(("CPV", "MRT", "OOO")),
        "transport": random.choice(("bus", "truck", "foot", "boat")),
        "reason_main": random.choice(("economic", "seasonal", "family", "conflict")),
        "counted_elsewhere": "no",
        "info_source": "group_member",
    }


def _shares(random: Random, total: int) -> list[tuple[str, int]]:
    first = random.randint(1, total)
    codes = random.sample(("MLI", "NER", "SEN", "TCD"), 2)
    return [(codes[0], first)] + ([(codes[1], total - first)] if total > first else [])


def last_monday(today: date | None = None) -> date:
    """The Monday of the last complete week."""
    today = today or datetime.now(UTC).date()
    return today - timedelta(days=today.weekday() + 7)


def build_world(seed: int = 1, monday: date | None = None) -> World:
    """The world of a seed in the week of a Monday (default: the last complete week)."""
    country = build_country(seed)
    points = {point.code: point for point in _points(country)}
    return World(country, points, monday or last_monday(), seed)


def _points(country: Country) -> Iterable[Point]:
    split = [a.code for a in country.v02.level(3) if a.parents[-1] == country.split_into]
    moving = country.v01.at(country.v02.middle(split[0]), 3)
    assert moving is not None
    communes = [a.code for a in country.v01.level(3) if a.parents[-1] != country.split_from]
    step = len(communes) // 12
    spread = iter(communes[::step])

    def point(code: str, kind: str, name: str, pcode: str | None = None, **schedule: str) -> Point:
        lies_in = pcode or next(spread)
        lon, lat = country.v01.middle(lies_in)
        zone = WEST if lies_in < "XS03" else EAST
        return Point(code, kind, name, (lon, lat), lies_in, zone, **schedule)

    yield point("FMP-01", "fmp", "North gate")
    yield point("FMP-02", "fmp", "Bus station")
    yield point("FMP-03", "fmp", "River crossing", moving.code)
    yield point("FMP-04", "fmp", "Salt road")
    yield point("FMP-05", "fmp", "Old well")
    yield point("FMP-06", "fmp", "Ferry landing", weekdays=WEEKDAYS)
    yield point("POE-01", "poe_airport", "Airport", weekdays="")
    yield point("POE-02", "poe_land", "Border post", weekdays="")
    yield point("POE-03", "poe_blue", "Fishing port", weekdays="")
    yield point("CP-01", "counting_point", "Long valley", weekdays="123456")
    yield point("CP-02", "counting_point", "Twin hills", weekdays="")
    yield point("SITE-01", "site", "School ground", weekdays="")
