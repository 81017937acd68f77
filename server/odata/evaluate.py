"""A bound filter worked out on Python values: what OData says, and what both databases have to agree with.

Conditions have three values, None being "unknown". Comparisons are never unknown: null equals null, and
nothing is less than or greater than null (OData 4.0 Part 2, 5.1.1.1); functions of null are null; `and`, `or`
and `not` are Kleene's. A row belongs to the answer when its condition is True.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from server.odata.expression import And, Bound, Call, Compare, Constant, Expression, In, Not, Or, Values
from sync.sql_functions import clock_text, day_text, instant_ms, to_lower, to_upper


def evaluate(tree: Expression, row: Values, now: datetime) -> Any:
    """The value of a bound expression for one row.

    row  by the columns' keys: bool, float or int, str; a date as ISO text; a time, and a moment of a device,
         as the device wrote it; a moment of the server as an aware datetime; None where there is nothing
    """
    if isinstance(tree, Compare):
        left, right = _worth(tree.left, row, now), _worth(tree.right, row, now)
        return _COMPARE[tree.operator](left, right)
    if isinstance(tree, In):
        value = _worth(tree.value, row, now)
        return any(_equal(value, _worth(one, row, now)) for one in tree.among)
    if isinstance(tree, And):
        return _all([evaluate(one, row, now) for one in tree.terms])
    if isinstance(tree, Or):
        return _negated(_all([_negated(evaluate(one, row, now)) for one in tree.terms]))
    if isinstance(tree, Not):
        return _negated(evaluate(tree.term, row, now))
    return _worth(tree, row, now)


def _worth(tree: Expression, row: Values, now: datetime) -> Any:
    """The value two sides are compared by: doubles, text, milliseconds."""
    value = _value(tree, row, now)
    kind = getattr(tree, "kind", None)
    if value is None:
        return None
    if kind == "instant" or (isinstance(tree, Call) and tree.name == "now"):
        return instant_ms(value) if isinstance(value, str) else _ms(value)
    if kind == "time":
        return clock_text(value)
    if kind == "date":
        return day_text(value)
    return float(value) if kind == "number" else value


def _value(tree: Expression, row: Values, now: datetime) -> Any:
    if isinstance(tree, Constant):
        return tree.value
    if isinstance(tree, Bound):
        return row.get(tree.key)
    if isinstance(tree, Call):
        given = [_value(one, row, now) for one in tree.arguments]
        if tree.name == "now":
            return now
        return None if None in given else _FUNCTIONS[tree.name](*given)
    return evaluate(tree, row, now)


def _ms(moment: datetime) -> int:
    return int((moment - _EPOCH).total_seconds() * 1_000_000) // 1000


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _equal(left: Any, right: Any) -> bool:
    return bool(left == right)


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    return lambda left, right: left is not None and right is not None and bool(compare(left, right))


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": _equal,
    "ne": lambda left, right: not _equal(left, right),
    "lt": _ordered(operator.lt),
    "le": _ordered(operator.le),
    "gt": _ordered(operator.gt),
    "ge": _ordered(operator.ge),
}


def _all(values: list[bool | None]) -> bool | None:
    if False in values:
        return False
    return None if None in values else True


def _negated(value: bool | None) -> bool | None:
    return None if value is None else not value


def _text(moment: Any) -> str:
    """A date, or a moment as its device wrote it; the server's own moments in UTC."""
    return moment if isinstance(moment, str) else moment.astimezone(UTC).isoformat()


def _part(first: int, last: int) -> Callable[[Any], float | None]:
    def part(moment: Any) -> float | None:
        day = day_text(_text(moment))
        return None if day is None else float(day[first:last])

    return part


def _clock_part(first: int, last: int) -> Callable[[Any], float | None]:
    def part(moment: Any) -> float | None:
        text = _text(moment)
        found = clock_text(text[11:] if len(text) > 10 and text[10] == "T" else text)
        return None if found is None else float(found[first:last])

    return part


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "contains": lambda text, part: part in text,
    "startswith": lambda text, part: text.startswith(part),
    "endswith": lambda text, part: text.endswith(part),
    "tolower": to_lower,
    "toupper": to_upper,
    "length": lambda text: float(len(text)),
    "concat": lambda left, right: left + right,
    "year": _part(0, 4),
    "month": _part(5, 7),
    "day": _part(8, 10),
    "hour": _clock_part(0, 2),
    "minute": _clock_part(3, 5),
    "second": _clock_part(6, 8),
    "date": lambda moment: day_text(_text(moment)),
}
