"""The latest stock of each unit: who was where, by the newest assessment, each tool and operation apart.

In: baseline rows of breakdown `total` in scope. Out: `Unit`s. A unit is a place, a place known by name only,
or an area, in one operation, for one assessment type and population category. Of several rounds the newest
counts; of several rows of one round, the one with the latest date, and how many there were is told, because
two teams at one place are a matter for review and not for a sum (DOMAIN 2.6, rules 4 and 7). Memory is that
of the units, however many rounds there were.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from sqlalchemy import select

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


_Key = tuple[Series, int, str]
"""(series, level, code): one unit."""

_ROUNDS = 2


@dataclass(frozen=True, slots=True)
class Assessment:
    """One unit in one round."""

    row: Mapping[str, Any]
    n_rows: int  # rows of the same unit and round: more than one is a matter for review
    n_under_review: int

    @property
    def round(self) -> Any:
        """What tells it from others: its code; without one every date is a round of its own."""
        return _round(self.row)


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit of one series, with its newest round and, where there is one, the round before."""

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


def read_units(
    session: ReadSession, scope: Scope, filters: Filters, *, by_place: bool = False
) -> Iterator[Unit]:
    """The units in scope, by series and code. `filters.date_to` is the day the stock is asked for.

    by_place  units are told by place, as `Scope.rows`
    """
    statement = (
        select(*(baseline.c[name] for name in _COLUMNS))
        .where(
            filters.rows(scope, baseline, by_place=by_place),
            baseline.c.record_type == "population",
            baseline.c.breakdown == "total",
            baseline.c.population_category.is_not(None),
        )
        .order_by(baseline.c.reporting_date.desc().nulls_last(), baseline.c.record_id.desc())
    )
    units: dict[_Key, dict[Any, Assessment]] = {}
    for batch in session.stream(statement):
        for values in batch:
            row = dict(zip(_COLUMNS, values, strict=True))
            _note(units.setdefault(_key(row), {}), row)
    for (series, level, code), rounds in sorted(units.items(), key=lambda one: one[0]):
        yield Unit(series, level, code, _path(next(iter(rounds.values())).row), tuple(rounds.values()))


def _note(rounds: dict[Any, Assessment], row: dict[str, Any]) -> None:
    """Add a row to the two newest rounds of its unit. Rows come newest first, so that the first one of a
    round is the one that counts, and a third round is older than both."""
    of, review = _round(row), int(bool(row["under_review"]))
    known = rounds.get(of)
    if known is not None:
        rounds[of] = replace(known, n_rows=known.n_rows + 1, n_under_review=known.n_under_review + review)
    elif len(rounds) < _ROUNDS:
        rounds[of] = Assessment(row, 1, review)


def _round(row: Mapping[str, Any]) -> Any:
    return row["round"] or row["reporting_date"]


def _key(row: Mapping[str, Any]) -> _Key:
    series = Series(row["operation"] or "", row["assessment_type"] or "", row["population_category"])
    if row["place_id"]:
        return series, PLACE_LEVEL, row["place_id"]
    path = _path(row)
    if row["declared_place_name"]:
        name = " ".join(row["declared_place_name"].split()).casefold()
        return series, PLACE_LEVEL, f"{_deepest(path)[1]} {name}".strip()
    return series, *_deepest(path)


def _path(row: Mapping[str, Any]) -> tuple[str | None, ...]:
    return tuple(row[name] for name in AREAS)


def _deepest(path: tuple[str | None, ...]) -> tuple[int, str]:
    """The level and code of the smallest area that is known; level -1 where none is."""
    return max(((level, code) for level, code in enumerate(path) if code), default=(-1, ""))
