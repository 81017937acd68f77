"""flow_splits: movements by nationality, by destination and so on: one dimension at a time.

In: flow rows and their splits. Out: one row per tool, dimension and code. A split is a marginal of its
groups: it is never crossed with sex and age or with another dimension, and its share is of the movements
whose split is known, with how many are not.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select

from server.datasets.columns import own, shared
from server.datasets.dataset import MOVEMENTS, REVIEW, UNKNOWN, Dataset
from server.datasets.filters import Filters
from server.datasets.network import Locate
from server.datasets.scope import Scope
from sync.store import ReadSession
from sync.tables import flow, flow_split

SEVERAL = frozenset({"vulnerability"})
"""Dimensions of which one person may have several codes: their codes do not add up to the movements."""

_OF_PLACES = ("origin", "previous", "next", "destination")
"""Dimensions whose codes may be places: told to the public of no herd."""

DATASET = Dataset(
    name="flow_splits",
    title="Flow by one dimension: nationality, destination and others, each apart",
    unit="one code of one dimension of one tool over the period asked for",
    description="Movements by nationality, country of origin, destination and other dimensions.",
    method="The counts given for a code are added up over a tool's groups. The share is of the movements "
    "of which the dimension is known; the rest stands beside it as not known. Where one person may fall "
    "under several codes (vulnerability), the share is of all movements of the groups that were asked, and "
    "the shares may exceed 1 together.",
    limits=(
        *MOVEMENTS,
        "Dimensions are marginals of the same movements: never add two, never cross them with sex and age.",
        REVIEW,
        UNKNOWN,
    ),
    columns=(
        *shared("flow", "flow_tool"),
        *shared("flow_split", "dimension", "code"),
        own("movements", "int", "movements", "#affected+ind+split", "Movements",
            "Movements with this code", "null = the counts were not given"),
        own("share", "decimal", "share 0-1", "#x_split+share", "Share of those known",
            "movements / movements of all codes of the dimension", "null = nothing known"),
        own("movements_known", "int", "movements", "#affected+ind+known", "Movements where it is known",
            "Movements of all codes of the dimension together"),
        own("movements_not_known", "int", "movements", "#affected+ind+unknown", "Movements without it",
            "Movements of the tool in the period of which the dimension is not known; a minimum"),
        own("groups", "int", "groups", "#x_groups+num", "Groups", "Groups with this code"),
        own("n_under_review", "int", "groups", "#x_groups+review+num", "Groups under review",
            "Groups suspected to be duplicates, which stay counted"),
    ),
)  # fmt: skip


def rows(
    session: ReadSession, scope: Scope, filters: Filters, today: date, locate: Locate | None = None
) -> Iterator[list[dict[str, Any]]]:
    """By tool, dimension and code. `today` and `locate` are not needed: nothing is told of silence."""
    where = filters.rows(scope, flow)
    totals = {
        row["flow_tool"]: int(row["n"] or 0)
        for row in session.all(
            select(flow.c.flow_tool, func.sum(flow.c.n_ind).label("n"))
            .where(where)
            .group_by(flow.c.flow_tool)
        )
    }
    of_no_place = flow_split.c.dimension.not_in(_OF_PLACES)
    split = and_(where, or_(of_no_place, scope.rows(flow, by_place=True)))
    known = _known(session, split)
    yield [row | _shares(row, known, totals) for row in _by_code(session, split)]


def _by_code(session: ReadSession, where: ColumnElement[bool]) -> list[dict[str, Any]]:
    key = (flow.c.flow_tool, flow_split.c.dimension, flow_split.c.code)
    statement = (
        select(
            *key,
            func.sum(flow_split.c.n).label("movements"),
            func.count().label("groups"),
            func.sum(case((flow.c.under_review, 1), else_=0)).label("n_under_review"),
        )
        .join(flow, flow.c.record_id == flow_split.c.record_id)
        .where(where)
        .group_by(*key)
    )
    return sorted(
        (dict(row) for row in session.all(statement)),
        key=lambda row: tuple(row[name] or "" for name in ("flow_tool", "dimension", "code")),
    )


def _known(session: ReadSession, where: ColumnElement[bool]) -> dict[tuple[str, str], int]:
    """What shares are of, by tool and dimension: the counts of all codes, or where one person may have
    several codes, all movements of the groups that have any."""
    groups = (
        select(
            flow.c.flow_tool,
            flow_split.c.dimension,
            func.sum(flow_split.c.n).label("n"),
            func.max(flow.c.n_ind).label("n_ind"),
        )
        .join(flow, flow.c.record_id == flow_split.c.record_id)
        .where(where)
        .group_by(flow.c.flow_tool, flow_split.c.dimension, flow.c.record_id)
        .subquery()
    )
    statement = select(
        groups.c.flow_tool,
        groups.c.dimension,
        func.sum(groups.c.n).label("n"),
        func.sum(groups.c.n_ind).label("all"),
    ).group_by(groups.c.flow_tool, groups.c.dimension)
    return {
        (row["flow_tool"], row["dimension"]): int(row["all" if row["dimension"] in SEVERAL else "n"] or 0)
        for row in session.all(statement)
    }


def _shares(row: dict[str, Any], known: dict[tuple[str, str], int], totals: dict[str, int]) -> dict[str, Any]:
    of = known[row["flow_tool"], row["dimension"]]
    n = None if row["movements"] is None else int(row["movements"])
    return {
        "movements": n,
        "share": round(n / of, 4) if n is not None and of else None,
        "movements_known": of,
        "movements_not_known": max(0, totals[row["flow_tool"]] - of),
    }
