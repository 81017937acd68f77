"""The rows of a dataset as one reader may see them: a stream of batches of tuples, and their number.

In: a dataset, a scope, filters. Out: `Rows`. Everything that leaves (csv, GeoJSON, JSON, the card's counts)
starts here. One snapshot, one query, read as the writer takes it: a million rows need no more memory than a
thousand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Table,
    Text,
    case,
    collate,
    func,
    null,
    select,
    type_coerce,
)

from server.datasets.columns import Column
from server.datasets.daily import daily_rows
from server.datasets.dataset import Dataset
from server.datasets.figures import FIGURES
from server.datasets.filters import Filters
from server.datasets.network import Locate
from server.datasets.scope import Scope
from sync.store import ReadSession
from sync.tables import HARMONISED

BATCH = 1000

_AGE_BANDS = ((5, "0_4"), (12, "5_11"), (18, "12_17"), (60, "18_59"))


@dataclass(frozen=True, slots=True)
class Rows:
    """What one reader gets of one dataset. `batches` can be walked once; `count` asks the same question."""

    columns: tuple[Column, ...]
    batches: Iterator[Sequence[Sequence[Any]]]
    count: Callable[[], int]


def read_rows(
    session: ReadSession,
    dataset: Dataset,
    scope: Scope,
    filters: Filters,
    today: date,
    locate: Locate | None = None,
) -> Rows:
    """The rows of a dataset in the actor's scope. `today` bounds the days that silence is told of,
    `locate` finds the areas of places that have a position."""
    columns = scope.columns(dataset)
    if dataset.table is None:
        names = [column.name for column in columns]

        worked_out = FIGURES[dataset.name][1] if dataset.name in FIGURES else daily_rows

        def figures() -> Iterator[list[list[Any]]]:
            for batch in worked_out(session, scope, filters, today, locate):
                yield [[row.get(name) for name in names] for row in batch]

        return Rows(columns, figures(), lambda: sum(len(batch) for batch in figures()))
    table = HARMONISED[dataset.table]
    where = filters.rows(scope, table)
    statement = _ordered(
        select(*(scope.value(table, c, _value(table, c, session.dialect)) for c in columns)).where(where),
        table,
        _place_in_order(scope, dataset, table),
        session.dialect,
    )
    counting = select(func.count()).select_from(table).where(where)
    return Rows(columns, session.stream(statement, BATCH), lambda: int(session.scalar(counting)))


def _value(table: Table, column: Column, dialect: str) -> ColumnElement[Any]:
    """What a column holds. An age known in years leaves as its band where the form gave no band; a date that
    SQLite keeps as ISO text leaves as it is kept."""
    if column.type == "date" and dialect == "sqlite":
        return type_coerce(table.c[column.name], Text())
    if table.name == "profile" and column.name == "age_band":
        years = table.c.age_years
        bands = case(
            (years.is_(None), null()), *((years < end, band) for end, band in _AGE_BANDS), else_="60_plus"
        )
        return func.coalesce(table.c.age_band, bands)
    return table.c[column.name]


def _place_in_order(scope: Scope, dataset: Dataset, table: Table) -> ColumnElement[Any]:
    """The place that rows are ordered by: to a reader of what is published, as far as it is shown. Between
    the rows of two known places the order would tell where a herd was."""
    column = dataset.column("place_id")
    if column is None or not scope.is_public:
        return table.c.place_id
    return scope.value(table, column, table.c.place_id)


def _ordered(statement: Select[Any], table: Table, place_id: ColumnElement[Any], dialect: str) -> Select[Any]:
    """By day, place and record, alike on both engines, and along the table's index on SQLite: a sort there
    would hold all rows in memory (where the place is not shown as it is kept, those of one day)."""
    record_id = table.c.record_id
    if dialect == "postgresql":
        return statement.order_by(
            table.c.reporting_date.nulls_first(),
            collate(place_id, "C").nulls_first(),
            collate(record_id, "C"),
        )
    return statement.order_by(table.c.reporting_date, place_id, record_id)
