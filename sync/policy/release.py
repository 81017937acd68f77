"""What of transhumance may be published: with the release of the association that owns it, late and coarse.

In: a harmonised table, and which organisations have released their records after how many days. Out: the
predicate of what may leave to the public, and the columns that stay behind. The large herd is the target, not
the small cell (DOMAIN 2.8, rule 8), so that suppressing small figures would protect nobody. What may be
published is never told by place: no filter, no order and no narrow grant may ask where it was.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Date, Table, and_, case, false, func, literal, or_, select, tuple_

from sync.store import ReadSession
from sync.tables import event, organisation

Releases = tuple[tuple[str, int], ...]
"""(organisation, days after which its records of transhumance may be published)."""

FINE_COLUMNS = frozenset(
    {"place_id", "place_name", "declared_place_name", "adm3_pcode", "adm3_name", "route", "corridor_id"}
    | {"declared_pcode", "subroute", "counted_place", "paired_place_id", "origin_adm3_pcode"}
    | {"origin_place", "previous_place", "next_place", "final_place", "location_description"}
    | {"future_risk_place", "event_time", "obs_start", "obs_end", "report_time"}
)
"""Columns that tell where more closely than a second-level area, or when more closely than a day."""

FINEST_LEVEL = 2
"""The administrative level down to which it may be told where herds are."""

_TOOL_COLUMN = {"flow": "flow_tool", "event": "event_tool"}
_PLACES_OF_HERDS = ("counting_point", "water_point", "corridor_node")
_OF_HERDERS = ("transhumance_type", "owner_herder", "species", "blocked_reason", "movement_alert")
"""Codes that only herds, herders and what happens to them have."""
_HEADS = ("herds", "cattle", "sheep", "goats", "camels", "donkeys", "horses", "animals_total")


def releases(session: ReadSession) -> Releases:
    """The organisations that let their records of transhumance be published."""
    statement = select(organisation.c.code, organisation.c.release_after_days).where(
        organisation.c.release_after_days.is_not(None)
    )
    return tuple(sorted((row["code"], row["release_after_days"]) for row in session.all(statement)))


def is_transhumance(table: Table) -> ColumnElement[bool]:
    """Whether a row tells of herds or herders, whatever tool told it. Never null."""
    told = [_is(table, "assessment_type", "TTT")]
    told += [_is(table, "place_type", kind) for kind in _PLACES_OF_HERDS]
    told += [table.c[name].is_not(None) for name in _OF_HERDERS if name in table.c]
    told += [func.coalesce(table.c[name], 0) > 0 for name in _HEADS if name in table.c]
    if table.name in _TOOL_COLUMN:
        told.append(_is(table, _TOOL_COLUMN[table.name], "TTT"))
    if table.name == "baseline":
        told += [_is(table, "record_type", "blocked_herds"), _is(table, "population_category", "transhumant")]
        told += [_is(table, "infra_type", "corridor"), table.c.corridor_id.is_not(None)]
    return or_(*told)


def may_be_published(table: Table, released: Releases, today: date) -> ColumnElement[bool]:
    """Rows that may leave to the public: all but those of transhumance, and of these the released ones that
    are old enough and that no decision removed; of alerts only those that independent sources confirmed."""
    aged = [
        and_(table.c.organisation == code, table.c.reporting_date <= today - timedelta(days=days))
        for code, days in released
    ]
    is_released = and_(func.coalesce(or_(false(), *aged), false()), table.c.status == "valid")
    if table.name == "event":
        is_released = and_(is_released, _confirmed())
    return or_(~is_transhumance(table), is_released)


def _confirmed() -> ColumnElement[bool]:
    """Whether the newest answer of the follow-ups says so, and the number is that of one alert that counts.

    Where days leave open which answer is newer, a doubt keeps it back. One pass over the events of the tool,
    whatever the number of rows asked about.
    """
    told = event.alias("told")
    first, last = date.min, date.max
    confirmed = _newest(told, ("confirmed",), first)
    denied = _newest(told, ("refuted", "not_confirmed"), last)
    open_again = _newest(told, ("pending",), last)
    numbers = (
        select(told.c.project_uuid, told.c.event_id)
        .where(told.c.status == "valid", told.c.event_tool == "TTT", told.c.event_id.is_not(None))
        .group_by(told.c.project_uuid, told.c.event_id)
        .having(
            func.sum(case((told.c.event_stage == "report", 1), else_=0)) == 1,
            confirmed.is_not(None),
            or_(denied.is_(None), denied < confirmed),
            or_(open_again.is_(None), open_again <= confirmed),
        )
    )
    return tuple_(event.c.project_uuid, event.c.event_id).in_(numbers)


def _newest(told: Any, answers: tuple[str, ...], undated: date) -> ColumnElement[Any]:
    """The day of the newest of these answers; null where none was given."""
    day = func.coalesce(told.c.reporting_date, literal(undated, Date()))
    return func.max(case((told.c.triangulated.in_(answers), day)))


def _is(table: Table, column: str, code: str) -> ColumnElement[bool]:
    return func.coalesce(table.c[column], "") == code
