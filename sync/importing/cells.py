"""Cells as values: whole numbers, days, positions. What cannot be read is never guessed and never a zero."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

_WHOLE = re.compile(r"(?:\d+|\d{1,3}(?:[,  ]\d{3})+)(?:\.0+)?")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_ISO_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ].*)?")
_NAMED_DAY = re.compile(r"(\d{1,2})[- /]([A-Za-z]{3,9})\.?[- /,]+(\d{4}|\d{2})")
_NAMED_FIRST = re.compile(r"([A-Za-z]{3,9})\.? (\d{1,2}),? (\d{4})")
_SLASHED = re.compile(r"(?:([A-Za-z]{3})[a-z]*,? )?(\d{1,2})[/.](\d{1,2})[/.](\d{4})(?:[ T-].*)?")
_NOTHING = {"", "na", "n/a", "null", "none", "-", "not available", "nan"}


class Unreadable(ValueError):
    """A cell that is no such value. The text says what is wrong, as the end of a sentence."""


@dataclass(frozen=True, slots=True)
class Position:
    lat: float
    lon: float

    def __str__(self) -> str:
        """As a tablet writes a position that was chosen on a map: altitude and accuracy are not known."""
        return f"{self.lat} {self.lon} 0.0 0.0"


def nothing(text: str) -> bool:
    """Whether a cell says that nothing is known."""
    return text.strip().casefold() in _NOTHING


def whole(text: str) -> int | None:
    """A count: "1,022", "12.0". None where nothing is known; a negative or broken number is Unreadable."""
    if nothing(text):
        return None
    if not _WHOLE.fullmatch(text):
        what = "is negative" if text.startswith("-") and _NUMBER.fullmatch(text) else "is not a whole number"
        raise Unreadable(what)
    return int(re.sub(r"[^\d]", "", text.partition(".")[0]))


def day(text: str, year: int | None = None, month: int | None = None) -> date | None:
    """A day in any of the ways such files write it. None where nothing is known.

    year, month  what other columns say: they settle whether 03/04/2020 is in March or in April
    Raises       Unreadable: no day, or one of two
    """
    if nothing(text):
        return None
    found = sorted(set(_readings(text)))
    if len(found) > 1:
        agreeing = [d for d in found if year in (None, d.year) and month in (None, d.month)]
        found = agreeing or found
    if not found:
        raise Unreadable("is not a day")
    if len(found) > 1:
        raise Unreadable("may be " + " or ".join(map(str, found)))
    return found[0]


def _readings(text: str) -> Iterator[date]:
    if match := _ISO_DAY.fullmatch(text):
        yield from _valid(int(match[1]), int(match[2]), int(match[3]))
    elif match := _NAMED_DAY.fullmatch(text):
        yield from _valid(_year(match[3]), month_of(match[2]), int(match[1]))
    elif match := _NAMED_FIRST.fullmatch(text):
        yield from _valid(int(match[3]), month_of(match[1]), int(match[2]))
    elif match := _SLASHED.fullmatch(text):
        weekday, first, second, year = match[1], int(match[2]), int(match[3]), int(match[4])
        either = [*_valid(year, first, second), *_valid(year, second, first)]
        named = [d for d in either if weekday and _WEEKDAYS[d.weekday()] == weekday.lower()]
        yield from named or either


def _valid(year: int, month: int | None, day: int) -> Iterator[date]:
    try:
        yield date(year, month or 0, day)
    except ValueError:
        return


def _year(text: str) -> int:
    """Two digits are of this century: no such list is older."""
    return int(text) if len(text) == 4 else 2000 + int(text)


def month_of(text: str) -> int | None:
    """A month by its English name, its beginning, or its number; None where it is none."""
    if text.isdigit():
        return int(text) if 1 <= int(text) <= 12 else None
    beginning = text.strip().lower()[:3]
    return _MONTHS.index(beginning) + 1 if beginning in _MONTHS else None


def last_of_month(first: date) -> date:
    return (first.replace(day=1) + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def position(text: str) -> Position | None:
    """ "lat, lon" in degrees. None where nothing is known; Unreadable says why it cannot be believed."""
    if nothing(text):
        return None
    parts = [part for part in re.split(r"[,;\s]+", text.strip(" ()[]")) if part]
    if len(parts) != 2 or not all(_NUMBER.fullmatch(part) for part in parts):
        raise Unreadable("is not two numbers, latitude and longitude")
    return placed(*map(float, parts))


def placed(lat: float, lon: float) -> Position:
    """Two numbers as a position. Raises Unreadable: outside the globe, exchanged, or 0, 0."""
    if not (math.isfinite(lat) and math.isfinite(lon)):
        raise Unreadable("is not two numbers, latitude and longitude")
    if abs(lat) > 90 and abs(lat) <= 180 and abs(lon) <= 90:
        raise Unreadable("seems to have latitude and longitude exchanged")
    if abs(lat) > 90 or abs(lon) > 180:
        raise Unreadable("lies outside the globe")
    if abs(lat) < 1e-4 and abs(lon) < 1e-4:
        raise Unreadable("is 0, 0, which stands for no position")
    return Position(lat, lon)
