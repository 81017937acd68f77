"""herds: herds, animals and herders by month, second-level area and direction.

In: flow rows of the transhumance tool in scope. Out: one row per month, area, direction and type. Areas are
no finer than the second level, so that what an association has released may be told
(sync/policy/release.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import case, func, select

from server.datasets.columns import own, shared
from server.datasets.dataset import MOVEMENTS, REVIEW, UNKNOWN, Dataset
from server.datasets.filters import Filters
from server.datasets.network import Locate
from server.datasets.scope import Scope
from sync.store import ReadSession
from sync.tables import flow

_HEADS = ("herds", "cattle", "sheep", "goats", "camels", "donkeys", "horses", "animals_total")
_AREAS = ("adm0_iso3", "adm1_pcode", "adm1_name", "adm2_pcode", "adm2_name")

DATASET = Dataset(
    name="herds",
    title="Herds: animals and herders by month, area and direction",
    unit="one month, second-level area, direction and type of transhumance",
    description="Herds, animals by species and accompanying persons counted at counting points.",
    method="Counts of a month are added up. Days are those on which anything was counted.",
    limits=(
        *MOVEMENTS,
        "A herd counted at two points is two counts: look at those counted elsewhere.",
        REVIEW,
        UNKNOWN,
    ),
    columns=(
        own("month", "text", "", "#date+month", "Month", "Month as 2026-11", "null = the day is not known"),
        *shared("flow", *_AREAS, "direction", "transhumance_type", *_HEADS, "n_ind"),
        own("days", "int", "days", "#x_days+num", "Days with herds", "Days on which a herd was counted"),
        own("herds_per_day", "decimal", "herds per day", "#x_animals+herds+average", "Herds per day",
            "herds / days", "null = herds not known"),
        own("persons_per_herd", "decimal", "persons per herd", "#affected+ind+herd", "Persons per herd",
            "n_ind / herds, over counts that have both", "null = one of the two is not known"),
        own("counts", "int", "counts", "#x_groups+num", "Counts", "Counts made"),
        own("counted_elsewhere", "int", "counts", "#x_groups+elsewhere+num", "Counts counted elsewhere",
            "Counts of herds that were already counted at another point"),
        own("n_under_review", "int", "counts", "#x_groups+review+num", "Counts under review",
            "Counts suspected to be duplicates, which stay counted"),
    ),
)  # fmt: skip


def rows(
    session: ReadSession, scope: Scope, filters: Filters, today: date, locate: Locate | None = None
) -> Iterator[list[dict[str, Any]]]:
    """By month, area, direction and type."""
    key = (flow.c.reporting_date, *(flow.c[name] for name in (*_AREAS, "direction", "transhumance_type")))
    both = flow.c.herds.is_not(None) & flow.c.n_ind.is_not(None)
    statement = (
        select(
            *key,
            *(func.sum(flow.c[name]).label(name) for name in (*_HEADS, "n_ind")),
            func.count().label("counts"),
            func.sum(case((flow.c.counted_elsewhere == "yes", 1), else_=0)).label("counted_elsewhere"),
            func.sum(case((flow.c.under_review, 1), else_=0)).label("n_under_review"),
            func.sum(case((both, flow.c.herds), else_=0)).label("_herds"),
            func.sum(case((both, flow.c.n_ind), else_=0)).label("_persons"),
        )
        .where(filters.rows(scope, flow), flow.c.flow_tool == "TTT")
        .group_by(*key)
    )
    months: dict[tuple[str, ...], dict[str, Any]] = {}
    for row in session.all(statement):
        day = row["reporting_date"]
        named = {"month": day.strftime("%Y-%m") if day else None}
        named |= {name: row[name] for name in (*_AREAS, "direction", "transhumance_type")}
        into = months.setdefault(tuple(value or "" for value in named.values()), named)
        into["days"] = into.get("days", 0) + (day is not None)
        for name in (*_HEADS, "n_ind", "counts", "counted_elsewhere", "n_under_review", "_herds", "_persons"):
            if row[name] is not None:
                into[name] = into.get(name, 0) + int(row[name])
    yield [_with_means(row) for _, row in sorted(months.items())]


def _with_means(row: dict[str, Any]) -> dict[str, Any]:
    herds, days = row.get("herds"), row["days"]
    means = {
        "herds_per_day": round(herds / days, 2) if herds is not None and days else None,
        "persons_per_herd": round(row["_persons"] / row["_herds"], 2) if row["_herds"] else None,
    }
    return row | means
