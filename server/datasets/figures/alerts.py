"""alerts: each alert with what became of it: triangulated, resolved, and how fast it was told.

In: event rows of the transhumance tool in scope. Out: one row per report, with the answers of its follow-ups;
the newest answer to each question counts. A follow-up is never a second alert. Only confirmed alerts may be
published (sync/policy/release.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import RowMapping, func, select

from server.datasets.columns import own, shared
from server.datasets.dataset import REVIEW, UNKNOWN, Dataset
from server.datasets.filters import COUNTED, Filters
from server.datasets.network import Locate
from server.datasets.scope import Scope
from sync.store import ReadSession
from sync.tables import event

_FOLLOWED = (
    "triangulated", "triangulation_sources", "resolved", "resolved_on", "resolution_mode",
    "authority_informed", "authority_time", "future_risk",
)  # fmt: skip
"""What a follow-up answers anew. The newest answer counts."""

_TOLD = "_told"  # when a follow-up was told, also where the reader may not see it

_SAID = (
    "event_id", "alert_kind", "event_type", "movement_alert", "reporting_date", "event_date",
    "adm0_iso3", "adm1_pcode", "adm1_name", "adm2_pcode", "adm2_name", "adm3_pcode", "adm3_name",
    "dead", "injured", "displaced", "animals_lost", "organisation", "under_review",
)  # fmt: skip

DATASET = Dataset(
    name="alerts",
    title="Alerts: events and unusual movements of transhumance, with their follow-up",
    unit="one alert as reported",
    description="Alerts of transhumance with triangulation, resolution and the time it took to tell them.",
    method="Reports of informants. Of the follow-ups that carry an alert's number, the newest answer to each "
    "question counts; a number that two alerts carry joins none. Hours are between the times given by the "
    "informants.",
    limits=(
        "What informants told: no alert does not mean that nothing happened.",
        "Only confirmed alerts may be published, with the owning association's release, late and coarse.",
        "Casualties are minima; an empty cell is unknown and never a zero.",
        REVIEW,
        UNKNOWN,
    ),
    columns=(
        *shared("event", *_SAID[:-1]),
        *shared("event", *_FOLLOWED),
        own("follow_ups", "int", "follow-ups", "#x_follow_up+num", "Follow-ups", "Follow-ups of the alert"),
        own("hours_to_report", "decimal", "hours", "#x_hours+report", "Hours until it was reported",
            "From the event to the report", "null = one of the two times is unknown"),
        own("hours_to_authority", "decimal", "hours", "#x_hours+authority", "Hours until an authority knew",
            "From the report to when an authority was informed", "null = one of the two times is unknown"),
        *shared("event", "under_review"),
    ),
)  # fmt: skip


def rows(
    session: ReadSession, scope: Scope, filters: Filters, today: date, locate: Locate | None = None
) -> Iterator[list[dict[str, Any]]]:
    """By day and number. Follow-ups count whenever they came: the days asked for are those of the alerts."""
    in_scope = scope.rows(event, by_place=bool(filters.places))
    mine = (in_scope, event.c.event_tool == "TTT", event.c.status == COUNTED)
    wanted = shared("event", *dict.fromkeys((*_SAID, *_FOLLOWED, "event_time", "report_time", "record_id")))
    columns = [scope.value(event, c, event.c[c.name]).label(c.name) for c in wanted]
    is_report = event.c.event_stage == "report"
    reports = session.all(select(*columns).where(*mine, is_report, filters.rows(scope, event)))
    numbered = event.c.event_id.is_not(None)
    numbers = select(event.c.event_id).where(*mine, is_report, numbered).group_by(event.c.event_id)
    of_one_alert = {row["event_id"] for row in session.all(numbers.having(func.count() == 1))}
    later = select(*columns, event.c.report_time.label(_TOLD)).where(
        *mine, event.c.event_stage == "follow_up", numbered
    )
    told = (row for row in session.all(later) if row["event_id"] in of_one_alert)
    follow_ups = _by_number(sorted(told, key=_age))
    for_each = sorted(reports, key=lambda row: (row["reporting_date"] or date.min, row["record_id"]))
    yield [_alert(report, follow_ups.get(report["event_id"], [])) for report in for_each]


def _by_number(follow_ups: Iterable[RowMapping]) -> dict[str, list[RowMapping]]:
    found: dict[str, list[RowMapping]] = {}
    for row in follow_ups:
        found.setdefault(row["event_id"], []).append(row)
    return found


def _age(row: RowMapping) -> tuple[date, float, str]:
    """What follow-ups are ordered by, the same for every reader and engine: day, moment, record."""
    told = _instant(row[_TOLD])
    moment = 0.0 if told is None else told.replace(tzinfo=told.tzinfo or UTC).timestamp()
    return row["reporting_date"] or date.min, moment, row["record_id"]


def _alert(report: RowMapping, follow_ups: list[RowMapping]) -> dict[str, Any]:
    row = dict(report)
    for later in follow_ups:
        row |= {name: later[name] for name in _FOLLOWED if later[name] is not None}
    told = {"follow_ups": len(follow_ups)}
    reported = row["report_time"]
    return (
        row
        | told
        | {
            "hours_to_report": _hours(row["event_time"], reported),
            "hours_to_authority": _hours(reported, row["authority_time"]),
        }
    )


def _hours(earlier: str | None, later: str | None) -> float | None:
    """Hours between two times as devices wrote them; None where one is unknown or they are the wrong way
    round, which the quality step flags."""
    begun, ended = _instant(earlier), _instant(later)
    if begun is None or ended is None or (begun.tzinfo is None) != (ended.tzinfo is None) or ended < begun:
        return None
    return round((ended - begun).total_seconds() / 3600, 1)


def _instant(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
