"""One typed answer -> the value of one harmonised column.

A calculated question arrives as text whatever it holds, so text is read again by the variable's type. Codes
go through the crosswalk of the form's choice list; a choice mapped to "-" is null. What does not fit is
Unfit, never a guess.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from forms.mapping import NULL_CODE
from forms.vocabulary import Variable
from sync.steps.answer_types import read_boolean, read_date, read_datetime, read_decimal, read_int, read_time
from sync.steps.values import BadAnswer, DeviceTime, GeoPoint

_INT32 = 2**31

LONGEST_CODE = 100
"""Characters of a code, of a list or a register. What rows are found and compared by stands in indexes, and
PostgreSQL refuses an entry of more than 2,700 bytes: one absurd answer would park its whole record there."""

_CODES_AS_TEXT = frozenset({"place_id", "declared_pcode", "corridor_id", "round", "code"})
"""Text variables that hold a code of a register, or a split's, and are indexed: alone, or in a block of
duplicates."""


class Unfit(Exception):
    """The answer cannot stand in the column.

    flag    a code of sync.flags
    reason  in words, without the answer
    """

    def __init__(self, flag: str, reason: str) -> None:
        super().__init__(reason)
        self.flag = flag
        self.reason = reason


def to_column(answer: Any, variable: Variable, crosswalk: Mapping[str, str]) -> Any:
    """The column's value: int, float, str, bool, date, GeoPoint, or None where a choice is mapped to null.

    Several codes are joined by ";" in the order given; times and date-times are the device's literal text.
    Raises Unfit
    """
    if isinstance(answer, BadAnswer):
        raise Unfit("bad_answer", f"the answer is not {answer.expected}")
    try:
        value = _CONVERTERS[variable.type](answer, crosswalk)
    except ValueError:
        raise Unfit("bad_answer", f"the answer is not {_EXPECTED[variable.type]}") from None
    if type(value) is str and len(value) > LONGEST_CODE and _is_one_code(variable):
        raise Unfit("bad_answer", f"the answer is longer than any code ({LONGEST_CODE} characters)")
    return value


def _is_one_code(variable: Variable) -> bool:
    return variable.type == "code" or variable.name in _CODES_AS_TEXT


def fits_int32(value: int) -> bool:
    """Whether an integer column holds it: PostgreSQL's have 32 bits, and both engines hold the same."""
    return -_INT32 <= value < _INT32


def _int(answer: Any, _: Mapping[str, str]) -> int:
    value = answer if type(answer) is int else read_int(_text(answer))
    if not fits_int32(value):
        raise Unfit("out_of_range", "the number is beyond 2,147,483,647")
    return value


def _decimal(answer: Any, _: Mapping[str, str]) -> float:
    return float(answer) if type(answer) in (int, float) else read_decimal(_text(answer))


def _text_column(answer: Any, _: Mapping[str, str]) -> str:
    if isinstance(answer, tuple):
        return ";".join(str(part) for part in answer if isinstance(part, str))
    return _text(answer)


def _bool(answer: Any, _: Mapping[str, str]) -> bool:
    return answer if isinstance(answer, bool) else read_boolean(_text(answer))


def _date(answer: Any, _: Mapping[str, str]) -> date:
    return answer if isinstance(answer, date) else read_date(_text(answer))


def _time(answer: Any, _: Mapping[str, str]) -> str:
    text = _text(answer)
    if len(text) > 10 and text[10] in "T ":  # a date-time feeds a time: its time of day
        text = text[11:]
    return read_time(text).text


def _datetime(answer: Any, _: Mapping[str, str]) -> str:
    return read_datetime(_text(answer)).text


def _code(answer: Any, crosswalk: Mapping[str, str]) -> str | None:
    if type(answer) is str:  # nearly every answer
        code = crosswalk.get(answer, answer)
        return None if code == NULL_CODE else code
    codes = _code_list(answer, crosswalk)
    if len(codes) > 1:
        raise ValueError
    return codes[0] if codes else None


def _codes(answer: Any, crosswalk: Mapping[str, str]) -> str | None:
    if type(answer) is str and answer not in crosswalk:  # a calculate hands on what was selected: "a b"
        answer = tuple(answer.split())
    return ";".join(_code_list(answer, crosswalk)) or None


def _code_list(answer: Any, crosswalk: Mapping[str, str]) -> list[str]:
    given = answer if isinstance(answer, tuple) else (_text(answer),)
    standard = [crosswalk.get(code, code) for code in given if isinstance(code, str)]
    return [code for code in dict.fromkeys(standard) if code != NULL_CODE]


def _geopoint(answer: Any, _: Mapping[str, str]) -> GeoPoint:
    if not isinstance(answer, GeoPoint):
        raise ValueError
    return answer


def _text(answer: Any) -> str:
    if type(answer) is str:
        return answer
    if isinstance(answer, DeviceTime):
        return answer.text
    if isinstance(answer, bool):
        return "true" if answer else "false"
    if isinstance(answer, date):
        return answer.isoformat()
    if isinstance(answer, float) and answer.is_integer():
        return str(int(answer))
    if isinstance(answer, int | float):
        return str(answer)
    raise ValueError


_CONVERTERS: dict[str, Callable[[Any, Mapping[str, str]], Any]] = {
    "int": _int,
    "decimal": _decimal,
    "text": _text_column,
    "bool": _bool,
    "date": _date,
    "time": _time,
    "datetime": _datetime,
    "code": _code,
    "codes": _codes,
    "geopoint": _geopoint,
}

_EXPECTED = {
    "int": "a whole number",
    "decimal": "a number",
    "text": "text",
    "bool": "true or false",
    "date": "a date",
    "time": "a time of day",
    "datetime": "a date and time",
    "code": "one code",
    "codes": "codes",
    "geopoint": "a position",
}
