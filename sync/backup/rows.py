"""Rows of any table as lines of JSON, and back, the same on both engines.

Instants are microseconds since 1970, bytes base64. JSON columns are carried as their text, so that a column
that holds nothing and one that holds `null` stay apart.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import (
    JSON,
    Column,
    Date,
    LargeBinary,
    Table,
    Text,
    bindparam,
    cast,
    func,
    insert,
    select,
    text,
    type_coerce,
)

from sync.backup.archive import PART_BYTES
from sync.store import ReadSession, WriteSession
from sync.tables import metadata
from sync.tables.base import Json, UtcInstant

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LINES = 5000

TABLES: tuple[Table, ...] = tuple(metadata.sorted_tables)
"""Every table, what is referred to before what refers to it."""


def dump(session: ReadSession, table: Table) -> Iterator[tuple[int, bytes]]:
    """The rows of a table in pieces: how many, and their lines."""
    columns = list(table.c)
    ways = [_out_of(column) for column in columns]
    statement = select(*(_as_text(column, session.dialect) for column in columns))
    lines: list[bytes] = []
    size = 0
    for batch in session.stream(statement.order_by(*table.primary_key)):
        for row in batch:
            line = orjson.dumps([way(value) for way, value in zip(ways, row, strict=True)])
            if lines and (size + len(line) > PART_BYTES or len(lines) >= _LINES):
                yield len(lines), b"\n".join(lines)
                lines, size = [], 0
            lines.append(line)
            size += len(line) + 1
    if lines:
        yield len(lines), b"\n".join(lines)


def load(session: WriteSession, table: Table, body: bytes) -> int:
    """Insert the rows of one piece. Returns how many they are."""
    columns = list(table.c)
    ways = [_into(column) for column in columns]
    names = [column.name for column in columns]
    rows = [
        {name: way(value) for name, way, value in zip(names, ways, orjson.loads(line), strict=True)}
        for line in body.split(b"\n")
    ]
    values = {column.name: _from_text(column, session.dialect) for column in columns}
    session.execute(insert(table).values(values), rows)
    return len(rows)


def count_on(session: WriteSession, tables: Iterable[Table]) -> None:
    """Let PostgreSQL go on counting ids after those that were loaded; SQLite does by itself."""
    if session.dialect != "postgresql":
        return
    for table in tables:
        for column in table.primary_key:
            sequence = session.scalar(
                text("SELECT pg_get_serial_sequence(:name, :column)"),
                {"name": f'"{table.name}"', "column": column.name},
            )
            highest = sequence and session.scalar(select(func.max(column)))
            if highest:
                session.scalar(select(func.setval(sequence, highest)))


def _as_text(column: Column[Any], dialect: str) -> Any:
    if not isinstance(column.type, JSON):
        return column
    return cast(column, Text) if dialect == "postgresql" else type_coerce(column, Text)


def _from_text(column: Column[Any], dialect: str) -> Any:
    if not isinstance(column.type, JSON):
        return bindparam(column.name, type_=column.type)
    given = bindparam(column.name, type_=Text())
    return cast(given, Json) if dialect == "postgresql" else given


def _out_of(column: Column[Any]) -> Callable[[Any], Any]:
    if isinstance(column.type, UtcInstant):
        return lambda at: None if at is None else (at - _EPOCH) // timedelta(microseconds=1)
    if isinstance(column.type, LargeBinary):
        return lambda data: None if data is None else base64.b64encode(data).decode()
    if isinstance(column.type, Date):
        return lambda day: None if day is None else day.isoformat()
    return lambda value: value


def _into(column: Column[Any]) -> Callable[[Any], Any]:
    if isinstance(column.type, UtcInstant):
        return lambda micros: None if micros is None else _EPOCH + timedelta(microseconds=micros)
    if isinstance(column.type, LargeBinary):
        return lambda data: None if data is None else base64.b64decode(data)
    if isinstance(column.type, Date):
        return lambda day: None if day is None else date.fromisoformat(day)
    return lambda value: value


def names(tables: Sequence[Table] = TABLES) -> dict[str, Table]:
    return {table.name: table for table in tables}
