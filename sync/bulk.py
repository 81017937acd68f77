"""Many rows at a time: a Core statement compiled once, run by the driver's own executemany.

In: a statement and rows that all name the same columns. Out: the same effect as Core's own execution of the
two, for less processor time: Core builds the parameters of every row anew, which for rows of ninety columns
costs more than the database does. Statements that make values of their own (column defaults) go the
ordinary way. New rows reach PostgreSQL by COPY (decision 0007).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Dialect, Executable, Table, insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.elements import ClauseElement

Process = Callable[[Any], Any]

COPY_FROM = 8
"""Rows from which COPY is less work than executemany."""


def execute_many(connection: Connection, statement: Executable, rows: Sequence[dict[str, Any]]) -> None:
    """Run `statement` once for each row. All rows have the columns of the first one."""
    prepared = _prepared(statement, connection.dialect, tuple(rows[0]))
    if prepared is None:
        connection.execute(statement, list(rows))
        return
    sql, names, processors, by_position = prepared
    if by_position:
        values: list[Any] = [
            tuple(row[name] if p is None else p(row[name]) for name, p in zip(names, processors, strict=True))
            for row in rows
        ]
    else:
        values = [
            {
                name: row[name] if p is None else p(row[name])
                for name, p in zip(names, processors, strict=True)
            }
            for row in rows
        ]
    connection.exec_driver_sql(sql, values)


def insert_rows(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows that all name the same columns: by COPY where there is one and they are more than a few."""
    statement = insert_into(table)
    prepared = _prepared(statement, connection.dialect, tuple(rows[0]))
    if prepared is None or connection.dialect.name != "postgresql" or len(rows) < COPY_FROM:
        execute_many(connection, statement, rows)
        return
    _, names, processors, _ = prepared
    ways = list(zip(names, processors, strict=True))
    sql = _copy_into(table, connection.dialect, names)
    error: type[Exception] = connection.dialect.loaded_dbapi.Error
    try:
        driver: Any = connection.connection
        with driver.cursor() as cursor, cursor.copy(sql) as copy:
            for row in rows:
                copy.write_row([row[name] if p is None else p(row[name]) for name, p in ways])
    except error as cause:  # as Core would have raised it
        raise DBAPIError.instance(sql, None, cause, error, hide_parameters=True) from cause


@lru_cache(maxsize=256)
def _copy_into(table: Table, dialect: Dialect, names: tuple[str, ...]) -> str:
    quote = dialect.identifier_preparer
    return f"COPY {quote.format_table(table)} ({', '.join(map(quote.quote, names))}) FROM STDIN"


@lru_cache(maxsize=128)
def insert_into(table: Table) -> Executable:
    """The insert of a table: one object, so that it is compiled once for each set of columns."""
    return insert(table)


@lru_cache(maxsize=512)
def _prepared(
    statement: ClauseElement, dialect: Dialect, columns: tuple[str, ...]
) -> tuple[str, tuple[str, ...], tuple[Process | None, ...], bool] | None:
    """The SQL, the parameters in order, what turns each value into the driver's, and how they are passed."""
    compiled: Any = statement.compile(dialect=dialect, column_keys=list(columns))
    if compiled.insert_prefetch or compiled.update_prefetch or set(compiled.binds) != set(columns):
        return None
    by_position = bool(compiled.positional)
    names = tuple(compiled.positiontup) if by_position else tuple(compiled.binds)
    processors = tuple(
        compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect) for name in names
    )
    return compiled.string, names, processors, by_position
