"""emergencies: arrivals, departures and transits by week, trigger and area, as emergency tracking tells them.

In: flow rows of emergency tracking in scope. Out: one row per ISO week, trigger, first-level area and
direction. They change no stock until the next round, and are never added to what other tools counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from sqlalchemy import case, func, select

from server.datasets.columns import own, shared
from server.datasets.dataset import MOVEMENTS, REVIEW, UNKNOWN, Dataset
from server.datasets.filters import Filters
from server.datasets.network import Locate
from server.datasets.scope import Scope
from sync.store import ReadSession
from sync.tables import flow

_KEY = ("trigger_code", "adm0_iso3", "adm1_pcode", "adm1_name", "direction")

DATASET = Dataset(
    name="emergencies",
    title="Emergencies: arrivals and departures by week, trigger and area",
    unit="one week, trigger, first-level area and direction",
    description="Movements told by emergency event tracking, by what set them off.",
    method="Movements and households of a week (Monday to Sunday) are added up.",
    limits=(
        *MOVEMENTS,
        "Estimates within hours of an event: they change no stock, the next round of assessment does.",
        REVIEW,
        UNKNOWN,
    ),
    columns=(
        own("week", "date", "", "#date+start+week", "Week from", "Monday of the week",
            "null = the day is not known"),
        *shared("flow", *_KEY),
        own("movements", "int", "movements", "#affected+ind", "Movements", "Movements told",
            "null = not known"),
        *shared("flow", "hh"),
        own("reports", "int", "reports", "#x_reports+num", "Reports",
            "Reports with movements in this direction"),
        own("reports_without_count", "int", "reports", "#x_reports+unknown+num", "Reports without a number",
            "Of these without a known number: left out of the sum"),
        own("n_under_review", "int", "reports", "#x_reports+review+num", "Reports under review",
            "Reports suspected to be told twice; they stay counted"),
    ),
)  # fmt: skip


def rows(
    session: ReadSession, scope: Scope, filters: Filters, today: date, locate: Locate | None = None
) -> Iterator[list[dict[str, Any]]]:
    """By week, trigger, area and direction."""
    key = (flow.c.reporting_date, *(flow.c[name] for name in _KEY))
    statement = (
        select(
            *key,
            func.sum(flow.c.n_ind).label("movements"),
            func.sum(flow.c.hh).label("hh"),
            func.count().label("reports"),
            func.sum(case((flow.c.n_ind.is_(None), 1), else_=0)).label("reports_without_count"),
            func.sum(case((flow.c.under_review, 1), else_=0)).label("n_under_review"),
        )
        .where(filters.rows(scope, flow), flow.c.flow_tool == "EET")
        .group_by(*key)
    )
    weeks: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in session.all(statement):
        day = row["reporting_date"]
        named: dict[str, Any] = {"week": day - timedelta(days=day.weekday()) if day else None}
        named |= {name: row[name] for name in _KEY}
        order = (named["week"] or date.min, *(named[name] or "" for name in _KEY))
        into = weeks.setdefault(order, named)
        for name in ("movements", "hh", "reports", "reports_without_count", "n_under_review"):
            if row[name] is not None:
                into[name] = into.get(name, 0) + int(row[name])
    yield [row for _, row in sorted(weeks.items())]
