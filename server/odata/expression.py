"""What a `$filter` or `$orderby` says, as values: first as it was written, then bound to a table's columns.

`grammar` makes the tree, `binding` replaces every `Member` by a `Bound` and checks the types, `evaluate`
works it out on Python values and `sql` compiles it for the database. The two have to agree on every filter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["null", "boolean", "number", "text", "date", "time", "instant", "geo"]
"""The type of an expression. `number` is a double, as in JSON; `instant` milliseconds since 1970; `date` and
`time` ISO text (`2026-11-02`, `18:30:00`); `geo` can only be compared with null."""


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal. `value` is None, bool, float, or str (text, and ISO text of date, time and instant)."""

    value: bool | float | str | None
    kind: Kind


@dataclass(frozen=True, slots=True)
class Member:
    """A column by its path as written: `__system/submissionDate`, `group/question`."""

    path: str
    at: int  # where in the text, from 0


@dataclass(frozen=True, slots=True)
class Bound:
    """A column of the table that is asked. `key` names it to the evaluator and to the compiler."""

    key: str
    kind: Kind
    is_number_too: bool = False  # text that clients write as a number: submitterId


@dataclass(frozen=True, slots=True)
class Call:
    name: str  # a key of FUNCTIONS
    arguments: tuple[Expression, ...]
    at: int = 0


@dataclass(frozen=True, slots=True)
class Compare:
    operator: str  # eq ne lt le gt ge
    left: Expression
    right: Expression
    at: int = 0


@dataclass(frozen=True, slots=True)
class In:
    value: Expression
    among: tuple[Expression, ...]
    at: int = 0


@dataclass(frozen=True, slots=True)
class And:
    terms: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Or:
    terms: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Not:
    term: Expression


Expression = Constant | Member | Bound | Call | Compare | In | And | Or | Not


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the filter language: what each argument may be, and what comes out."""

    takes: tuple[tuple[Kind, ...], ...]
    gives: Kind


_TEXT: tuple[Kind, ...] = ("text",)
_DAY: tuple[Kind, ...] = ("date", "instant")
_CLOCK: tuple[Kind, ...] = ("time", "instant")

FUNCTIONS: dict[str, Function] = {
    "contains": Function((_TEXT, _TEXT), "boolean"),
    "startswith": Function((_TEXT, _TEXT), "boolean"),
    "endswith": Function((_TEXT, _TEXT), "boolean"),
    "tolower": Function((_TEXT,), "text"),
    "toupper": Function((_TEXT,), "text"),
    "length": Function((_TEXT,), "number"),
    "concat": Function((_TEXT, _TEXT), "text"),
    "year": Function((_DAY,), "number"),
    "month": Function((_DAY,), "number"),
    "day": Function((_DAY,), "number"),
    "hour": Function((_CLOCK,), "number"),
    "minute": Function((_CLOCK,), "number"),
    "second": Function((_CLOCK,), "number"),
    "date": Function((("instant",),), "date"),
    "now": Function((), "instant"),
}
"""Parts of an answer's date and time are those the device wrote; of the server's moments, those in UTC."""

Values = dict[str, Any]
"""What a row holds, by the key of a column, for the evaluator."""
