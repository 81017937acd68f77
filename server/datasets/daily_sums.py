"""What was received for a range of days, added up by day, tool and place: the SQL below flow_daily.

Every statement goes through the scope's predicate, so that a figure never tells of rows its reader may not
see. A range of days gives at most days x tools x places rows, however many groups were counted.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, and_, case, collate, func, or_, select

from server.datasets.daily_columns import DIRECTIONS
from server.datasets.filters import COUNTED
from server.datasets.network import AREA_COLUMNS
from server.datasets.scope import Scope
from sync.store import ReadSession
from sync.tables import flow, observation

Days = tuple[date, date] | None
"""First and last day, inclusive; None: the rows without a usable date."""

_SEPARATOR = "\x1f"

OBSERVED_ON = func.coalesce(observation.c.reporting_date, observation.c.obs_date)
SEX_AND_AGE = ("men", "women", "boys", "girls")
HEADS = ("herds", "animals_total")


def _movements_where(condition: ColumnElement[bool]) -> ColumnElement[Any]:
    return func.sum(case((condition, flow.c.n_ind), else_=0))


_ALL_KNOWN = and_(*(flow.c[name].is_not(None) for name in SEX_AND_AGE))

_SUMS: tuple[ColumnElement[Any], ...] = (
    func.count().label("groups"),
    func.sum(case((flow.c.n_ind.is_(None), 1), else_=0)).label("groups_without_count"),
    func.sum(flow.c.n_ind).label("movements"),
    *(_movements_where(flow.c.direction == code).label(f"movements_{code}") for code in DIRECTIONS),
    _movements_where(flow.c.direction.is_(None)).label("movements_direction_unknown"),
    func.count(flow.c.direction).label("with_direction"),
    _movements_where(flow.c.movement_type == "short_term_local").label("movements_short_term_local"),
    func.count(flow.c.movement_type).label("with_type"),
    _movements_where(flow.c.counted_elsewhere == "yes").label("movements_counted_elsewhere"),
    func.count(flow.c.counted_elsewhere).label("with_counted"),
    *(func.sum(flow.c[name]).label(name) for name in (*SEX_AND_AGE, *HEADS)),
    _movements_where(_ALL_KNOWN).label("sadd_known"),
    func.sum(case((flow.c.under_review, 1), else_=0)).label("n_under_review"),
    _movements_where(flow.c.under_review).label("movements_under_review"),
)


def group_sums(session: ReadSession, scope: Scope, days: Days) -> Iterable[RowMapping]:
    """Sums over the groups of each (day, flow_tool, place_id); unknown figures are left out of them."""
    key = (flow.c.reporting_date.label("day"), flow.c.flow_tool, flow.c.place_id)
    statement = (
        select(
            *key,
            *_SUMS,
            func.min(flow.c.place_name).label("place_name"),
            func.min(flow.c.place_type).label("place_type"),
            func.min(_areas(flow, session.dialect)).label("areas"),
        )
        .where(
            scope.rows(flow, by_place=True), flow.c.status == COUNTED, _within(flow.c.reporting_date, days)
        )
        .group_by(*key)
    )
    return session.all(statement)


def group_hours(session: ReadSession, scope: Scope, days: Days) -> Iterable[RowMapping]:
    """The different hours that groups carry themselves: (day, flow_tool, place_id, obs_start, ...)."""
    known = or_(flow.c.obs_start.is_not(None), flow.c.obs_hours.is_not(None))
    statement = (
        select(
            flow.c.reporting_date.label("day"),
            flow.c.flow_tool,
            flow.c.place_id,
            flow.c.obs_start,
            flow.c.obs_end,
            flow.c.obs_hours,
        )
        .where(
            scope.rows(flow, by_place=True),
            flow.c.status == COUNTED,
            _within(flow.c.reporting_date, days),
            known,
        )
        .distinct()
    )
    return session.all(statement)


def day_forms(session: ReadSession, scope: Scope, days: Days) -> Iterable[RowMapping]:
    """The observations of a range of days, one row each."""
    statement = select(
        OBSERVED_ON.label("day"),
        observation.c.form_id,
        observation.c.place_id,
        observation.c.place_name,
        observation.c.place_type,
        observation.c.outcome,
        observation.c.not_observed_reason,
        observation.c.obs_start,
        observation.c.obs_end,
        observation.c.obs_hours,
        _areas(observation, session.dialect).label("areas"),
    ).where(
        scope.rows(observation, by_place=True), observation.c.status == COUNTED, _within(OBSERVED_ON, days)
    )
    return session.all(statement.order_by(observation.c.record_id))


def form_tools(session: ReadSession, project_uuid: str) -> dict[str, str]:
    """The tool that each form with a day form counts with, as its groups say. A form without groups so far
    is left out."""
    forms = select(observation.c.form_id).where(observation.c.project_uuid == project_uuid).distinct()
    tools = {}
    for row in session.all(forms):
        first = (
            select(flow.c.flow_tool)
            .where(
                flow.c.project_uuid == project_uuid,
                flow.c.form_id == row["form_id"],
                flow.c.flow_tool.is_not(None),
            )
            .order_by(flow.c.reporting_date, flow.c.place_id, flow.c.record_id)
            .limit(1)
        )
        if (tool := session.scalar(first)) is not None:
            tools[row["form_id"]] = tool
    return tools


def next_day(session: ReadSession, scope: Scope, after: date | None) -> date | None:
    """The first day with anything in scope, on or after a day; None when there is none."""
    days = []
    for table, day in ((flow, flow.c.reporting_date), (observation, OBSERVED_ON)):
        wanted = [scope.rows(table, by_place=True), table.c.status == COUNTED]
        if after is not None:
            wanted.append(day >= after)
        days.append(session.scalar(select(func.min(day)).where(*wanted)))
    return min((found for found in days if found is not None), default=None)


def last_day(session: ReadSession, project_uuid: str, today: date) -> date | None:
    """The last day, up to today, for which anything has come to the project. Not narrowed to a scope: a
    province that has fallen silent is where silence matters, and only the date is told."""
    days = []
    for table, day in ((flow, flow.c.reporting_date), (observation, OBSERVED_ON)):
        mine = (table.c.project_uuid == project_uuid, table.c.status == COUNTED, day <= today)
        days.append(session.scalar(select(func.max(day)).where(*mine)))
    return max((found for found in days if found is not None), default=None)


def split_areas(joined: str | None) -> dict[str, str]:
    """The area columns that `_areas` joined, empty ones left out."""
    parts = (joined or "").split(_SEPARATOR)
    return {name: part for name, part in zip(AREA_COLUMNS, parts, strict=False) if part}


def _areas(table: Any, dialect: str) -> ColumnElement[Any]:
    """All area columns as one text, so that a smallest one of a group is a real row's and not a mixture."""
    joined: Any = func.coalesce(table.c[AREA_COLUMNS[0]], "")
    for name in AREA_COLUMNS[1:]:
        joined = joined + _SEPARATOR + func.coalesce(table.c[name], "")
    return collate(joined, "C") if dialect == "postgresql" else joined


def _within(day: Any, days: Days) -> ColumnElement[bool]:
    if days is None:
        return day.is_(None)  # type: ignore[no-any-return]
    return and_(day >= days[0], day <= days[1])
