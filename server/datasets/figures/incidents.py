"""incidents: dead and missing by route, cause and month: sums that are minima, with what is not known.

In: event rows of the incident tool in scope. Out: one row per month, route and cause. An unknown number is
left out of the sum and counted beside it; it is never a zero.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, case, cast, func, select

from server.datasets.columns import own, shared
from server.datasets.dataset import REVIEW, Dataset
from server.datasets.filters import Filters
from server.datasets.network import Locate
from server.datasets.scope import Scope
from sync.store import ReadSession
from sync.tables import event

_SUMMED = ("dead", "missing", "survivors", "victims_f", "victims_m", "victims_children")

DATASET = Dataset(
    name="incidents",
    title="Incidents: dead and missing in migration by month, route and cause",
    unit="one month, route, region and cause",
    description="Deaths and disappearances in migration, as reported, by month, route, region and cause.",
    method="Reported numbers are added up. Where a number is unknown the incident is counted apart.",
    limits=(
        "Minima: many deaths are never recorded, and unknown numbers are left out of the sums.",
        "Deaths in camps, in detention and after arrival, and of the internally displaced, are not covered.",
        "Quality of sources differs: see source_quality of the event rows.",
        REVIEW,
    ),
    columns=(
        own("month", "text", "", "#date+month", "Month", "Month as 2026-11", "null = the day is not known"),
        *shared("event", "migration_route", "incident_region", "death_cause"),
        own("incidents", "int", "incidents", "#x_incidents+num", "Incidents", "Incidents reported"),
        *shared("event", *_SUMMED),
        own("dead_and_missing", "int", "persons", "#affected+killed+missing", "Dead and missing",
            "dead + missing of each incident, as far as known; a minimum", "null = nothing known"),
        own("without_dead", "int", "incidents", "#x_incidents+unknown+num", "Without a number of dead",
            "Incidents whose number of dead is not known"),
        own("without_position", "int", "incidents", "#x_incidents+unplaced+num", "Without a position",
            "Incidents whose position is not known"),
        own("n_under_review", "int", "incidents", "#x_incidents+review+num", "Incidents under review",
            "Incidents suspected to be told twice; they stay counted"),
    ),
)  # fmt: skip


def rows(
    session: ReadSession, scope: Scope, filters: Filters, today: date, locate: Locate | None = None
) -> Iterator[list[dict[str, Any]]]:
    """By month, route, region and cause."""
    key = (
        event.c.reporting_date,
        event.c.migration_route,
        event.c.incident_region,
        event.c.death_cause,
    )
    statement = (
        select(
            *key,
            func.count().label("incidents"),
            *(func.sum(event.c[name]).label(name) for name in _SUMMED),
            func.sum(_dead_and_missing()).label("dead_and_missing"),
            func.sum(case((event.c.dead.is_(None), 1), else_=0)).label("without_dead"),
            func.sum(case((event.c.lat.is_(None), 1), else_=0)).label("without_position"),
            func.sum(case((event.c.under_review, 1), else_=0)).label("n_under_review"),
        )
        .where(
            filters.rows(scope, event),
            event.c.event_tool == "MMP",
            event.c.event_stage == "report",
        )
        .group_by(*key)
    )
    months: dict[tuple[str, ...], dict[str, Any]] = {}
    for row in session.all(statement):
        day = row["reporting_date"]
        named = {"month": day.strftime("%Y-%m") if day else None}
        named |= {name: row[name] for name in ("migration_route", "incident_region", "death_cause")}
        into = months.setdefault(tuple(value or "" for value in named.values()), named)
        _add(into, row)
    yield [row for _, row in sorted(months.items())]


def _add(into: dict[str, Any], row: Any) -> None:
    for name in (
        "incidents",
        *_SUMMED,
        "dead_and_missing",
        "without_dead",
        "without_position",
        "n_under_review",
    ):
        if row[name] is not None:
            into[name] = (into.get(name) or 0) + int(row[name])


def _dead_and_missing() -> ColumnElement[Any]:
    """Of one incident; null where both are unknown."""
    dead, missing = (cast(event.c[name], BigInteger) for name in ("dead", "missing"))  # two may be too many
    known = func.coalesce(dead, 0) + func.coalesce(missing, 0)
    return case((event.c.dead.is_(None) & event.c.missing.is_(None), None), else_=known)
