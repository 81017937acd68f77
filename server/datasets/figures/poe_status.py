"""poe_status: the status of each point of entry on a day, how old that is, and how long it was closed.

In: baseline rows of place status in scope, up to the day asked for. Out: one row per place. A status holds
until another is told; how many days ago it was told is part of it (DOMAIN 1.2: its age is published).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import RowMapping, select

from server.datasets.columns import own, shared
from server.datasets.dataset import UNKNOWN, Dataset
from server.datasets.filters import Filters
from server.datasets.network import Locate
from server.datasets.scope import Scope
from sync.store import ReadSession
from sync.tables import baseline

FRESH_DAYS = 30
"""A status told within so many days counts as updated."""

_SAID = (
    "place_id", "place_name", "place_type", "adm0_iso3", "adm1_pcode", "adm1_name", "adm2_pcode", "adm2_name",
    "operational_status", "closed_for", "measures", "affected_pop", "measure_start", "measure_end",
    "health_measures", "reporting_date",
)  # fmt: skip

DATASET = Dataset(
    name="poe_status",
    title="Points of entry by status, with the age of what is known",
    unit="one point of entry on the day asked for (`to`), or today",
    description="The status of points of entry, with restrictions, the age of the status, and days closed.",
    method="The newest status up to the day asked for. A status holds until another is told. Days closed are "
    f"counted from `from`, or from the first status. Updated: told within {FRESH_DAYS} days.",
    limits=(
        "What was told, by cross-checked informants; a status that is old may be wrong by now.",
        "A place nobody reported on is not here: compare with the register of places.",
        UNKNOWN,
    ),
    columns=(
        *shared("baseline", *_SAID),
        own("status_since", "date", "", "#date+start+status", "Status since",
            "First day from which this status was told without interruption"),
        own("age_days", "int", "days", "#x_status+age", "Age of the status",
            "Days since it was last told"),
        own("is_updated", "bool", "", "#x_status+updated", "Updated", f"Told within {FRESH_DAYS} days"),
        own("previous_status", "code", "", "#status+poe+previous", "Status before",
            "The status before this one", "null = there was none"),
        own("days_fully_closed", "int", "days", "#x_days+closed", "Days fully closed",
            "Days with status fully_closed in the period"),
        own("reports", "int", "reports", "#x_reports+num", "Reports", "Reports on the place in the period"),
    ),
)  # fmt: skip


def rows(
    session: ReadSession, scope: Scope, filters: Filters, today: date, locate: Locate | None = None
) -> Iterator[list[dict[str, Any]]]:
    """By place. Statuses before `from` still say what held on that day."""
    end = min(filters.date_to or today, today)
    before = Filters(places=filters.places, date_to=end)
    statement = (
        select(*(baseline.c[name] for name in _SAID))
        .where(
            before.rows(scope, baseline, by_place=True),
            baseline.c.record_type == "place_status",
            baseline.c.place_id.is_not(None),
            baseline.c.operational_status.is_not(None),
            baseline.c.reporting_date.is_not(None),
        )
        .order_by(baseline.c.reporting_date, baseline.c.record_id)
    )
    told = sorted(session.all(statement), key=lambda row: str(row["place_id"]))
    yield [
        _status(list(of_place), filters.date_from, end)
        for _, of_place in groupby(told, key=lambda row: row["place_id"])
    ]


def _status(told: Sequence[RowMapping], begin: date | None, end: date) -> dict[str, Any]:
    """One place; `told` in the order of its days."""
    newest = told[-1]
    since, previous = newest["reporting_date"], None
    for row in reversed(told):
        if row["operational_status"] != newest["operational_status"]:
            previous = row["operational_status"]
            break
        since = row["reporting_date"]
    first = begin or told[0]["reporting_date"]
    age = (end - newest["reporting_date"]).days
    return {
        **newest,
        "status_since": since,
        "age_days": age,
        "is_updated": age <= FRESH_DAYS,
        "previous_status": previous,
        "days_fully_closed": _days_closed(told, first, end),
        "reports": sum(row["reporting_date"] >= first for row in told),
    }


def _days_closed(told: Sequence[RowMapping], first: date, end: date) -> int:
    """Days of the period on which the status in force was fully_closed, each day once."""
    closed = 0
    ends = [row["reporting_date"] for row in told[1:]] + [end + timedelta(days=1)]
    for row, until in zip(told, ends, strict=True):
        if row["operational_status"] == "fully_closed":
            begins = max(row["reporting_date"], first)
            closed += max(0, (min(until, end + timedelta(days=1)) - begins).days)
    return closed
