"""The parameters of `submissions.geojson` -> a condition on records, as filters of OData have them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from starlette.requests import Request

from server.odata.expression import And, Bound, Compare, Constant, Expression, In
from sync.problems import Invalid

REVIEW_STATES = ("approved", "edited", "hasIssues", "rejected", "null")

_ID = Bound("id", "text")
_SENDER = Bound("system:submitterId", "text")
_REVIEW = Bound("system:reviewState", "text")
_SENT = Bound("system:submissionDate", "instant")
_DELETED = Bound("system:deletedAt", "instant")
_NULL = Constant(None, "null")
_BOUNDS = {"start__gt": "gt", "start__gte": "ge", "end__lt": "lt", "end__lte": "le"}


def condition(request: Request) -> Expression:
    """Raises Invalid where a parameter is not what it has to be."""
    given = request.query_params
    wanted: list[Expression] = []
    ids, senders = given.getlist("submissionID"), given.getlist("submitterId")
    states = given.getlist("reviewState")
    if ids:
        wanted.append(In(_ID, tuple(Constant(one, "text") for one in ids)))
    if senders:
        wanted.append(In(_SENDER, tuple(Constant(_number(one), "text") for one in senders)))
    if states:
        wanted.append(In(_REVIEW, tuple(map(_state, states))))
    for name, operator in _BOUNDS.items():
        if given.get(name):
            wanted.append(Compare(operator, _SENT, Constant(_moment(name, given[name]), "instant")))
    for pair in (("start__gt", "start__gte"), ("end__lt", "end__lte")):
        if all(given.get(name) for name in pair):
            raise Invalid(f"{' and '.join(pair)} do not go together.", "Give one of them.")
    is_deleted = given.get("deleted") == "true"
    wanted.append(Compare("ne" if is_deleted else "eq", _DELETED, _NULL))
    return And(tuple(wanted))


def asks_for_staff(request: Request) -> bool:
    """Whether records are chosen by who sent them."""
    return bool(request.query_params.getlist("submitterId"))


def limit(request: Request) -> int | None:
    """How many records at most."""
    text = request.query_params.get("limit", "")
    return int(text) if text.isascii() and text.isdecimal() and 0 < int(text) < 2**53 else None


def fields(request: Request) -> Sequence[str]:
    """The questions asked for by their paths."""
    return [one for one in request.query_params.getlist("fieldpath") if one]


def _number(text: str) -> str:
    if not (text.isascii() and text.removeprefix("-").isdecimal() and len(text) < 20):
        raise Invalid(f"submitterId is {text[:20]!r}, not a whole number.", "Give the id of a user.")
    return str(int(text))


def _state(text: str) -> Constant:
    if text not in REVIEW_STATES:
        raise Invalid(f"reviewState is {text[:20]!r}.", f"There are {', '.join(REVIEW_STATES)}.")
    return _NULL if text == "null" else Constant(text, "text")


def _moment(name: str, text: str) -> str:
    """A "+" that was not percent-encoded arrives as a blank."""
    whole = text.replace(" ", "+")
    try:
        if datetime.fromisoformat(whole).tzinfo is None:
            raise ValueError
    except ValueError:
        raise Invalid(
            f"{name} is {text[:40]!r}, not a moment with its offset.", "Write 2026-11-02T10:00:00.000Z."
        ) from None
    return whole
