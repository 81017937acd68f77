"""One answer's text -> its value, by the XForms type of its question (PROTOCOL 1.9).

Every reader takes stripped, non-empty text and gives a value or raises ValueError.
Numbers come in Java's notation (`1.0E-5`, `1.23456789123E8`), times with the tablet's zone, positions as
"lat lon altitude accuracy".
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Any

from forms.model import AnswerType
from sync.steps.values import DeviceTime, GeoPoint

_INT64 = 2**63
MAX_VERTICES = 20_000


def read_int(text: str) -> int:
    """A whole number: "-3", "3.0", "1.2E7". Beyond 64 bits is an error: no database holds it."""
    if text.isdecimal() and len(text) < 19:  # nearly every answer
        return int(text)
    if text[1:].isdecimal() and text[0] in "+-" and len(text) < 20:
        value = int(text)
    else:
        number = read_decimal(text)
        if not number.is_integer():
            raise ValueError("a fraction")
        value = int(number)
    if not -_INT64 <= value < _INT64:
        raise ValueError("beyond 64 bits")
    return value


def read_decimal(text: str) -> float:
    """A finite number. NaN, Infinity and Python's "1_000" are errors.

    "-0.0" is 0.0: PostgreSQL keeps the sign and SQLite drops it, and the same answers would have two hashes.
    """
    value = float(text)
    if not math.isfinite(value) or "_" in text:
        raise ValueError("not a finite number")
    return value + 0.0


def read_date(text: str) -> date:
    """A calendar day: "2026-11-22", also where a time follows. The day as the device wrote it."""
    day = text[:10]
    if len(day) != 10 or day[4] != "-" or day[7] != "-" or (len(text) > 10 and text[10] not in "T "):
        raise ValueError("not YYYY-MM-DD")
    return date.fromisoformat(day)


def read_time(text: str) -> DeviceTime:
    """A time of day, kept literally; without a date it is no instant."""
    time.fromisoformat(text)
    return DeviceTime(text)


def read_datetime(text: str) -> DeviceTime:
    """A time kept literally, with its instant in UTC where the text has an offset."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        return DeviceTime(text)
    try:
        return DeviceTime(text, moment.astimezone(UTC))
    except OverflowError:  # year 1 or 9999: a time, but no instant in UTC
        return DeviceTime(text)


def read_boolean(text: str) -> bool:
    if text in ("true", "1"):
        return True
    if text in ("false", "0"):
        return False
    raise ValueError("neither true nor false")


def read_geopoint(text: str) -> GeoPoint:
    """ "lat lon [altitude [accuracy]]" in degrees and metres.

    An accuracy of 0.0 is what Collect writes when the position was chosen on a map or the device gave none:
    it is unknown, not perfect.
    """
    numbers = [read_decimal(part) for part in text.split()]
    if not 2 <= len(numbers) <= 4:
        raise ValueError("not two to four numbers")
    lat, lon = numbers[:2]
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        raise ValueError("outside the globe")
    altitude = numbers[2] if len(numbers) > 2 else None
    accuracy = numbers[3] if len(numbers) > 3 and numbers[3] > 0 else None
    return GeoPoint(lon, lat, altitude, accuracy)


def read_vertices(text: str) -> tuple[GeoPoint, ...]:
    """A trace or shape: positions separated by "; " (Collect) or ";" (other clients), in order."""
    parts = [part for part in map(str.strip, text.split(";")) if part]
    if not 1 <= len(parts) <= MAX_VERTICES:
        raise ValueError(f"not 1 to {MAX_VERTICES} positions")
    return tuple(map(read_geopoint, parts))


def read_choices(text: str) -> tuple[str, ...]:
    """Blank-separated choices in the order given, each once."""
    return tuple(dict.fromkeys(text.split()))


def read_file_name(text: str) -> str:
    """An attachment's name, NFC, as the names of received files are compared; never used as a path."""
    return unicodedata.normalize("NFC", text)


READERS: dict[AnswerType, tuple[Callable[[str], Any], str]] = {
    "string": (str, "text"),
    "int": (read_int, "a whole number"),
    "decimal": (read_decimal, "a number"),
    "date": (read_date, "a date YYYY-MM-DD"),
    "time": (read_time, "a time of day"),
    "dateTime": (read_datetime, "a date and time"),
    "boolean": (read_boolean, "true or false"),
    "geopoint": (read_geopoint, "a position: lat lon altitude accuracy"),
    "geotrace": (read_vertices, "positions separated by ;"),
    "geoshape": (read_vertices, "positions separated by ;"),
    "select": (read_choices, "choices separated by blanks"),
    "select1": (str, "a choice"),
    "rank": (read_choices, "choices separated by blanks"),
    "binary": (read_file_name, "a file name"),
}
"""By XForms type: the reader, and what it expects in words. Groups and repeats have no answer."""


def write_decimal(value: float) -> str:
    """The text most clients write a number as: "12", "12.5". Nothing for a number so large that engines
    keep it in different notations."""
    if value.is_integer():
        return str(int(value)) if abs(value) < _LARGEST_PLAIN else ""
    return repr(value)


def write_geopoint(point: GeoPoint) -> str:
    """As Collect writes it: "12.5 1.25 310.0 4.9"."""
    parts = (point.lat, point.lon, point.altitude_m, point.accuracy_m)
    return " ".join(repr(float(part)) for part in parts if part is not None)


def _write_vertex(point: GeoPoint) -> str:
    """Without its accuracy, which a line keeps in its text only."""
    return write_geopoint(GeoPoint(point.lon, point.lat, point.altitude_m))


_LARGEST_PLAIN = 1e15

WRITERS: dict[AnswerType, Callable[[Any], str]] = {
    "int": str,
    "decimal": write_decimal,
    "date": date.isoformat,
    "boolean": lambda value: "true" if value else "false",
    "geopoint": write_geopoint,
    "geotrace": lambda points: "; ".join(map(_write_vertex, points)),
    "geoshape": lambda points: "; ".join(map(_write_vertex, points)),
    "select": " ".join,
    "rank": " ".join,
    "binary": str,
}
"""By XForms type: the text a value is written as where nothing else is known. An answer that came as another
text keeps it beside its value. Types that are not here are their own text."""
