"""stock: who is present at each place or area by its newest assessment, and the change since the one before.

In: units of stock (stock_units). Out: one row per unit and series. Nothing is added up here: what may be
added is in stock_totals.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from server.datasets.columns import own, shared
from server.datasets.dataset import REVIEW, UNKNOWN, Dataset
from server.datasets.figures.stock_units import PLACE_LEVEL, Unit, read_units
from server.datasets.filters import Filters
from server.datasets.network import Locate
from server.datasets.scope import Scope
from sync.store import ReadSession

STOCK_LIMITS = (
    "A stock at a date, not a flow: it is never added to movements, and arrivals told by emergency tracking "
    "change no stock until the next round.",
    "Operations and assessment types (BA, SA, ETT) at one place may count the same persons: never add them.",
    "An area's own figure and those of its places may count the same persons: never add them.",
)

DATASET = Dataset(
    name="stock",
    title="Stock: population present by place, newest round",
    unit="one population category at one place or area, of one operation and assessment type",
    description="Displaced persons, returnees, migrants and hosts present at each place or area by its "
    "newest assessment, with the round before.",
    method="Of the rows with breakdown total, the newest round of each place or area counts. The change is "
    "to the round before of the same place or area.",
    limits=(*STOCK_LIMITS, REVIEW, UNKNOWN),
    columns=(
        *shared("baseline", "operation", "assessment_type", "population_category"),
        own("level", "code", "", "#x_level", "Level", "place, or adm0 to adm3 for an area's own figure"),
        *shared("baseline", "place_id", "place_name", "declared_place_name"),
        *shared("baseline", "adm0_iso3", "adm1_pcode", "adm1_name", "adm2_pcode", "adm2_name"),
        *shared("baseline", "adm3_pcode", "adm3_name", "round", "reporting_date", "hh", "ind"),
        own("hh_size", "decimal", "persons per household", "#x_household+size", "Household size",
            "ind / hh", "null = one of the two is unknown or no household"),
        own("previous_round", "text", "", "#x_round+code+previous", "Round before",
            "The round before of the same place or area", "null = assessed once"),
        own("previous_date", "date", "", "#date+reported+previous", "Date of the round before",
            "Reporting date of the round before", "null = assessed once"),
        own("previous_ind", "int", "persons", "#affected+ind+previous", "Individuals in the round before",
            "Persons present in the round before", "null = assessed once or not known"),
        own("change_ind", "int", "persons", "#affected+ind+change", "Change",
            "ind - previous_ind", "null = one of the two is unknown"),
        own("n_rows", "int", "rows", "#x_rows+num", "Rows of this round",
            "Rows of the same place or area and round: the latest counts, more than one is to be reviewed"),
        own("n_under_review", "int", "rows", "#x_rows+review+num", "Rows under review",
            "Of these suspected to be duplicates"),
    ),
)  # fmt: skip


def rows(
    session: ReadSession, scope: Scope, filters: Filters, today: date, locate: Locate | None = None
) -> Iterator[list[dict[str, Any]]]:
    """By series and code. `today` and `locate` are not needed: nothing is told of silence."""
    batch: list[dict[str, Any]] = []
    for unit in read_units(session, scope, filters, by_place=True):
        batch.append(_row(unit))
        if len(batch) == 1000:
            yield batch
            batch = []
    yield batch


def _row(unit: Unit) -> dict[str, Any]:
    latest = unit.latest.row
    before = unit.previous.row if unit.previous else None
    ind, hh = latest["ind"], latest["hh"]
    known = before is not None and ind is not None and before["ind"] is not None
    return {
        **latest,
        "level": "place" if unit.level == PLACE_LEVEL else f"adm{unit.level}" if unit.level >= 0 else None,
        "hh_size": round(ind / hh, 2) if ind is not None and hh else None,
        "previous_round": before["round"] if before else None,
        "previous_date": before["reporting_date"] if before else None,
        "previous_ind": before["ind"] if before else None,
        "change_ind": ind - before["ind"] if known and before else None,
        "n_rows": unit.latest.n_rows,
        "n_under_review": unit.latest.n_under_review,
    }
