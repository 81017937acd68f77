"""An expression as it was written -> the same bound to a table's columns, with its types checked.

After this nothing can fail: the evaluator and the compiler get trees in which both sides of a comparison have
one type. A text that is written where a date or a moment is compared is read as one, as Central's clients
do; a day compared with a moment is its midnight in UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from server.odata.expression import (
    FUNCTIONS,
    And,
    Bound,
    Call,
    Compare,
    Constant,
    Expression,
    In,
    Kind,
    Member,
    Not,
    Or,
)
from server.odata.grammar import parse_filter, parse_order
from server.odata.problems import BadExpression, UnaskableProperty, Unsupported

Columns = Mapping[str, Bound]
"""The columns a reader may ask of a table, by the path they are written with."""

_ORDERED: tuple[Kind, ...] = ("number", "text", "date", "time", "instant", "boolean")


def bind_filter(text: str, columns: Columns) -> Expression:
    """The bound tree of a filter. Raises BadExpression, UnaskableProperty, Unsupported."""
    tree = _bind(parse_filter(text), columns)
    if kind_of(tree) not in ("boolean", "null"):
        raise BadExpression("The filter is not a condition.", "Compare it with something: `age ge 18`.")
    return tree


def bind_order(text: str, columns: Columns) -> tuple[tuple[Expression, bool], ...]:
    """The bound trees of an order, each with whether it descends. Raises as bind_filter."""
    orders = tuple((_bind(tree, columns), descending) for tree, descending in parse_order(text))
    for tree, _ in orders:
        if kind_of(tree) not in _ORDERED:
            raise Unsupported("$orderby names something that has no order.", "Name plain values.")
    return orders


def kind_of(tree: Expression) -> Kind:
    """The type of a bound expression."""
    if isinstance(tree, Constant | Bound):
        return tree.kind
    if isinstance(tree, Call):
        return FUNCTIONS[tree.name].gives
    return "boolean"


def _bind(tree: Expression, columns: Columns) -> Expression:
    if isinstance(tree, Member):
        return _column(tree, columns)
    if isinstance(tree, Call):
        return _call(replace(tree, arguments=tuple(_bind(one, columns) for one in tree.arguments)))
    if isinstance(tree, Compare):
        left, right = _alike(_bind(tree.left, columns), _bind(tree.right, columns), tree.at)
        is_order = tree.operator not in ("eq", "ne")
        if is_order and "geo" in (kind_of(left), kind_of(right)):
            raise Unsupported("Positions have no order.", "Compare them with null: `place ne null`.")
        return replace(tree, left=left, right=right)
    if isinstance(tree, In):
        value = _bind(tree.value, columns)
        pairs = [_alike(value, _bind(one, columns), tree.at) for one in tree.among]
        return replace(tree, value=pairs[0][0], among=tuple(right for _, right in pairs))
    if isinstance(tree, Not):
        return Not(_condition(_bind(tree.term, columns)))
    if isinstance(tree, And | Or):
        return type(tree)(tuple(_condition(_bind(one, columns)) for one in tree.terms))
    return tree


def _column(member: Member, columns: Columns) -> Bound:
    found = columns.get(member.path)
    if found is None:
        raise UnaskableProperty(
            f"{member.path!r} (character {member.at + 1}) is no property that can be asked of here.",
            "`$metadata` lists the properties; in a repeat's table those of the submission are written"
            " $root/Submissions/...",
        )
    return found


def _condition(tree: Expression) -> Expression:
    if kind_of(tree) not in ("boolean", "null"):
        raise BadExpression("`and`, `or` and `not` join conditions.", "Compare the value: `age ge 18`.")
    return tree


def _call(call: Call) -> Call:
    wanted = FUNCTIONS[call.name].takes
    given = tuple(_as(one, kinds) for one, kinds in zip(call.arguments, wanted, strict=True))
    for one, kinds in zip(given, wanted, strict=True):
        if kind_of(one) not in (*kinds, "null"):
            raise BadExpression(
                f"{call.name} (character {call.at + 1}) takes {' or '.join(kinds)}, not {kind_of(one)}.",
                "`$metadata` gives the type of each property.",
            )
    return replace(call, arguments=given)


def _as(tree: Expression, kinds: tuple[Kind, ...]) -> Expression:
    """A quoted date or moment given to a function of dates."""
    if isinstance(tree, Constant) and tree.kind == "text" and "text" not in kinds:
        for kind in kinds:
            found = _read(tree, kind)
            if found is not None:
                return found
    return tree


def _alike(left: Expression, right: Expression, at: int) -> tuple[Expression, Expression]:
    """Both sides in one type. Raises BadExpression where they have none in common."""
    kinds = {kind_of(left), kind_of(right)}
    if len(kinds) == 1 or "null" in kinds:
        if kinds == {"geo"}:
            raise Unsupported("Positions are compared with null only.", "Write `place ne null`.")
        return left, right
    for one, other in ((left, right), (right, left)):
        if isinstance(one, Constant):
            found = _read(one, kind_of(other), getattr(other, "is_number_too", False))
            if found is not None:
                return (found, other) if one is left else (other, found)
    raise BadExpression(
        f"A {kind_of(left)} is compared with a {kind_of(right)} at character {at + 1}.",
        "`$metadata` gives the type of each property; texts stand in quotes, numbers and dates do not.",
    )


def _read(constant: Constant, kind: Kind, is_number_too: bool = False) -> Constant | None:
    """A literal as another type, where it can be read as one."""
    if constant.kind == "date" and kind == "instant":
        return Constant(f"{constant.value}T00:00:00Z", "instant")
    if constant.kind == "number" and is_number_too and isinstance(constant.value, float):
        return Constant(f"{constant.value:.0f}" if constant.value.is_integer() else "", "text")
    if constant.kind == "text" and kind in ("date", "instant", "time", "number"):
        try:
            read = parse_filter(str(constant.value))
        except (BadExpression, Unsupported):
            return None
        if isinstance(read, Constant):
            return read if read.kind == kind else _read(read, kind) if read.kind == "date" else None
    return None
