"""Clocks and dates (PROMISES F12). Device times are kept and judged, never corrected.

Only one thing is certain about an offset: an interview cannot end after it was received, so an end in the
future shows how far the clock is ahead at least. A clock that is behind looks like a late upload.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import cache

from forms import vocabulary
from sync.steps.checks import Seen
from sync.steps.local_dates import EARLIEST, usable
from sync.steps.values import FlagNote, Row

CLOCK_TOLERANCE = timedelta(minutes=10)

_MAY_LIE_AHEAD = frozenset({"period_start", "period_end", "measure_start", "measure_end", "lifecycle_until"})
_MAY_BE_OLD = frozenset(
    {"displaced_from", "displaced_to", "journey_start", "lifecycle_since", "measure_start", "period_start"}
    | {"arrival_date", "return_date"}
)
_PERIODS = (
    ("period_start", "period_end"),
    ("displaced_from", "displaced_to"),
    ("measure_start", "measure_end"),
    ("lifecycle_since", "lifecycle_until"),
)


def device_clock(seen: Seen) -> Iterator[FlagNote]:
    started, ended, received = seen.parsed.started, seen.parsed.ended, seen.received_at
    instants = [moment.instant for moment in (started, ended) if moment and moment.instant]
    if any(instant.date() < EARLIEST for instant in instants):
        yield FlagNote(
            "clock_unset", f"The interview is dated {min(instants):%Y-%m-%d}: the clock was never set."
        )
    latest = max(instants, default=received)
    if latest > received + CLOCK_TOLERANCE:
        ahead = _span(latest - received)
        reason = f"The interview ends at least {ahead} after it was received ({received:%Y-%m-%d %H:%M} UTC)."
        seconds = round((latest - received).total_seconds())
        yield FlagNote("clock_ahead", reason, detail={"ahead_s_at_least": seconds})
    if len(instants) == 2 and instants[1] < instants[0]:
        reason = f"The interview ends {_span(instants[0] - instants[1])} before it starts."
        yield FlagNote("end_before_start", reason)


def dates(seen: Seen) -> Iterator[FlagNote]:
    for row in seen.rows:
        for name in _date_columns(row.table):
            value = row.values.get(name)
            if value is not None:
                yield from _date(seen, row, name, value)
        if row.values.get("reporting_date") is None:
            reason = "Neither the form nor the tablet's clock gives a usable date."
            yield FlagNote("no_date", reason, row.record_id)
        for first, last in _PERIODS:
            begin, end = row.values.get(first), row.values.get(last)
            if begin is not None and end is not None and end < begin:
                yield FlagNote("dates_reversed", f"{last} {end} lies before {first} {begin}.", row.record_id)


@cache
def _date_columns(table: str) -> tuple[str, ...]:
    return tuple(v.name for v in vocabulary.variables(table).values() if v.type == "date")


def _date(seen: Seen, row: Row, name: str, value: date) -> Iterator[FlagNote]:
    detail = {"variable": f"{row.table}.{name}"}
    if value < EARLIEST and name not in _MAY_BE_OLD:
        yield FlagNote("old_date", f"{name} is {value}.", row.record_id, detail)
    elif value > EARLIEST and not usable(value, seen.received_at) and name not in _MAY_LIE_AHEAD:
        received: datetime = seen.received_at
        reason = f"{name} is {value}, but the record was received on {received:%Y-%m-%d}."
        yield FlagNote("future_date", reason, row.record_id, detail)


def _span(span: timedelta) -> str:
    """ "2 h 05 min", "3 days": what a person would say."""
    minutes = int(span.total_seconds() // 60)
    if minutes >= 2 * 24 * 60:
        return f"{minutes // (24 * 60):,} days"
    return f"{minutes // 60} h {minutes % 60:02d} min" if minutes >= 60 else f"{minutes} min"
