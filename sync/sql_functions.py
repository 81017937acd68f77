"""What both engines have to work out alike and SQLite cannot: case beyond ASCII, moments of devices.

SQLite is given these very functions; PostgreSQL gets expressions that give the same (`*_sql`). The filters of
OData are held to them by tests on random data.

`to_lower` and `to_upper` know the letters of Latin, Greek, Cyrillic and Armenian script that have one letter
of the other case; PostgreSQL's own `lower` depends on the locale of the database.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Text, case, cast, func, literal, null
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.types import BigInteger, Integer

_UPPER = "".join(
    letter
    for letter in map(chr, range(0x41, 0x0590))
    if len(letter.lower()) == 1 and letter.lower() != letter and letter.lower().upper() == letter
)
_LOWER = "".join(letter.lower() for letter in _UPPER)
_TO_LOWER = str.maketrans(_UPPER, _LOWER)
_TO_UPPER = str.maketrans(_LOWER, _UPPER)

_DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}"
_CLOCK = r"^[0-9]{2}:[0-9]{2}"
_SECONDS = r"^[0-9]{2}:[0-9]{2}:[0-9]{2}"
_MOMENT = (
    r"^[1-9][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
    r"T([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)?"
    r"(Z|[-+](0[0-9]|1[0-4])(:?[0-5][0-9])?)\Z"
)
_YEAR_MONTH_DAY = ((1, 4), (6, 2), (9, 2))
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_lower(text: str | None) -> str | None:
    return None if text is None else text.translate(_TO_LOWER)


def to_upper(text: str | None) -> str | None:
    return None if text is None else text.translate(_TO_UPPER)


def instant_ms(text: str | None) -> int | None:
    """Milliseconds since 1970 of `2026-11-02T18:00:00.000+01:00`; None for a text without an offset."""
    if text is None or not re.match(_MOMENT, text):
        return None
    try:
        moment = datetime.fromisoformat(text)
        return (moment - _EPOCH) // timedelta(milliseconds=1)
    except (ValueError, OverflowError):
        return None


def day_text(text: str | None) -> str | None:
    """The day a date, or a moment as it was written, begins with: `2026-11-02`; None for other text."""
    return text[:10] if text is not None and re.match(_DAY, text) else None


def clock_text(text: str | None) -> str | None:
    """A time of day in whole seconds, without its zone: `18:30:00`; None for other text."""
    if text is None or not re.match(_CLOCK, text):
        return None
    return text[:8] if re.match(_SECONDS, text) else f"{text[:5]}:00"


def add_to_sqlite(connection: Any) -> None:
    """Give a new SQLite connection the functions above."""
    for name, function in _FUNCTIONS.items():
        connection.create_function(f"waypost_{name}", 1, function, deterministic=True)


_FUNCTIONS = {
    "lower": to_lower,
    "upper": to_upper,
    "instant_ms": instant_ms,
    "day": day_text,
    "clock": clock_text,
}


def lower_sql(text: ColumnElement[Any], dialect: str) -> ColumnElement[Any]:
    return _translated("lower", text, _UPPER, _LOWER, dialect)


def upper_sql(text: ColumnElement[Any], dialect: str) -> ColumnElement[Any]:
    return _translated("upper", text, _LOWER, _UPPER, dialect)


def _translated(
    name: str, text: ColumnElement[Any], before: str, after: str, dialect: str
) -> ColumnElement[Any]:
    if dialect == "sqlite":
        function = func.waypost_lower if name == "lower" else func.waypost_upper
        return function(text, type_=Text())
    return func.translate(text, before, after, type_=Text())


def instant_ms_sql(text: ColumnElement[Any], dialect: str) -> ColumnElement[Any]:
    if dialect == "sqlite":
        return func.waypost_instant_ms(text, type_=BigInteger())
    year, month, day = (cast(func.substr(text, first, size), Integer) for first, size in _YEAR_MONTH_DAY)
    reached = func.make_date(year, month, 1).op("+")(day - 1)  # 30 February would be an error, not a null
    is_a_day = func.extract("month", reached) == month
    moment = epoch_ms_sql(cast(text, TIMESTAMP(timezone=True)), dialect)
    return case((text.op("~")(_MOMENT), case((is_a_day, moment), else_=null())), else_=null())


def epoch_ms_sql(moment: ColumnElement[Any], dialect: str) -> ColumnElement[Any]:
    """Milliseconds of an instant column (sync.tables.base.UtcInstant)."""
    if dialect == "sqlite":
        return cast(moment, BigInteger) // literal(1000, BigInteger)
    return cast(func.floor(func.extract("epoch", moment) * 1000), BigInteger)


def day_sql(text: ColumnElement[Any], dialect: str) -> ColumnElement[Any]:
    if dialect == "sqlite":
        return func.waypost_day(text, type_=Text())
    return case((text.op("~")(_DAY), func.substr(text, 1, 10)), else_=null())


def clock_sql(text: ColumnElement[Any], dialect: str) -> ColumnElement[Any]:
    if dialect == "sqlite":
        return func.waypost_clock(text, type_=Text())
    return case(
        (text.op("~")(_SECONDS), func.substr(text, 1, 8)),
        (text.op("~")(_CLOCK), func.substr(text, 1, 5).op("||")(":00")),
        else_=null(),
    )
