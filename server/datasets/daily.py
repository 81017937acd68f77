"""flow_daily: movements per tool, place and day, with hours and coverage, so that silence is not zero.

In: sums of what came (daily_sums) and the points with their schedules (network). Out: one row for each day,
tool and place that either sent something or was expected to. The four outcomes:

    observed       a day form says so; without groups the movements are a recorded 0
    not_observed   a day form says so, with its reason; movements are unknown
    no_day_form    groups came without a day form: the hours, and so any average, are unknown
    missing        the schedule expected an observation and nothing has come: movements are unknown

Days are worked off a month at a time, so memory is bounded by a month of points.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy import RowMapping

from server.datasets import daily_sums
from server.datasets.daily_columns import DIRECTIONS
from server.datasets.daily_sums import HEADS, SEX_AND_AGE, Days
from server.datasets.filters import Filters
from server.datasets.network import DEFAULT_TOOL, Locate, Point, read_network
from server.datasets.observed_hours import Span, observed_hours
from server.datasets.scope import Scope
from sync.places.sites import ALWAYS
from sync.store import ReadSession

CHUNK = timedelta(days=31)

Key = tuple[date | None, str, str]
"""(day, tool, place code or ""): one row."""

_OF_MOVEMENTS = (
    *(f"movements_{code}" for code in DIRECTIONS),
    "movements_direction_unknown",
    "movements_short_term_local",
    "movements_counted_elsewhere",
    *SEX_AND_AGE,
    "sadd_known",
    "groups_without_count",
    "n_under_review",
    "movements_under_review",
)
"""Figures that are 0 where the movements are a recorded 0."""

_ASKED = {
    **{f"movements_{code}": "with_direction" for code in DIRECTIONS},
    "movements_short_term_local": "with_type",
    "movements_counted_elsewhere": "with_counted",
}
"""Figures that are unknown where no group has an answer to their question."""


@dataclass(slots=True)
class _Day:
    """What came for one key."""

    forms: list[RowMapping] = field(default_factory=list)
    sums: RowMapping | None = None
    spans: list[Span] = field(default_factory=list)  # hours that the groups carry themselves

    @property
    def said(self) -> set[str]:
        return {form["outcome"] for form in self.forms if form["outcome"]}

    @property
    def outcome(self) -> str:
        if self.said & {"movement", "no_movement"}:
            return "observed"
        return "not_observed" if "not_observed" in self.said else "no_day_form"

    @property
    def contradicts(self) -> bool:
        if self.sums is None:
            return "movement" in self.said
        return bool(self.said) and "movement" not in self.said


def daily_rows(
    session: ReadSession, scope: Scope, filters: Filters, today: date, locate: Locate | None = None
) -> Iterator[list[dict[str, Any]]]:
    """The rows by column name, a month at a time, sorted by day, tool and place.

    today   silence is told of up to this day at most
    locate  finds the areas of places that have a position (network.read_network)
    Filters by place and tool choose rows; the coverage beside them stays that of the whole scope.
    """
    network = read_network(session, scope.project_id, locate)
    covered = [
        point
        for point in network.values()
        if scope.covers_place(point.code, point.row_areas, of_herds=point.tool == "TTT")
    ]
    table = _Table(session, scope, filters, network, covered)
    if filters.date_from is None and filters.date_to is None:
        yield table.rows(None, None)
    silence = _silence(session, scope, filters, covered, today)
    cursor, end = filters.date_from, filters.date_to or date.max
    while (day := _next(session, scope, silence, cursor)) is not None and day <= end:
        last = min(end, day + CHUNK) if day < date.max - CHUNK else end
        yield table.rows((day, last), silence)
        if last == end:
            return
        cursor = last + timedelta(days=1)


def _silence(
    session: ReadSession, scope: Scope, filters: Filters, covered: list[Point], today: date
) -> tuple[date, date] | None:
    """The days on which silence can be told: from the first schedule to the last day anything came for.

    Where no schedule names its beginning, silence begins with the day asked for, else with the first day
    anything came for: nobody wants years of empty rows from before the work began.
    """
    first = min((point.shifts[0].since for point in covered if point.shifts), default=None)
    if first == ALWAYS and filters.date_from is None:
        dated = [point.shifts[0].since for point in covered if point.shifts]
        came = daily_sums.next_day(session, scope, ALWAYS)
        first = min((day for day in (*dated, came) if day not in (None, ALWAYS)), default=None)
    last = filters.date_to or daily_sums.last_day(session, scope.project_uuid, today)
    if first is None or last is None:
        return None
    first, last = max(first, filters.date_from or first), min(last, today)
    return (first, last) if first <= last else None


def _next(
    session: ReadSession, scope: Scope, silence: tuple[date, date] | None, cursor: date | None
) -> date | None:
    """The next day to work on: a wrong clock's 1970 must not make half a century of empty months."""
    found = daily_sums.next_day(session, scope, cursor)
    if silence is not None and (cursor is None or cursor <= silence[1]):
        start = max(silence[0], cursor or silence[0])
        return start if found is None else min(found, start)
    return found


class _Table:
    """Makes the rows of a range of days."""

    def __init__(
        self,
        session: ReadSession,
        scope: Scope,
        filters: Filters,
        network: dict[str, Point],
        covered: list[Point],
    ) -> None:
        self._session = session
        self._scope = scope
        self._filters = filters
        self._network = network
        self._covered = covered if scope.knows_coverage else []
        self._tools = daily_sums.form_tools(session, scope.project_uuid)

    def rows(self, days: Days, silence: tuple[date, date] | None) -> list[dict[str, Any]]:
        came = self._came(days)
        coverage = _Coverage(self._covered, came)
        keys: dict[Key, _Day | None] = dict(came)
        if days is not None and silence is not None:
            for day in _days(max(days[0], silence[0]), min(days[1], silence[1])):
                for point in coverage.expected(day):
                    keys.setdefault((day, point.tool, point.code), None)
        wanted = sorted(
            (key for key in keys if self._wants(key)), key=lambda key: (key[0] or date.min, *key[1:])
        )
        return [self._row(key, keys[key], coverage) for key in wanted]

    def _wants(self, key: Key) -> bool:
        _, tool, place = key
        of_place = not self._filters.places or place in self._filters.places
        return of_place and self._filters.tool in (None, tool)

    def _came(self, days: Days) -> dict[Key, _Day]:
        came: dict[Key, _Day] = {}
        for row in daily_sums.group_sums(self._session, self._scope, days):
            came[row["day"], row["flow_tool"] or "", row["place_id"] or ""] = _Day(sums=row)
        for row in daily_sums.group_hours(self._session, self._scope, days):
            came[row["day"], row["flow_tool"] or "", row["place_id"] or ""].spans.append(Span.of(row))
        for form in daily_sums.day_forms(self._session, self._scope, days):
            key = (form["day"], self._tool_of(form), form["place_id"] or "")
            came.setdefault(key, _Day()).forms.append(form)
        return came

    def _tool_of(self, form: RowMapping) -> str:
        """The tool a day form belongs to: what its form's groups say; before any came, TTT at a counting
        point and FMR elsewhere, also at points of entry, whose own estimates have no day form."""
        if form["form_id"] in self._tools:
            return self._tools[form["form_id"]]
        return "TTT" if form["place_type"] == "counting_point" else DEFAULT_TOOL

    def _row(self, key: Key, day: _Day | None, coverage: _Coverage) -> dict[str, Any]:
        on, tool, code = key
        row: dict[str, Any] = {"date": on, "flow_tool": tool or None, "place_id": code or None}
        row |= self._place(code, day)
        point = self._network.get(code)
        is_its_tool = point is not None and point.tool == tool and on is not None
        row["expected"] = point.expected_on(on) if point and is_its_tool and on else None
        row |= {"outcome": "missing", "contradiction": False} if day is None else _figures(day, tool)
        return row | coverage.figures(on, tool)

    def _place(self, code: str, day: _Day | None) -> dict[str, Any]:
        """Name, kind, areas and, where the reader may see it, the position of a row's place. Areas are those
        of what came, for a row is counted where it was tagged; of a silent place, its registered ones."""
        first: Mapping[str, Any] | RowMapping = {}
        if day is not None:
            first = day.forms[0] if day.forms else (day.sums or {})
        point = self._network.get(code)
        found = {name: first.get(name) for name in ("place_name", "place_type")}
        if point is None:
            return found | daily_sums.split_areas(first.get("areas"))
        found |= {"place_name": point.name, "place_type": point.kind, "route": point.route}
        if self._scope.shows_position(code, point.row_areas):
            found |= {"lat": point.lat, "lon": point.lon}
        return found | (daily_sums.split_areas(first.get("areas")) or dict(point.areas))


class _Coverage:
    """How many of the expected points reported, by tool and day."""

    def __init__(self, points: list[Point], came: Mapping[Key, _Day]) -> None:
        self._points = points
        self._came = came
        self._scheduled = {point.tool for point in points if point.shifts}
        self._known: dict[tuple[date, str], dict[str, int]] = {}

    def expected(self, day: date) -> list[Point]:
        return [point for point in self._points if point.expected_on(day)]

    def figures(self, day: date | None, tool: str) -> dict[str, int]:
        """Nothing where no point of the tool has a schedule: expected 0 of 0 would say that all is well."""
        if day is None or tool not in self._scheduled:
            return {}
        if (day, tool) not in self._known:
            due = [point for point in self.expected(day) if point.tool == tool]
            came = [self._came.get((day, tool, point.code)) for point in due]
            self._known[day, tool] = {
                "points_expected": len(due),
                "points_reporting": sum(one is not None for one in came),
                "points_observed": sum(
                    one is not None and (one.outcome == "observed" or one.sums is not None) for one in came
                ),
            }
        return self._known[day, tool]


def _figures(day: _Day, tool: str) -> dict[str, Any]:
    """Outcome, hours and figures of a day for which something came."""
    spans = [Span.of(form) for form in day.forms if form["outcome"] != "not_observed"]
    row: dict[str, Any] = {"outcome": day.outcome, "contradiction": day.contradicts}
    row |= observed_hours(spans or day.spans)
    if day.outcome == "not_observed":
        row["not_observed_reason"] = next(
            (f["not_observed_reason"] for f in day.forms if f["not_observed_reason"]), None
        )
    if day.sums is not None:
        return row | _counted(day.sums)
    if day.outcome == "observed" and "movement" not in day.said:
        row |= dict.fromkeys(("movements", "groups", "movements_without_review", *_OF_MOVEMENTS), 0)
        row |= dict.fromkeys(HEADS, 0 if tool == "TTT" else None)
    return row


def _counted(sums: RowMapping) -> dict[str, Any]:
    """The sums, with what nobody was asked taken for unknown."""
    row = {name: sums[name] for name in ("groups", "movements", *_OF_MOVEMENTS, *HEADS)}
    for name, asked in _ASKED.items():
        if not sums[asked]:
            row[name] = None
    if row["movements"] is None:  # no group has a number
        unknown = (n for n in _OF_MOVEMENTS if n.startswith(("movements_", "sadd_")))
        return row | dict.fromkeys(unknown)
    row["movements_without_review"] = row["movements"] - row["movements_under_review"]
    row["sadd_known_share"] = round(row["sadd_known"] / row["movements"], 4) if row["movements"] else None
    return row


def _days(first: date, last: date) -> Iterator[date]:
    for number in range(first.toordinal(), last.toordinal() + 1):
        yield date.fromordinal(number)
