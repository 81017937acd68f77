"""flow_points: movements of each tool at each point over a period, with the average per observed day, and the
network of points of a tool.

In: the rows of flow_daily. Out: one row per tool and point, then one per tool. The average divides by days of
observation, recorded zeros included, never by days of the calendar; groups without a day form are in the sum
and in no average. A network's figures are those of one designated point per route, because who passes two
points of a route would be counted twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from server.datasets.columns import own, shared
from server.datasets.daily import daily_rows
from server.datasets.dataset import MOVEMENTS, REVIEW, UNKNOWN, Dataset
from server.datasets.filters import Filters
from server.datasets.network import Locate, Point, read_network
from server.datasets.scope import Scope
from sync.store import ReadSession

ACTIVE = 0.5
"""A point belongs to the network's average when at least this share of its expected days was observed."""

_ADDED = (
    "movements",
    "movements_short_term_local",
    "movements_counted_elsewhere",
    "n_under_review",
    "movements_under_review",
    "men",
    "women",
    "boys",
    "girls",
    "sadd_known",
)

DATASET = Dataset(
    name="flow_points",
    title="Flow by point: movements of a period and the average per observed day",
    unit="one tool at one point over the period asked for, or one tool's network of points",
    description="Movements of each tool at each point, the days observed, not observed and silent, and the "
    "average per observed day. The rows of level network add the points of one tool up.",
    method="Sum of movements divided by the days of observation of the point, recorded zeros included. "
    "Groups without a day form are in the sum and in no average. A network's average is the sum of the "
    f"averages of its active points (at least {ACTIVE:.0%} of the expected days observed, and of those on "
    "which anything came). A network's averages and movements are those of one designated point per route: a "
    "route of several points needs one that is registered as designated (`waypost sites import`, column "
    "designated).",
    limits=(
        *MOVEMENTS,
        "Compare the same points and the same weekdays; peak hours are never scaled up to a day.",
        REVIEW,
        UNKNOWN,
    ),
    columns=(
        own("level", "code", "", "#x_level", "Level", "point, or network: the points of a tool together"),
        *shared("flow", "flow_tool", "place_id", "place_name", "place_type", "route"),
        *shared("flow", "adm0_iso3", "adm1_pcode", "adm1_name", "adm2_pcode", "adm2_name"),
        own("first_date", "date", "", "#date+start", "From", "First day of the period with anything known"),
        own("last_date", "date", "", "#date+end", "To", "Last day of the period with anything known"),
        own("days_observed", "int", "days", "#x_days+observed", "Days observed",
            "Days with a day form that says observed, recorded zeros included"),
        own("days_not_observed", "int", "days", "#x_days+not_observed", "Days not observed",
            "Days declared as not observed"),
        own("days_missing", "int", "days", "#x_days+missing", "Silent days",
            "Days on which the point was expected and nothing came"),
        own("days_without_form", "int", "days", "#x_days+no_form", "Days without a day form",
            "Days with groups and no day form: in the sum, in no average"),
        own("movements", "int", "movements", "#affected+ind", "Movements",
            "Movements observed: crossings, not unique persons; of a network, at designated points only",
            "null = nothing known, or a route has no designated point"),
        own("average_per_day", "decimal", "movements per day", "#affected+ind+average",
            "Average movements per observed day", "Movements of observed days / days observed",
            "null = no day observed"),
        own("average_hours", "decimal", "hours", "#meta+hours+average", "Average hours per observed day",
            "Mean of the hours observed, of days whose hours are known", "null = hours unknown"),
        own("movements_short_term_local", "int", "movements", "#affected+ind+short_term_local",
            "Of these short-term local", "Part of the movements", "null = not asked"),
        own("movements_counted_elsewhere", "int", "movements", "#affected+ind+counted_elsewhere",
            "Of these counted elsewhere", "Already counted at another point, part of the movements",
            "null = not asked"),
        own("movements_without_counted_elsewhere", "int", "movements", "#affected+ind+once",
            "Movements without those counted elsewhere", "movements - movements_counted_elsewhere",
            "null = not asked"),
        *shared("flow", "men", "women", "boys", "girls"),
        own("sadd_known", "int", "movements", "#affected+ind+sadd_known", "Sex and age known",
            "Movements of groups whose men, women, boys and girls are all known"),
        own("n_under_review", "int", "groups", "#x_groups+review+num", "Groups under review",
            "Groups suspected to be duplicates, which stay counted"),
        own("movements_under_review", "int", "movements", "#affected+ind+review", "Movements under review",
            "Movements of the groups under review, part of the movements"),
        own("points", "int", "points", "#x_points+num", "Points", "Points of the network",
            "null for a point"),
        own("points_active", "int", "points", "#x_points+active+num", "Active points",
            "Points in the network's average: observed on enough of their expected days", "null for a point"),
        own("note", "text", "", "#meta+note", "Note", "Why a figure is left out"),
    ),
)  # fmt: skip


@dataclass(slots=True)
class _Sum:
    """One tool at one point, day by day."""

    place: dict[str, Any] = field(default_factory=dict)
    outcomes: dict[str, int] = field(default_factory=dict)
    dates: list[date] = field(default_factory=list)  # first and last
    added: dict[str, int] = field(default_factory=dict)  # figures of _ADDED that are known
    observed_movements: int = 0
    hours: list[float] = field(default_factory=list)

    def add(self, row: dict[str, Any]) -> None:
        self.place |= {k: v for k, v in row.items() if k in _PLACE and v is not None}
        for name in _ADDED:
            if row.get(name) is not None:
                self.added[name] = self.added.get(name, 0) + row[name]
        if row["date"] is not None:  # else of one day or of many: in the sum, and no day of anything
            self._add_day(row)

    def _add_day(self, row: dict[str, Any]) -> None:
        outcome = row["outcome"]
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1
        known = [*self.dates, row["date"]]
        self.dates = [min(known), max(known)]
        if outcome == "observed":
            self.observed_movements += row.get("movements") or 0
            if row.get("obs_hours") is not None:
                self.hours.append(row["obs_hours"])

    @property
    def days_observed(self) -> int:
        return self.outcomes.get("observed", 0)

    @property
    def average(self) -> float | None:
        return self.observed_movements / self.days_observed if self.days_observed else None

    @property
    def is_active(self) -> bool:
        """Silent days count as expected, and those with groups only; where no schedule is known none is
        silent."""
        expected = sum(self.outcomes.values())
        return self.days_observed > 0 and self.days_observed >= ACTIVE * expected


_PLACE = frozenset(
    {"place_id", "place_name", "place_type", "route"}
    | {"adm0_iso3", "adm1_pcode", "adm1_name", "adm2_pcode", "adm2_name"}
)


def rows(
    session: ReadSession, scope: Scope, filters: Filters, today: date, locate: Locate | None = None
) -> Iterator[list[dict[str, Any]]]:
    """Points by tool and code, then the networks. Memory is that of the points, whatever the period."""
    sums: dict[tuple[str, str], _Sum] = {}
    for batch in daily_rows(session, scope, filters, today, locate):
        for row in batch:
            key = (row["flow_tool"] or "", row["place_id"] or "")
            sums.setdefault(key, _Sum()).add(row)
    yield [_point(tool, one) for (tool, _), one in sorted(sums.items())]
    network = read_network(session, scope.project_id, locate)
    tools = sorted({tool for tool, _ in sums if tool})  # a total names its tool
    yield [_network(tool, {c: s for (t, c), s in sums.items() if t == tool}, network) for tool in tools]


def _point(tool: str, one: _Sum) -> dict[str, Any]:
    return {"level": "point", "flow_tool": tool or None, **one.place, **_figures([one])} | {
        "movements": one.added.get("movements"),
        "average_per_day": _rounded(one.average),
    }


def _figures(several: list[_Sum]) -> dict[str, Any]:
    dates = [day for one in several for day in one.dates]
    hours = [h for one in several for h in one.hours]
    row: dict[str, Any] = {
        "first_date": min(dates, default=None),
        "last_date": max(dates, default=None),
        "days_observed": sum(one.days_observed for one in several),
        "average_hours": _rounded(sum(hours) / len(hours)) if hours else None,
    }
    for name, outcome in (
        ("not_observed", "not_observed"),
        ("missing", "missing"),
        ("without_form", "no_day_form"),
    ):
        row[f"days_{name}"] = sum(one.outcomes.get(outcome, 0) for one in several)
    for name in _ADDED[1:]:
        known = [one.added[name] for one in several if name in one.added]
        row[name] = sum(known) if known else None
    counted = [one.added.get("movements") for one in several]
    elsewhere = row["movements_counted_elsewhere"]
    if elsewhere is not None and None not in counted:
        row["movements_without_counted_elsewhere"] = sum(n or 0 for n in counted) - elsewhere
    return row


def _network(tool: str, points: dict[str, _Sum], network: dict[str, Point]) -> dict[str, Any]:
    """One tool's points together, of each route the designated one: movements, and averages of the active."""
    designated, undecided = _designated(points, network)
    active = [points[code] for code in designated if points[code].is_active]
    averages = [one.average for one in active if one.average is not None]
    note = "".join(
        f"The route {route} has {len(codes)} points ({', '.join(codes)}) and not one designated. "
        for route, codes in undecided.items()
    ).strip()
    row = _figures([points[code] for code in designated])
    known = [points[code].added.get("movements") for code in designated]
    total = None if note or not known or None in known else sum(n or 0 for n in known)
    return {"level": "network", "flow_tool": tool or None, **row} | {
        "movements": total,
        "movements_without_counted_elsewhere": None
        if note
        else row.get("movements_without_counted_elsewhere"),
        "average_per_day": _rounded(sum(averages)) if averages and not note else None,
        "points": len(points),
        "points_active": len(averages),
        "note": note or None,
    }


def _designated(points: dict[str, _Sum], network: dict[str, Point]) -> tuple[list[str], dict[str, list[str]]]:
    """The points whose movements may be added up, and the routes where that is not settled."""
    routes: dict[str, list[str]] = {}
    free = []
    for code in sorted(points):
        route = network[code].route if code in network else None
        routes.setdefault(route, []).append(code) if route else free.append(code)
    undecided = {}
    for route, codes in routes.items():
        chosen = [code for code in codes if network[code].designated] if len(codes) > 1 else codes
        if len(chosen) == 1:
            free += chosen
        else:
            undecided[route] = codes
    return sorted(free), undecided


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
