"""The text of a `$filter` or `$orderby` -> an expression tree (OData 4.0 Part 2, 5.1.1).

A tokeniser and a recursive descent, written here because the kept OData parsers of Python know no `$root`, no
position of an error and no bound on depth. Precedence, from weak to strong: or, and, not, comparison. `not`
takes the whole comparison after it, as Central's parser does.

A filter has at most MAX_BYTES, MAX_TERMS columns, literals and functions, and MAX_DEPTH levels: what a
stranger writes can neither exhaust the stack nor the database.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from datetime import time as clock

from server.odata.expression import FUNCTIONS, And, Call, Compare, Constant, Expression, In, Member, Not, Or
from server.odata.problems import BadExpression, Unsupported

MAX_BYTES = 4096
MAX_TERMS = 100
MAX_DEPTH = 16
MAX_ORDERS = 8

COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge")
_NOT_OFFERED = ("add", "sub", "mul", "div", "divby", "mod", "has")
_CONSTANTS = {"null": Constant(None, "null"), "true": Constant(True, "boolean")}
_CONSTANTS["false"] = Constant(False, "boolean")

_TOKEN = re.compile(
    r"""(?P<space>\s+)
      | (?P<text>'(?:[^']|'')*')
      | (?P<instant>\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[-+ ]\d\d:\d\d))
      | (?P<date>\d{4}-\d\d-\d\d)(?![\w-])
      | (?P<time>\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(?![\w:])
      | (?P<number>[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)(?![\w.:])
      | (?P<word>(?:\$root/)?[A-Za-z_][A-Za-z0-9_-]*(?:/[A-Za-z_][A-Za-z0-9_-]*)*)
      | (?P<mark>[(),])
    """,
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Token:
    kind: str  # text instant date time number word mark end
    text: str
    at: int


def parse_filter(text: str) -> Expression:
    """The tree of a filter. Raises BadExpression with the place, Unsupported for what is not offered."""
    reader = _Reader(text)
    tree = reader.either(0)
    reader.expect_end()
    return tree


def parse_order(text: str) -> tuple[tuple[Expression, bool], ...]:
    """`a desc, b` -> ((tree of a, True), (tree of b, False)). Raises as parse_filter."""
    reader = _Reader(text)
    orders = [reader.order()]
    while reader.takes_mark(","):
        orders.append(reader.order())
    reader.expect_end()
    if len(orders) > MAX_ORDERS:
        raise BadExpression(f"$orderby names more than {MAX_ORDERS} columns.", "Name fewer.")
    return tuple(orders)


def _tokens(text: str) -> list[Token]:
    if len(text.encode("utf-8", "replace")) > MAX_BYTES:
        raise BadExpression(f"The expression is longer than {MAX_BYTES} bytes.", "Ask for less at once.")
    if "\x00" in text:
        raise BadExpression("The expression holds a NUL character.", "Take it out.")
    found, at = [], 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            what = "A text is not closed" if text[at] == "'" else f"{text[at]!r} means nothing"
            raise BadExpression(f"{what} at character {at + 1}.", "Double quotes inside a text: 'd''eau'.")
        if match.lastgroup != "space":
            found.append(Token(match.lastgroup or "", match.group(), at))
        at = match.end()
    return [*found, Token("end", "", len(text))]


class _Reader:
    """The tokens from left to right, and how many terms were made of them."""

    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._next = 0
        self._terms = 0

    # -- rules, from weak to strong ------------------------------------------------------------------------

    def either(self, depth: int) -> Expression:
        terms = [self._both(depth)]
        while self._takes_word("or"):
            terms.append(self._both(depth))
        return terms[0] if len(terms) == 1 else Or(tuple(terms))

    def order(self) -> tuple[Expression, bool]:
        value = self._operand(0)
        descending = self._takes_word("desc")
        if not descending:
            self._takes_word("asc")
        return value, descending

    def _both(self, depth: int) -> Expression:
        terms = [self._negated(depth)]
        while self._takes_word("and"):
            terms.append(self._negated(depth))
        return terms[0] if len(terms) == 1 else And(tuple(terms))

    def _negated(self, depth: int) -> Expression:
        if self._is_word("not") and not self._is_call():
            self._deeper(depth)
            self._next += 1
            return Not(self._negated(depth + 1))
        return self._comparison(depth)

    def _comparison(self, depth: int) -> Expression:
        left = self._operand(depth)
        token = self._now
        word = token.text.lower() if token.kind == "word" else ""
        if word in _NOT_OFFERED:
            raise Unsupported(
                f"{word!r} at character {token.at + 1}: arithmetic and flags are not supported.",
                f"There are {', '.join(COMPARISONS)}, in, and, or, not and functions.",
            )
        if word in COMPARISONS:
            self._next += 1
            return Compare(word, left, self._operand(depth), token.at)
        if word == "in":
            self._next += 1
            return In(left, self._list(depth), token.at)
        return left

    def _list(self, depth: int) -> tuple[Expression, ...]:
        self._expect("(")
        among = [self._operand(depth)]
        while self.takes_mark(","):
            among.append(self._operand(depth))
        self._expect(")")
        return tuple(among)

    def _operand(self, depth: int) -> Expression:
        token = self._now
        if token.kind == "mark" and token.text == "(":
            self._deeper(depth)
            self._next += 1
            inside = self.either(depth + 1)
            self._expect(")")
            return inside
        self._terms += 1
        if self._terms > MAX_TERMS:
            raise BadExpression(f"The expression has more than {MAX_TERMS} terms.", "Ask for less at once.")
        if token.kind in _LITERALS:
            self._next += 1
            return _literal(token)
        if token.kind == "word":
            return self._call(depth) if self._is_call() else self._name()
        where = "at the end" if token.kind == "end" else f"at character {token.at + 1}"
        raise BadExpression(f"A column, a value or a function is missing {where}.", _EXAMPLE)

    def _call(self, depth: int) -> Expression:
        token = self._now
        name = token.text.lower()
        if name not in FUNCTIONS:
            raise Unsupported(
                f"There is no function {token.text!r} here (character {token.at + 1}).",
                f"There are {', '.join(FUNCTIONS)}.",
            )
        self._deeper(depth)
        self._next += 2
        given: list[Expression] = []
        if not self.takes_mark(")"):
            given.append(self.either(depth + 1))
            while self.takes_mark(","):
                given.append(self.either(depth + 1))
            self._expect(")")
        wanted = len(FUNCTIONS[name].takes)
        if len(given) != wanted:
            raise BadExpression(
                f"{name} takes {wanted} argument(s), not {len(given)} (character {token.at + 1}).", _EXAMPLE
            )
        return Call(name, tuple(given), token.at)

    def _name(self) -> Expression:
        token = self._now
        self._next += 1
        constant = _CONSTANTS.get(token.text)
        return constant if constant is not None else Member(token.text, token.at)

    # -- tokens ----------------------------------------------------------------------------------------------

    @property
    def _now(self) -> Token:
        return self._tokens[self._next]

    def _is_word(self, word: str) -> bool:
        return self._now.kind == "word" and self._now.text.lower() == word

    def _is_call(self) -> bool:
        """Whether a bracket follows at once: `not(` and `in (` have or may have a blank before it."""
        after = self._tokens[self._next + 1] if self._next + 1 < len(self._tokens) else self._now
        here = self._now
        follows = after.text == "(" and after.kind == "mark" and after.at == here.at + len(here.text)
        return follows and here.text.lower() != "not"

    def _takes_word(self, word: str) -> bool:
        found = self._is_word(word)
        self._next += found
        return found

    def takes_mark(self, mark: str) -> bool:
        found = self._now.kind == "mark" and self._now.text == mark
        self._next += found
        return found

    def _expect(self, mark: str) -> None:
        if not self.takes_mark(mark):
            raise BadExpression(f"{mark!r} is missing at character {self._now.at + 1}.", _EXAMPLE)

    def expect_end(self) -> None:
        if self._now.kind != "end":
            shown = self._now.text[:20]
            raise BadExpression(f"{shown!r} at character {self._now.at + 1} does not belong there.", _EXAMPLE)

    def _deeper(self, depth: int) -> None:
        if depth >= MAX_DEPTH:
            raise BadExpression(f"The expression has more than {MAX_DEPTH} levels.", "Write it flatter.")


_EXAMPLE = "A filter reads like: age ge 18 and contains(tolower(village), 'oum')."


def _literal(token: Token) -> Constant:
    try:
        return _LITERALS[token.kind](token.text)
    except ValueError:
        raise BadExpression(
            f"{token.text[:40]!r} at character {token.at + 1} is no {_NAMES[token.kind]}.", _EXAMPLE
        ) from None


def _number(text: str) -> Constant:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("beyond a double")
    return Constant(value, "number")


def _instant(text: str) -> Constant:
    """A "+" that was not percent-encoded arrives as a blank."""
    whole = text.replace(" ", "+")
    datetime.fromisoformat(whole)
    return Constant(whole, "instant")


def _date(text: str) -> Constant:
    return Constant(date.fromisoformat(text).isoformat(), "date")


def _time(text: str) -> Constant:
    return Constant(clock.fromisoformat(text).isoformat("seconds"), "time")


_LITERALS: dict[str, Callable[[str], Constant]] = {
    "text": lambda text: Constant(text[1:-1].replace("''", "'"), "text"),
    "number": _number,
    "instant": _instant,
    "date": _date,
    "time": _time,
}
_NAMES = {"number": "number", "instant": "moment", "date": "date", "time": "time of day", "text": "text"}
