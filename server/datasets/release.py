"""What of transhumance may be published: with the release of the association that owns it, late and coarse.

In: a harmonised table, and which organisations have released their records after how many days. Out: the
predicate of what may leave to the public, and the columns that stay behind. The large herd is the target, not
the small cell (DOMAIN 2.8, rule 8), so that suppressing small figures would protect nobody.
"""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import ColumnElement, Table, and_, exists, false, func, or_, select, true

from sync.store import ReadSession
from sync.tables import event, organisation

Releases = tuple[tuple[str, int], ...]
"""(organisation, days after which its records of transhumance may be published)."""

FINE_COLUMNS = frozenset(
    {"place_id", "place_name", "declared_place_name", "adm3_pcode", "adm3_name", "route", "corridor_id"}
    | {"origin_place", "previous_place", "next_place", "final_place", "location_description"}
    | {"future_risk_place", "event_time", "obs_start", "obs_end", "report_time"}
)
"""Columns that tell where more closely than a second-level area, or when more closely than a day."""

_TOOL_COLUMN = {"flow": "flow_tool", "event": "event_tool"}


def releases(session: ReadSession) -> Releases:
    """The organisations that let their records of transhumance be published."""
    statement = select(organisation.c.code, organisation.c.release_after_days).where(
        organisation.c.release_after_days.is_not(None)
    )
    return tuple(sorted((row["code"], row["release_after_days"]) for row in session.all(statement)))


def is_transhumance(table: Table) -> ColumnElement[bool]:
    """Whether a row tells of herds or herders. Never null."""
    told = [_is(table, "assessment_type", "TTT"), _is(table, "place_type", "counting_point")]
    if table.name in _TOOL_COLUMN:
        told.append(_is(table, _TOOL_COLUMN[table.name], "TTT"))
    if table.name == "baseline":
        told += [_is(table, "record_type", "blocked_herds"), _is(table, "population_category", "transhumant")]
        told += [_is(table, "infra_type", "corridor"), table.c.corridor_id.is_not(None)]
    if table.name == "profile":
        told.append(table.c.owner_herder.is_not(None))
    return or_(*told)


def may_be_published(table: Table, released: Releases, today: date) -> ColumnElement[bool]:
    """Rows that may leave to the public: all but those of transhumance, and of these the released ones that
    are old enough; of alerts only those that independent sources confirmed."""
    aged = [
        and_(table.c.organisation == code, table.c.reporting_date <= today - timedelta(days=days))
        for code, days in released
    ]
    is_released = and_(func.coalesce(or_(false(), *aged), false()), true())
    if table.name == "event":
        is_released = and_(is_released, _confirmed())
    return or_(~is_transhumance(table), is_released)


def _confirmed() -> ColumnElement[bool]:
    """Whether a follow-up of the same number says so: the row itself, or another of its project."""
    other = event.alias("follow_up")
    return exists().where(
        other.c.project_uuid == event.c.project_uuid,
        other.c.event_id == event.c.event_id,
        other.c.triangulated == "confirmed",
        other.c.status == "valid",
    )


def _is(table: Table, column: str, code: str) -> ColumnElement[bool]:
    return func.coalesce(table.c[column], "") == code
