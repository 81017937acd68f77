"""Filters as they are written: what they mean, and what is refused with its place."""

from __future__ import annotations

import pytest

from server.odata.binding import bind_filter
from server.odata.evaluate import evaluate
from server.odata.expression import And, Bound, Call, Compare, Constant, In, Member, Not, Or
from server.odata.grammar import MAX_BYTES, MAX_DEPTH, MAX_TERMS, parse_filter, parse_order
from server.odata.problems import BadExpression, UnaskableProperty, Unsupported
from tests.odata.test_filters_on_data import NOW

A = Compare("eq", Member("a", 0), Constant(1.0, "number"), 2)


def text(value: str) -> Constant:
    return Constant(value, "text")


READ = {
    "a eq 1": A,
    "a eq 1 or b and c": Or((A, And((Member("b", 10), Member("c", 16))))),
    "not a eq 1": Not(Compare("eq", Member("a", 4), Constant(1.0, "number"), 6)),
    "not(a)": Not(Member("a", 4)),
    "a in ('x', null)": In(Member("a", 0), (text("x"), Constant(None, "null")), 2),
    "'d''eau' ne null": Compare("ne", text("d'eau"), Constant(None, "null"), 9),
    "__system/submissionDate": Member("__system/submissionDate", 0),
    "$root/Submissions/__id": Member("$root/Submissions/__id", 0),
    "__Submissions-party-id": Member("__Submissions-party-id", 0),
    "CONTAINS(a,'b') EQ true": Compare(
        "eq", Call("contains", (Member("a", 9), text("b")), 0), Constant(True, "boolean"), 16
    ),
    "2026-11-02T10:00:00 01:00": Constant("2026-11-02T10:00:00+01:00", "instant"),
    "2026-11-02": Constant("2026-11-02", "date"),
    "18:30": Constant("18:30:00", "time"),
    "-1.5e2": Constant(-150.0, "number"),
}


@pytest.mark.parametrize("written", READ)
def test_a_filter_is_read(written: str) -> None:
    assert parse_filter(written) == READ[written]


def test_an_order_is_read() -> None:
    assert parse_order("a desc, b/c asc,d") == (
        (Member("a", 0), True),
        (Member("b/c", 8), False),
        (Member("d", 16), False),
    )


REFUSED = {
    "": "missing at the end",
    "a eq": "missing at the end",
    "a eq 'x": "not closed at character 6",
    "a eq 1 b": "'b' at character 8",
    "(a eq 1": "')' is missing at character 8",
    "a ; drop table": "';' means nothing at character 3",
    "a eq 2026-02-30": "is no date",
    "a eq 25:00": "is no time",
    "a eq 1e999": "is no number",
    "contains(a) eq true": "takes 2 argument",
    "a in ()": "missing at character 7",
    "a eq 'x\x00'": "NUL",
    "a eq '" + "é" * (MAX_BYTES // 2) + "'": f"longer than {MAX_BYTES} bytes",
    " or ".join(["a"] * (MAX_TERMS + 1)): f"more than {MAX_TERMS} terms",
    "(" * (MAX_DEPTH + 1) + "a" + ")" * (MAX_DEPTH + 1): f"more than {MAX_DEPTH} levels",
    "not " * (MAX_DEPTH + 1) + "a": f"more than {MAX_DEPTH} levels",
}


@pytest.mark.parametrize("written", REFUSED)
def test_what_cannot_be_read_is_refused_with_its_place(written: str) -> None:
    with pytest.raises(BadExpression, match=REFUSED[written].replace("(", r"\(").replace(")", r"\)")):
        parse_filter(written)


@pytest.mark.parametrize("written", ["a add 1 eq 2", "geo.distance(a,b) lt 1", "a has 1", "cast(a,'b') eq 1"])
def test_what_is_not_offered_is_refused_as_such(written: str) -> None:
    with pytest.raises((Unsupported, BadExpression)):
        parse_filter(written)


def test_as_many_terms_and_levels_as_allowed_are_read() -> None:
    parse_filter(" or ".join(["a"] * MAX_TERMS))
    parse_filter("(" * MAX_DEPTH + "a" + ")" * MAX_DEPTH)


COLUMNS = {
    "n": Bound("n", "number"),
    "t": Bound("t", "text"),
    "d": Bound("d", "date"),
    "m": Bound("m", "instant"),
    "w": Bound("w", "time"),
    "who": Bound("who", "text", is_number_too=True),
    "b": Bound("b", "boolean"),
    "g": Bound("g", "geo"),
}
ROW = {"n": 7, "t": "Guéra", "d": "2026-11-02", "m": "2026-11-02T23:30:00.000-05:00", "w": "05:30:00.000Z"}
ROW |= {"who": "12", "b": True, "g": {"type": "Point"}}

HOLDS = {
    "n eq 7 and t ne 'x'": True,
    "tolower(t) eq 'guéra' and toupper(t) eq 'GUÉRA'": True,
    "startswith(t,'Gu') and endswith(t,'ra') and contains(t,'') and length(t) eq 5": True,
    "concat(t,'!') eq 'Guéra!'": True,
    "d eq '2026-11-02' and d lt 2026-11-03": True,
    "year(m) eq 2026 and day(m) eq 2 and hour(m) eq 23 and date(m) eq 2026-11-02": True,
    "m eq 2026-11-03T04:30:00Z and m gt 2026-11-03": True,
    "m lt now()": True,
    "w ge 05:30 and w lt '05:31:00' and minute(w) eq 30": True,
    "who eq 12 and who in (12, 13)": True,
    "b and (n gt 6) eq true": True,
    "g ne null": True,
    "nothing eq null and not (nothing ne null)": True,
    "nothing lt 1 or nothing ge 1": False,
    "contains(nothing_text, 'x')": None,
    "not contains(nothing_text, 'x')": None,
    "contains(nothing_text, 'x') or true": True,
    "contains(nothing_text, 'x') and false": False,
    "null eq null": True,
    "null": None,
}


@pytest.mark.parametrize("written", HOLDS)
def test_what_a_filter_means(written: str) -> None:
    columns = {**COLUMNS, "nothing": Bound("x", "number"), "nothing_text": Bound("y", "text")}
    assert evaluate(bind_filter(written, columns), ROW, NOW) is HOLDS[written]


@pytest.mark.parametrize(
    "written",
    ["n eq 'x'", "t eq 1", "n", "t and b", "d eq 5", "not t", "contains(n,'x')", "year(t) eq 1", "w eq d"],
)
def test_types_that_do_not_fit_are_refused(written: str) -> None:
    with pytest.raises(BadExpression):
        bind_filter(written, COLUMNS)


def test_an_unknown_property_is_told_apart_from_one_that_cannot_be_compared() -> None:
    with pytest.raises(UnaskableProperty, match=r"'nothing' \(character 6\)"):
        bind_filter("b or nothing eq 1", COLUMNS)
    with pytest.raises(Unsupported, match="null only"):
        bind_filter("g gt g", COLUMNS)
