"""The local date a figure is valid for, and the hours of an observation.

A date typed by a person stands before one the device made up; a device time becomes the date at the place,
not at the tablet. A date before 2001 or after the receipt comes from a clock that was never set or runs ahead
(PROMISES F12): it is no date.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from sync.steps.values import DeviceTime

EARLIEST = date(2001, 1, 1)
"""Tablets whose battery ran out wake up in 1970, 1980 or 2000."""

_LATEST_AFTER_RECEIPT = timedelta(hours=26)  # the date line, and twelve hours of a fast clock


def usable(day: date | None, received_at: datetime) -> bool:
    """Whether a day can be one of field work, seen from the receipt (an aware instant)."""
    return day is not None and EARLIEST <= day <= (received_at + _LATEST_AFTER_RECEIPT).date()


def local_date(moment: DeviceTime | None, zone: str | None) -> date | None:
    """The date of a device time at a place: in the place's IANA zone, else as the device wrote it."""
    if moment is None:
        return None
    known = _zone(zone) if zone else None
    if moment.instant is not None and known is not None:
        try:
            return moment.instant.astimezone(known).date()
        except OverflowError:
            return None
    try:
        return date.fromisoformat(moment.text[:10])
    except ValueError:
        return None


def entry_time(started: DeviceTime | None, ended: DeviceTime | None, received_at: datetime) -> str | None:
    """When a record was typed: the form's end, else its start, as the device wrote it.

    A clock that was never set, or runs days ahead, tells nothing: then it is not known.
    """
    for moment in (ended, started):
        if moment is not None and usable(local_date(moment, None), received_at):
            return moment.text
    return None


def hours_between(start: str | None, end: str | None) -> float | None:
    """Hours from one local time of day to the next, over midnight where the end is earlier.

    Equal times are None: a whole day and a slip of the finger look alike.
    """
    first, last = _minutes(start), _minutes(end)
    if first is None or last is None or first == last:
        return None
    return round((last - first) % (24 * 60) / 60, 2)


def _minutes(text: str | None) -> float | None:
    if not text:
        return None
    try:
        clock = time.fromisoformat(text)
    except ValueError:
        return None
    return clock.hour * 60 + clock.minute + clock.second / 60


@lru_cache(maxsize=256)
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown names raise a KeyError; odd ones the others
        return None
