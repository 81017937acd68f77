"""How a reader takes what was written: an answer of a question's kind, and then a cell of a column's type.

What does not fit is None, unknown: never 0, never a guess.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_LARGEST = 2**63


def number(text: str) -> Decimal | None:
    """Digits of any script; no NaN, no separators, nothing beyond what a double holds."""
    if not _NUMBER.fullmatch(text):
        return None
    value = Decimal(text)
    return value if abs(value) < Decimal("1.8E308") else None


def whole(text: str) -> int | None:
    value = number(text)
    return int(value) if value is not None and value == value.to_integral_value() else None


def day(text: str) -> date | None:
    if not re.fullmatch(r"\d{4}-\d\d-\d\d([T ].*)?", text, re.DOTALL):
        return None
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def _is_time(text: str) -> bool:
    try:
        time.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_moment(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _position(text: str) -> tuple[float, float] | None:
    parts = [number(part) for part in text.split()]
    if not 2 <= len(parts) <= 4 or None in parts:
        return None
    lat, lon = parts[:2]
    if lat is None or lon is None or abs(lat) > 90 or abs(lon) > 180:
        return None
    return float(lat), float(lon)


def understood(kind: str, text: str) -> Any:
    """The answer: int, float, date, str, a list of choices; None where it is none of its question's kind."""
    if kind == "int":
        value = whole(text)
        return value if value is not None and -_LARGEST <= value < _LARGEST else None
    if kind == "decimal":
        decimal = number(text)
        return None if decimal is None else float(decimal)
    if kind == "date":
        return day(text)
    if kind == "time":
        return text if _is_time(text) else None
    if kind == "dateTime":
        return text if _is_moment(text) else None
    if kind == "geopoint":
        return _position(text)
    if kind in ("select", "rank"):
        return list(dict.fromkeys(text.split()))
    return text


def column(answer: Any, type_: str, codes: Mapping[str, str]) -> Any:
    """The cell; codes: of the form -> standard ones, "-" for nothing."""
    if answer is None:
        return None
    if type_ == "codes":
        given = answer if isinstance(answer, list) else [answer] if answer in codes else str(answer).split()
        standard = dict.fromkeys(codes.get(one, one) for one in given)
        return ";".join(one for one in standard if one != "-") or None
    if type_ == "code":
        given = answer if isinstance(answer, list) else [_text(answer)]
        one = [codes.get(code, code) for code in given]
        return one[0] if len(one) == 1 and one[0] != "-" else None
    if type_ == "geopoint":
        return answer if isinstance(answer, tuple) else None
    text = _text(answer)
    if type_ == "int":
        value = whole(text)
        return value if value is not None and -(2**31) <= value < 2**31 else None
    if type_ == "decimal":
        decimal = number(text)
        return None if decimal is None else float(decimal)
    if type_ == "date":
        return day(text)
    if type_ == "bool":
        return {"true": True, "1": True, "false": False, "0": False}.get(text)
    if type_ == "time":
        clock = text[11:] if len(text) > 10 and text[10] in "T " else text
        return clock if _is_time(clock) else None
    if type_ == "datetime":
        return text if _is_moment(text) else None
    return text


def _text(answer: Any) -> str:
    if isinstance(answer, list):
        return ";".join(answer)
    if isinstance(answer, float) and answer.is_integer():
        return str(int(answer))
    return answer.isoformat() if isinstance(answer, date) else str(answer)
