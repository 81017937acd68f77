"""stock_totals: population present by first-level area, each tool and operation apart.

In: units of stock (stock_units). Out: one row per series and first-level area, and one for the
country. An area with units below it counts by them, else by its own row, never by both (DOMAIN 2.6, rule 8).
The change is over the units that both rounds cover, with how many these are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby
from typing import Any

from server.datasets.columns import own, shared
from server.datasets.dataset import REVIEW, UNKNOWN, Dataset
from server.datasets.figures.stock import STOCK_LIMITS
from server.datasets.figures.stock_units import Unit, read_units
from server.datasets.filters import Filters
from server.datasets.network import Locate
from server.datasets.scope import Scope
from sync.store import ReadSession

DATASET = Dataset(
    name="stock_totals",
    title="Stock by area: population present, newest round",
    unit="one population category in one first-level area (or country), of one operation and assessment type",
    description="Population present by first-level area and by country, by the newest round of each place.",
    method="Places and areas count by their newest round. An area with assessed places or areas in it counts "
    "by them, otherwise by its own row. The change is between the newest round of the series and the one "
    "before, over places and areas assessed in both.",
    limits=(
        *STOCK_LIMITS,
        "Only what was assessed is counted: compare figures with the number of places behind them in view.",
        REVIEW,
        UNKNOWN,
    ),
    columns=(
        *shared("baseline", "operation", "assessment_type", "population_category"),
        own("level", "code", "", "#x_level", "Level", "adm1, or adm0 for the country"),
        *shared("baseline", "adm0_iso3", "adm1_pcode", "adm1_name", "hh", "ind"),
        own("units", "int", "places and areas", "#x_units+num", "Places and areas",
            "Places and areas the figure is added up from"),
        own("units_without_count", "int", "places and areas", "#x_units+unknown+num",
            "Places and areas without a count",
            "Of these without a known number of persons: left out of the sum"),
        own("areas_own_row", "int", "areas", "#x_units+area+num", "Areas by their own figure",
            "Of the units, areas that count by their own row because nothing below them was assessed"),
        own("ind_left_out", "int", "persons", "#affected+ind+left_out", "Counted by their parts",
            "Own figures of areas that count by their parts, not in ind", "null = there are none"),
        own("first_date", "date", "", "#date+start", "Oldest assessment",
            "Date of the oldest figure in the sum"),
        own("last_date", "date", "", "#date+end", "Newest assessment",
            "Date of the newest figure in the sum"),
        own("units_in_both_rounds", "int", "places and areas", "#x_units+both+num", "In both rounds",
            "Units with a known number in the newest round of the series and in the one before"),
        own("change_ind", "int", "persons", "#affected+ind+change", "Change",
            "Change of persons over the units in both rounds", "null = there are none"),
        own("n_under_review", "int", "rows", "#x_rows+review+num", "Rows under review",
            "Rows suspected to be duplicates behind the figure; they stay counted"),
    ),
)  # fmt: skip


_COUNTRY = ("adm0_iso3",)
_PROVINCE = ("adm0_iso3", "adm1_pcode", "adm1_name")


def rows(
    session: ReadSession, scope: Scope, filters: Filters, today: date, locate: Locate | None = None
) -> Iterator[list[dict[str, Any]]]:
    """By series, then country and first-level areas. `today` and `locate` are not needed."""
    for series, of_series in groupby(read_units(session, scope, filters), key=lambda unit: unit.series):
        units = list(of_series)
        counted, left_out = by_their_parts(units)
        rounds = two_newest(units)
        batch = []
        for country in sorted({unit.path[0] or "" for unit in units}):
            inside = [u for u in counted if (u.path[0] or "") == country]
            out = [u for u in left_out if (u.path[0] or "") == country]
            batch.append({**series._asdict(), "level": "adm0"} | _sum(inside, out, rounds, _COUNTRY))
            for adm1 in sorted({u.path[1] for u in units if (u.path[0] or "") == country and u.path[1]}):
                here = [u for u in inside if u.path[1] == adm1]
                apart = [u for u in out if u.path[1] == adm1]
                batch.append({**series._asdict(), "level": "adm1"} | _sum(here, apart, rounds, _PROVINCE))
        yield [
            {name: value or None if value == "" else value for name, value in row.items()} for row in batch
        ]


def by_their_parts(units: Sequence[Unit]) -> tuple[list[Unit], list[Unit]]:
    """Units of one series that count, and areas that do not because something below them was assessed."""
    covered = {
        (level, unit.path[level]) for unit in units for level in range(min(unit.level, len(unit.path)))
    }
    counted: list[Unit] = []
    left_out: list[Unit] = []
    for unit in units:
        is_covered = unit.level < len(unit.path) and (unit.level, unit.code) in covered
        (left_out if is_covered else counted).append(unit)
    return counted, left_out


def two_newest(units: Sequence[Unit]) -> list[Any]:
    """The newest round of a series and the one before, or fewer: what a change of it is between. A place that
    was last assessed earlier has changed at some other time."""
    dated: dict[Any, date] = {}
    for assessment in (one for unit in units for one in unit.rounds):
        day = assessment.row["reporting_date"] or date.min
        dated[assessment.round] = max(day, dated.get(assessment.round, day))
    return sorted(dated, key=lambda of: (dated[of], str(of)), reverse=True)[:2]


def _sum(
    units: Sequence[Unit],
    left_out: Sequence[Unit],
    rounds: Sequence[Any],
    areas: tuple[str, ...],
) -> dict[str, Any]:
    known = [u for u in units if u.latest.row["ind"] is not None]
    assessed = [u for u in known if len(rounds) == 2 and [one.round for one in u.rounds] == rounds]
    both = [u for u in assessed if u.rounds[1].row["ind"] is not None]
    first = next(iter(units or left_out), None)
    households = [u.latest.row["hh"] for u in units if u.latest.row["hh"] is not None]
    dates = [u.latest.row["reporting_date"] for u in known if u.latest.row["reporting_date"]]
    aside = [u.latest.row["ind"] for u in left_out if u.latest.row["ind"] is not None]
    return {
        **({name: first.latest.row[name] for name in areas} if first else {}),
        "hh": sum(households) if households else None,
        "ind": sum(u.latest.row["ind"] for u in known) if known else None,
        "units": len(units),
        "units_without_count": len(units) - len(known),
        "areas_own_row": sum(u.level < len(u.path) for u in units),
        "ind_left_out": sum(aside) if aside else None,
        "first_date": min(dates, default=None),
        "last_date": max(dates, default=None),
        "units_in_both_rounds": len(both),
        "change_ind": sum(u.rounds[0].row["ind"] - u.rounds[1].row["ind"] for u in both) if both else None,
        "n_under_review": sum(u.latest.n_under_review for u in units),
    }
