"""What a reader may ask for: the query parameters of a dataset, checked.

A name that is not known is refused with the list of those that are: a mistyped filter must never give
everything.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Table, and_

from forms import vocabulary
from server.datasets.dataset import Dataset
from server.datasets.scope import Scope
from sync.problems import Invalid
from sync.tables import HARMONISED

COUNTED = "valid"
"""The record status that counts; rows of any other are there only when asked for with removed=true."""

SWITCHES = ("hxl", "bom", "raw")
"""Parameters of the csv writer: server/datasets/stream.py."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Which rows: at any of `places`, from and to these days inclusive, of one tool, of one round."""

    places: tuple[str, ...] = ()
    date_from: date | None = None
    date_to: date | None = None
    tool: str | None = None
    round: str | None = None
    removed: bool = False  # rows that a decision removed, too

    def rows(self, scope: Scope, table: Table, *, by_place: bool = False) -> ColumnElement[bool]:
        """The predicate of the rows that these filters choose of a harmonised table, among those in scope.

        by_place  as `Scope.rows`; asking for places is asking by place
        """
        wanted = [scope.rows(table, by_place=by_place or bool(self.places))]
        if self.places:
            wanted.append(table.c.place_id.in_(self.places))
        if self.date_from:
            wanted.append(table.c.reporting_date >= self.date_from)
        if self.date_to:
            wanted.append(table.c.reporting_date <= self.date_to)
        if self.tool:
            wanted.append(table.c.flow_tool == self.tool)
        if self.round:
            wanted.append(table.c.round == self.round)
        if not self.removed:
            wanted.append(table.c.status == COUNTED)
        return and_(*wanted)


@dataclass(frozen=True, slots=True)
class Switches:
    """How the csv is written: a second row of HXL tags, a byte order mark, formula-like cells as they are."""

    hxl: bool = False
    bom: bool = False
    raw: bool = False


def parameters(dataset: Dataset) -> tuple[str, ...]:
    """The names of the filters a dataset takes."""
    names = list(dataset.filters)
    if dataset.column("flow_tool"):
        names.append("tool")
    if dataset.table is not None:
        names += ["round", "removed"] if "round" in HARMONISED[dataset.table].c else ["removed"]
    return tuple(names)


def read_parameters(
    dataset: Dataset, given: Iterable[tuple[str, str]], switches: bool = False
) -> tuple[Filters, Switches]:
    """Filters and switches from the pairs of a query string; `place` may be repeated.

    Raises Invalid for an unknown or repeated name and for a value that is none, saying what is allowed.
    """
    allowed = parameters(dataset) + (SWITCHES if switches else ())
    values: dict[str, list[str]] = {}
    for name, value in given:
        if name not in allowed:
            raise Invalid(
                f"{name!r} is not a parameter of the dataset {dataset.name} in this format.",
                f"Use any of {', '.join(allowed)}.",
            )
        values.setdefault(name, []).append(value)
    for name, several in values.items():
        if len(several) > 1 and name != "place":
            raise Invalid(f"{name!r} is given {len(several)} times.", "Give it once.")
    one = {name: several[0] for name, several in values.items()}
    filters = Filters(
        places=tuple(values.get("place", ())),
        date_from=_day("from", one.get("from")),
        date_to=_day("to", one.get("to")),
        tool=_tool(one.get("tool")),
        round=one.get("round"),
        removed=_yes("removed", one.get("removed")),
    )
    if filters.date_from and filters.date_to and filters.date_from > filters.date_to:
        raise Invalid(f"from={filters.date_from} is after to={filters.date_to}.", "Exchange the two.")
    return filters, Switches(**{name: _yes(name, one.get(name)) for name in SWITCHES})


def _day(name: str, text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid(f"{name}={text!r} is not a date.", "Write it as 2026-11-30.") from None


def _tool(text: str | None) -> str | None:
    tools = vocabulary.codes("flow_tool")
    if text is not None and text not in tools:
        raise Invalid(f"tool={text!r} is not a tool.", f"Use one of {', '.join(tools)}.")
    return text


def _yes(name: str, text: str | None) -> bool:
    known = {None: False, "false": False, "true": True}
    if text not in known:
        raise Invalid(f"{name}={text!r} is neither true nor false.", "Write true or false.")
    return known[text]
