"""The latest stock of each unit: who was where, by the newest assessment, each tool and operation apart.

In: baseline rows of breakdown `total` in scope. Out: `Unit`s. A unit is a place, a place known by name only,
or an area, in one operation, for one assessment type and population category. Of several rounds the newest
counts; of several rows of one round, the one with the latest date, and how many there were is told, because
two teams at one place are a matter for review and not for a sum (DOMAIN 2.6, rules 4 and 7).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import RowMapping, select

from server.datasets.filters import Filters
from server.datasets.scope import Scope
from sync.store import ReadSession
from sync.tables import baseline

AREAS = ("adm0_iso3", "adm1_pcode", "adm2_pcode", "adm3_pcode")
"""The areas a row is in, from the country down."""

PLACE_LEVEL = len(AREAS)

_COLUMNS = (
    "record_id", "operation", "round", "assessment_type", "population_category", "reporting_date",
    "place_id", "place_name", "declared_place_name", "hh", "ind", "under_review",
    "adm0_iso3", "adm1_pcode", "adm1_name", "adm2_pcode", "adm2_name", "adm3_pcode", "adm3_name",
)  # fmt: skip


class Series(NamedTuple):
    """What is never added to another: figures of one operation, one assessment type and one category."""

    operation: str
    assessment_type: str
    population_category: str


@dataclass(frozen=True, slots=True)
class Assessment:
    """One unit in one round."""

    row: RowMapping
    n_rows: int  # rows of the same unit and round: more than one is a matter for review
    n_under_review: int


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit of one series, newest round first."""

    series: Series
    level: int  # of AREAS, or PLACE_LEVEL
    code: str  # of the place or the area
    path: tuple[str | None, ...]  # the areas it is in, as far down as known
    rounds: tuple[Assessment, ...]

    @property
    def latest(self) -> Assessment:
        return self.rounds[0]

    @property
    def previous(self) -> Assessment | None:
        return self.rounds[1] if len(self.rounds) > 1 else None


def read_units(session: ReadSession, scope: Scope, filters: Filters) -> Iterator[Unit]:
    """The units in scope, by series and code. `filters.date_to` is the day the stock is asked for."""
    statement = (
        select(*(baseline.c[name] for name in _COLUMNS))
        .where(
            scope.rows(baseline),
            filters.rows(baseline),
            baseline.c.record_type == "population",
            baseline.c.breakdown == "total",
            baseline.c.population_category.is_not(None),
        )
        .order_by(baseline.c.record_id)
    )
    keyed = sorted(((_key(row), row) for row in session.all(statement)), key=lambda one: one[0])
    for (series, level, code), of_unit in groupby(keyed, key=lambda one: one[0]):
        rows = [row for _, row in of_unit]
        rounds = _rounds(rows)
        yield Unit(series, level, code, _path(rounds[0].row), rounds)


def _key(row: RowMapping) -> tuple[Series, int, str]:
    series = Series(row["operation"] or "", row["assessment_type"] or "", row["population_category"])
    if row["place_id"]:
        return series, PLACE_LEVEL, row["place_id"]
    path = _path(row)
    if row["declared_place_name"]:
        name = " ".join(row["declared_place_name"].split()).casefold()
        return series, PLACE_LEVEL, f"{_deepest(path)[1]} {name}".strip()
    return series, *_deepest(path)


def _path(row: RowMapping) -> tuple[str | None, ...]:
    return tuple(row[name] for name in AREAS)


def _deepest(path: tuple[str | None, ...]) -> tuple[int, str]:
    """The level and code of the smallest area that is known; level -1 where none is."""
    return max(((level, code) for level, code in enumerate(path) if code), default=(-1, ""))


def _rounds(rows: list[RowMapping]) -> tuple[Assessment, ...]:
    """Rows of one unit by round, the newest first. Rounds are told apart by their code and dated by their
    latest row; without a code every date is a round of its own."""
    by_round: dict[Any, list[RowMapping]] = {}
    for row in rows:
        by_round.setdefault(row["round"] or row["reporting_date"], []).append(row)
    newest = sorted((_assessment(several) for several in by_round.values()), key=_age, reverse=True)
    return tuple(newest)


def _assessment(rows: Iterable[RowMapping]) -> Assessment:
    rows = sorted(rows, key=lambda row: (row["reporting_date"] or date.min, row["record_id"]))
    return Assessment(rows[-1], len(rows), sum(bool(row["under_review"]) for row in rows))


def _age(one: Assessment) -> tuple[date, str]:
    return (one.row["reporting_date"] or date.min, one.row["record_id"])
