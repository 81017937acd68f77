"""A bound filter -> a predicate for either engine, every value in it a bound parameter.

It has to give what `server.odata.evaluate` gives, on SQLite and on PostgreSQL: numbers are doubles, texts are
compared by code point, moments in milliseconds. Answers are taken out of the JSON by their type, so that a
value that does not fit its column (one of an older version, or a bad answer) is null and never an error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Double,
    Float,
    Integer,
    Text,
    and_,
    case,
    cast,
    collate,
    false,
    func,
    literal,
    not_,
    null,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by
from sqlalchemy.types import BigInteger

from forms.model import AnswerType
from server.odata.binding import kind_of
from server.odata.expression import And, Bound, Call, Compare, Constant, Expression, In, Not, Or
from sync.sql_functions import (
    clock_sql,
    day_sql,
    epoch_ms_sql,
    instant_ms,
    instant_ms_sql,
    lower_sql,
    upper_sql,
)

Value = ColumnElement[Any]


class Compiler:
    """Compiles bound trees for one statement.

    columns  what each key holds: text, double, boolean; a device's moment and time as text, the server's
             moments as instants
    moments  the keys among them that hold the server's own moments
    """

    def __init__(self, dialect: str, columns: Mapping[str, Value], moments: frozenset[str], now: datetime):
        self._dialect = dialect
        self._columns = columns
        self._moments = moments
        self._now = now

    def condition(self, tree: Expression) -> ColumnElement[bool]:
        """True, false or null for each row; a row belongs to the answer where it is true."""
        if isinstance(tree, And):
            return and_(true(), *(self.condition(one) for one in tree.terms))
        if isinstance(tree, Or):
            return or_(false(), *(self.condition(one) for one in tree.terms))
        if isinstance(tree, Not):
            return not_(self.condition(tree.term))
        if isinstance(tree, Compare):
            return self._compare(tree.operator, tree.left, tree.right)
        if isinstance(tree, In):
            return or_(false(), *(self._compare("eq", tree.value, one) for one in tree.among))
        return self._boolean(tree)

    def worth(self, tree: Expression) -> Value:
        """What an expression is compared and ordered by."""
        kind = kind_of(tree)
        if isinstance(tree, Constant) and tree.value is None:
            return null()
        if kind == "boolean":
            return self._boolean(tree)
        value = self._value(tree)
        if kind == "instant":
            return self._instant(tree, value)
        if kind == "time" and not isinstance(tree, Constant):
            value = clock_sql(value, self._dialect)
        if kind == "date" and isinstance(tree, Bound):
            value = day_sql(value, self._dialect)
        return self._by_code_point(value) if kind in ("text", "date", "time") else value

    def _compare(self, operator: str, left: Expression, right: Expression) -> ColumnElement[bool]:
        a, b = self.worth(left), self.worth(right)
        nothing = [isinstance(one, Constant) and one.value is None for one in (left, right)]
        if operator in ("eq", "ne"):
            if any(nothing):
                other = b if nothing[0] else a
                same: ColumnElement[bool] = true() if all(nothing) else other.is_(None)
            else:
                same = a.is_not_distinct_from(b)
            return same if operator == "eq" else not_(same)
        if any(nothing):
            return false()
        return func.coalesce(_ORDERED[operator](a, b), literal(False))

    def _boolean(self, tree: Expression) -> ColumnElement[bool]:
        """A condition as a value: a column, a function, a literal, or a comparison in brackets."""
        if isinstance(tree, Constant):
            return cast(null(), Boolean) if tree.value is None else literal(bool(tree.value), Boolean)
        if isinstance(tree, Bound):
            return self._columns[tree.key]
        if isinstance(tree, Call):
            return self._value(tree)
        return cast(self.condition(tree), Boolean)  # else NOT would bind more loosely than the comparison

    def _value(self, tree: Expression) -> Value:
        if isinstance(tree, Constant):
            return literal(tree.value, _TYPES.get(tree.kind, Text())) if tree.value is not None else null()
        if isinstance(tree, Bound):
            return self._columns[tree.key]
        if isinstance(tree, Call):
            return self._call(tree)
        return self._boolean(tree)

    def _instant(self, tree: Expression, value: Value) -> Value:
        if isinstance(tree, Constant):
            return literal(instant_ms(str(tree.value)), BigInteger)
        if isinstance(tree, Call):  # now()
            return literal(int(self._now.timestamp() * 1000), BigInteger)
        if isinstance(tree, Bound) and tree.key in self._moments:
            return epoch_ms_sql(value, self._dialect)
        return instant_ms_sql(value, self._dialect)

    def _call(self, call: Call) -> Value:
        if call.name == "now":
            return null()  # `_instant` gives it
        given = [self._argument(one) for one in call.arguments]
        if call.name in ("year", "month", "day", "date"):
            day = day_sql(given[0], self._dialect)
            return day if call.name == "date" else self._number(func.substr(day, *_OF_DAY[call.name]))
        if call.name in ("hour", "minute", "second"):
            clock = clock_sql(self._clock_part(call.arguments[0], given[0]), self._dialect)
            return self._number(func.substr(clock, *_OF_CLOCK[call.name]))
        return _TEXT_FUNCTIONS[call.name](self, *given)

    def _argument(self, tree: Expression) -> Value:
        """An argument as text: moments as they were written, the server's in UTC."""
        if isinstance(tree, Constant) and tree.value is None:
            return cast(null(), Text)
        if kind_of(tree) != "instant":
            return self._value(tree)
        if isinstance(tree, Call):
            return literal(self._now.strftime("%Y-%m-%dT%H:%M:%S"), Text)
        if isinstance(tree, Bound) and tree.key in self._moments:
            return self._utc_text(self._columns[tree.key])
        return self._value(tree)

    def _clock_part(self, tree: Expression, text: Value) -> Value:
        return func.substr(text, 12) if kind_of(tree) == "instant" else text

    def _utc_text(self, moment: Value) -> Value:
        if self._dialect == "sqlite":
            seconds = cast(moment, BigInteger) // literal(1_000_000, BigInteger)
            return func.strftime("%Y-%m-%dT%H:%M:%S", seconds, "unixepoch", type_=Text())
        return func.to_char(func.timezone("UTC", moment), 'YYYY-MM-DD"T"HH24:MI:SS', type_=Text())

    def _number(self, text: Value) -> Value:
        return cast(cast(text, Integer), _DOUBLE)

    def _by_code_point(self, text: Value) -> Value:
        return text if self._dialect == "sqlite" else collate(cast(text, Text), "C")

    def lower(self, text: Value) -> Value:
        return lower_sql(text, self._dialect)

    def upper(self, text: Value) -> Value:
        return upper_sql(text, self._dialect)

    def position(self, text: Value, part: Value) -> Value:
        return func.instr(text, part) if self._dialect == "sqlite" else func.strpos(text, part)


_DOUBLE = Float().with_variant(Double(), "postgresql")
_TYPES: dict[str, Any] = {"number": _DOUBLE, "boolean": Boolean()}
_OF_DAY = {"year": (1, 4), "month": (6, 2), "day": (9, 2)}
_OF_CLOCK = {"hour": (1, 2), "minute": (4, 2), "second": (7, 2)}

_ORDERED: dict[str, Callable[[Value, Value], Value]] = {
    "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
}

_TEXT_FUNCTIONS: dict[str, Callable[..., Value]] = {
    "contains": lambda c, text, part: c.position(text, part) > 0,
    "startswith": lambda _, text, part: func.substr(text, 1, func.length(part)) == part,
    "endswith": lambda _, text, part: func.substr(text, func.length(text) - func.length(part) + 1) == part,
    "tolower": lambda c, text: c.lower(text),
    "toupper": lambda c, text: c.upper(text),
    "length": lambda _, text: cast(func.length(text), _DOUBLE),
    "concat": lambda _, left, right: cast(left, Text).op("||")(cast(right, Text)),
}


def answer_value(answers: Value, path: str, type_: AnswerType, dialect: str) -> Value:
    """One answer out of `answer_row.answers`, null where there is none of the question's type."""
    reader = _sqlite_answer if dialect == "sqlite" else _postgresql_answer
    return reader(answers, path, type_)


_JSON_KIND: dict[AnswerType, str] = {
    "int": "number",
    "decimal": "number",
    "boolean": "boolean",
    "select": "list",
    "rank": "list",
    "geopoint": "point",
    "geotrace": "point",
    "geoshape": "point",
}


def _sqlite_answer(answers: Value, path: str, type_: AnswerType) -> Value:
    where = literal(f'$."{path}"', Text)
    found = func.json_type(answers, where, type_=Text())
    value = func.json_extract(answers, where)
    kind = _JSON_KIND.get(type_, "text")
    if kind == "number":
        return case((found.in_(["integer", "real"]), cast(value, _DOUBLE)), else_=null())
    if kind == "boolean":
        return case((found == "true", literal(True, Boolean)), (found == "false", literal(False, Boolean)))
    if kind == "list":
        one = func.json_each(answers, where).table_valued("value")
        joined = select(func.group_concat(one.c.value, " ")).select_from(one).scalar_subquery()
        return case((found == "array", joined), else_=null())
    if kind == "point":
        return case((func.json_type(answers, literal(f'$."{path}".coordinates', Text)) == "array", value))
    return case((found == "text", cast(value, Text)), else_=null())


def _postgresql_answer(answers: Value, path: str, type_: AnswerType) -> Value:
    value = answers.op("->", return_type=JSONB())(literal(path, Text))
    text = answers.op("->>", return_type=Text())(literal(path, Text))
    found = func.jsonb_typeof(value, type_=Text())
    kind = _JSON_KIND.get(type_, "text")
    if kind == "number":
        return case((found == "number", cast(value, Double)), else_=null())
    if kind == "boolean":
        return case((found == "boolean", cast(value, Boolean)), else_=null())
    if kind == "list":
        safe = case((found == "array", value), else_=cast(literal("[]", Text), JSONB))
        rows = func.jsonb_array_elements_text(safe).table_valued("value", with_ordinality="place")
        one = rows.render_derived()
        ordered = aggregate_order_by(literal(" ", Text), one.c.place)
        return select(func.string_agg(one.c.value, ordered)).select_from(one).scalar_subquery()
    if kind == "point":
        is_place = func.jsonb_typeof(value.op("->")(literal("coordinates", Text))) == "array"
        return case((is_place, text), else_=null())
    return case((found == "string", text), else_=null())
