"""Figures worked out of harmonised rows in plain Python, as the rules say them (DOMAIN 2.6, 2.8).

In: the rows of all harmonised tables as the database has them. Out: per dataset of figures the numbers that
may be added up, by what they are told by. No SQL and nothing of server/datasets is used.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from typing import Any

Row = Mapping[str, Any]
Tables = Mapping[str, list[Row]]
Told = dict[tuple[Any, ...], dict[str, Any]]

_COUNTS = ("men", "women", "boys", "girls")
AREAS = ("adm0_iso3", "adm1_pcode", "adm2_pcode", "adm3_pcode")


def known_sum(values: Iterable[int | None]) -> int | None:
    """Unknown numbers are left out; where none is known, neither is the sum."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _by(rows: Iterable[Row], key: Callable[[Row], tuple[Any, ...]]) -> dict[tuple[Any, ...], list[Row]]:
    found: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in rows:
        found[key(row)].append(row)
    return found


def _valid(rows: Iterable[Row]) -> list[Row]:
    return [row for row in rows if row["status"] == "valid"]


def flow_points(tables: Tables) -> Told:
    """By tool and place: movements, with the recorded zeros of days on which nobody passed."""
    groups = _by(_valid(tables["flow"]), lambda row: (row["flow_tool"], row["place_id"]))
    came = {(row["reporting_date"], row["flow_tool"], row["place_id"]) for row in _valid(tables["flow"])}
    days: dict[tuple[Any, ...], set[str | None]] = defaultdict(set)
    for form in _valid(tables["observation"]):
        day = form["reporting_date"] or form["obs_date"]
        days[day, _tool(form, tables["flow"]), form["place_id"]].add(form["outcome"])
    told: Told = {}
    for key in {*groups, *((tool, place) for _, tool, place in days)}:
        zero = [
            0
            for (day, *at), said in days.items()
            if tuple(at) == key and "no_movement" in said and "movement" not in said
            if (day, *at) not in came
        ]
        rows = groups.get(key, [])
        told[key] = {"movements": known_sum([*zero, *(row["n_ind"] for row in rows)])}
        told[key] |= {name: known_sum([*zero, *(row[name] for row in rows)]) for name in _COUNTS}
        told[key]["n_under_review"] = known_sum([*zero, *(int(row["under_review"]) for row in rows)])
    return told


def _tool(form: Row, flows: list[Row]) -> str:
    tools = {row["flow_tool"] for row in flows if row["form_id"] == form["form_id"]}
    assert len(tools) <= 1, "a form of the library counts with one tool"
    return next(iter(tools), "TTT" if form["place_type"] == "counting_point" else "FMR")


def flow_splits(tables: Tables) -> Told:
    flows = {row["record_id"]: row for row in _valid(tables["flow"])}
    splits = [(flows[row["record_id"]], row) for row in tables["flow_split"] if row["record_id"] in flows]
    found: dict[tuple[Any, ...], list[tuple[Row, Row]]] = defaultdict(list)
    for flow, split in splits:
        found[flow["flow_tool"], split["dimension"], split["code"]].append((flow, split))
    return {
        key: {
            "movements": known_sum(split["n"] for _, split in several),
            "groups": len(several),
            "n_under_review": sum(bool(flow["under_review"]) for flow, _ in several),
        }
        for key, several in found.items()
    }


def stock(tables: Tables) -> Told:
    """By operation, assessment, category and unit: the newest row, and how many there are of its round."""
    totals = [
        row
        for row in _valid(tables["baseline"])
        if (row["record_type"], row["breakdown"]) == ("population", "total")
        if row["population_category"] is not None
    ]
    series = ("operation", "assessment_type", "population_category")
    told: Told = {}
    for key, rows in _by(totals, lambda row: (*(row[name] for name in series), *_unit(row))).items():
        newest = max(rows, key=lambda row: (row["reporting_date"] or date.min, row["record_id"]))
        of_round = newest["round"] or newest["reporting_date"]
        told[key] = {
            "ind": newest["ind"],
            "hh": newest["hh"],
            "reporting_date": newest["reporting_date"],
            "n_rows": sum((row["round"] or row["reporting_date"]) == of_round for row in rows),
        }
    return told


def _unit(row: Row) -> tuple[Any, ...]:
    """A place; a place known by its name only, in its smallest area; or that area."""
    area = next((row[name] for name in reversed(AREAS) if row[name]), None)
    if row["place_id"]:
        return ("place", row["place_id"])
    if row["declared_place_name"]:
        return ("name", area, " ".join(row["declared_place_name"].split()).casefold())
    return ("area", area)


def incidents(tables: Tables) -> Told:
    reports = [
        row for row in _valid(tables["event"]) if (row["event_tool"], row["event_stage"]) == ("MMP", "report")
    ]
    summed = ("dead", "missing", "survivors", "victims_f", "victims_m", "victims_children")

    def key(row: Row) -> tuple[Any, ...]:
        month = row["reporting_date"].isoformat()[:7] if row["reporting_date"] else None
        return (month, row["migration_route"], row["incident_region"], row["death_cause"])

    return {
        of: {
            "incidents": len(rows),
            **{name: known_sum(row[name] for row in rows) for name in summed},
            "dead_and_missing": known_sum(row[name] for row in rows for name in ("dead", "missing")),
            "without_dead": sum(row["dead"] is None for row in rows),
            "n_under_review": sum(bool(row["under_review"]) for row in rows),
        }
        for of, rows in _by(reports, key).items()
    }


def emergencies(tables: Tables) -> Told:
    told = [row for row in _valid(tables["flow"]) if row["flow_tool"] == "EET"]

    def key(row: Row) -> tuple[Any, ...]:
        day = row["reporting_date"]
        monday = day - timedelta(days=day.weekday()) if day else None
        return (monday, row["trigger_code"], row["adm0_iso3"], row["adm1_pcode"], row["direction"])

    return {
        of: {
            "movements": known_sum(row["n_ind"] for row in rows),
            "hh": known_sum(row["hh"] for row in rows),
            "reports": len(rows),
            "reports_without_count": sum(row["n_ind"] is None for row in rows),
        }
        for of, rows in _by(told, key).items()
    }


def _keys(*names: str) -> Callable[[Row], tuple[Any, ...]]:
    return lambda row: tuple(row.get(name) for name in names)


def _stock_key(row: Row) -> tuple[Any, ...]:
    return (*_keys("operation", "assessment_type", "population_category")(row), *_unit(row))


FIGURES: dict[str, tuple[Callable[[Tables], Told], Callable[[Row], tuple[Any, ...]]]] = {
    "flow_points": (flow_points, _keys("flow_tool", "place_id")),
    "flow_splits": (flow_splits, _keys("flow_tool", "dimension", "code")),
    "stock": (stock, _stock_key),
    "incidents": (incidents, _keys("month", "migration_route", "incident_region", "death_cause")),
    "emergencies": (emergencies, _keys("week", "trigger_code", "adm0_iso3", "adm1_pcode", "direction")),
}
"""By dataset: how it is worked out, and what tells its rows apart."""
