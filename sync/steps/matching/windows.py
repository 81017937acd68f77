"""When a row happened, as blocks need it: six-hour cells in which it can meet another row.

A row enters the cell of its time and the next one, so that two rows up to six hours apart always share a
cell, whichever side of an edge they lie on. A row without a time enters the cells of its hours of
observation, or of its whole day. Cells go by the wall clock, nearly right even where a zone is wrong;
the distance of two rows goes by instants where both have one.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

from sync.steps.matching.evidence import Features

CELL_H = 6
_PER_DAY = 24 // CELL_H


def time_features(values: dict[str, Any]) -> Features | None:
    """day, wall and utc (minutes since year 1; None unless the row has a usable time), cells.

    None when the row has no date. The device's time counts only within a day of the row's date, which has
    been judged already.
    """
    day: date | None = values.get("reporting_date")
    if day is None:
        return None
    moment = _moment(values.get("event_time"))
    if moment is not None and abs(moment.date().toordinal() - day.toordinal()) > 1:
        moment = None
    features: Features = {"day": day.isoformat(), "wall": None, "utc": None}
    if moment is None:
        features["cells"] = _observed(day, values.get("obs_start"), values.get("obs_end"))
        return features
    features["wall"] = _minutes(moment.replace(tzinfo=None))
    if moment.tzinfo is not None:
        features["utc"] = _minutes(moment.astimezone(UTC).replace(tzinfo=None))
    features["cells"] = [features["wall"] // (60 * CELL_H)]
    return features


def keys(features: Features) -> list[int]:
    """The cells the row is looked for in."""
    cells: list[int] = features["cells"]
    return [*cells, cells[-1] + 1]


def minutes_apart(a: Features, b: Features) -> int | None:
    """None where either has no time of its own."""
    clock = "utc" if a["utc"] is not None and b["utc"] is not None else "wall"
    if a[clock] is None or b[clock] is None:
        return None
    return abs(int(a[clock]) - int(b[clock]))


def could_coincide(a: Features, b: Features) -> bool:
    """Whether rows of which one has no time share a cell of their hours."""
    return bool(set(a["cells"]) & set(b["cells"]))


def apart_in_words(minutes: int | None) -> str:
    if minutes is None:
        return ""
    if minutes < 1:
        return ", at the same minute"
    if minutes < 120:
        return f", {minutes} minute{'s' if minutes != 1 else ''} apart"
    return f", {minutes / 60:.1f} hours apart"


def _moment(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None


def _minutes(wall: datetime) -> int:
    return wall.toordinal() * 24 * 60 + wall.hour * 60 + wall.minute


def _observed(day: date, start: str | None, end: str | None) -> list[int]:
    first = day.toordinal() * _PER_DAY
    begin, finish = _hour(start), _hour(end)
    if begin is None or finish is None or begin == finish:
        return list(range(first, first + _PER_DAY))
    if finish < begin:
        finish += 24
    return list(range(first + int(begin // CELL_H), first + int((finish - 1e-9) // CELL_H) + 1))


def _hour(text: str | None) -> float | None:
    try:
        clock = time.fromisoformat(text) if text else None
    except ValueError:
        return None
    return clock.hour + clock.minute / 60 if clock else None
