"""One engine for either database, durable or refused.

SQLite: WAL with synchronous=FULL, foreign keys on, freed pages overwritten; every pragma's answer is checked.
PostgreSQL: fsync and synchronous_commit must be on. Transactions on SQLite begin IMMEDIATE when they write,
so that two processes wait for each other instead of failing half way.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, Table, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool, QueuePool

from sync.problems import NotDurable, Unavailable
from sync.sql_functions import add_to_sqlite

BUSY_TIMEOUT_MS = 10_000
"""How long a writer waits for another process before the answer is 503."""

_PRAGMAS = {
    "busy_timeout": BUSY_TIMEOUT_MS,
    "journal_mode": "wal",
    "synchronous": 2,  # FULL: with NORMAL a power cut loses acknowledged commits
    "foreign_keys": 1,
    "secure_delete": 1,  # an erased record leaves no bytes in free pages
    "temp_store": 2,
    "wal_autocheckpoint": 1000,
}


def open_engine(url: str) -> Engine:
    """An engine for a database URL (`sqlite:///PATH` or `postgresql://...`).

    Raises NotDurable when a setting that keeps acknowledged records is off.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(url)
    if parsed.get_backend_name() == "postgresql":
        return _postgresql(parsed.set(drivername="postgresql+psycopg").render_as_string(hide_password=False))
    raise NotDurable(
        f"{parsed.get_backend_name()} is not supported.", "Use sqlite:///PATH or postgresql://USER@HOST/NAME."
    )


def outage(error: Exception) -> Unavailable | None:
    """What a person can do about a database or a file that cannot be used; None for any other error."""
    if isinstance(error, OperationalError):
        return Unavailable(
            f"The database cannot be used: {str(error.orig).splitlines()[0]}.",
            "Check that it runs and that its address (--database, WAYPOST_DATABASE) is right; with SQLite,"
            " that the data folder exists and may be written.",
        )
    if isinstance(error, OSError) and error.filename is not None:
        return Unavailable(
            f"{error.filename}: {error.strerror}.", "Check that the folder exists and may be written."
        )
    return None


def _json(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def _sqlite(url: str) -> Engine:
    in_memory = make_url(url).database in (None, "", ":memory:")
    if in_memory:
        raise NotDurable("A database in memory keeps nothing.", "Give a file: sqlite:///PATH.")
    engine = create_engine(
        url,
        hide_parameters=True,  # answers: an error's text goes to the log
        json_serializer=_json,
        json_deserializer=orjson.loads,
        poolclass=QueuePool,
        pool_size=8,
        max_overflow=8,
        connect_args={"check_same_thread": False, "isolation_level": None, "timeout": BUSY_TIMEOUT_MS / 1000},
    )

    @event.listens_for(engine, "connect")
    def _set_pragmas(connection: Any, _record: Any) -> None:
        for name, wanted in _PRAGMAS.items():
            connection.execute(f"PRAGMA {name}={wanted}")
            got = connection.execute(f"PRAGMA {name}").fetchone()[0]
            if got != wanted:
                raise NotDurable(
                    f"SQLite answers {name}={got} where {wanted} is needed.",
                    "Put the data folder on a local disk: a network file system keeps no write-ahead log.",
                )
        add_to_sqlite(connection)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writing = connection.get_execution_options().get("writing", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


def _postgresql(url: str) -> Engine:
    engine = create_engine(
        url,
        hide_parameters=True,  # answers: an error's text goes to the log
        json_serializer=_json,
        json_deserializer=orjson.loads,
        pool_size=8,
        max_overflow=8,
        pool_pre_ping=True,
    )

    @event.listens_for(engine, "connect")
    def _check(connection: Any, _record: Any) -> None:
        for name, refused in (
            ("fsync", {"off"}),
            ("synchronous_commit", {"off"}),
            ("full_page_writes", {"off"}),
        ):
            got = connection.execute(f"SHOW {name}").fetchone()[0]
            if got in refused:
                raise NotDurable(
                    f"PostgreSQL runs with {name}={got}.",
                    f"Set {name}=on: acknowledged records depend on it.",
                )
        connection.execute(f"SET lock_timeout = {BUSY_TIMEOUT_MS}")
        connection.commit()

    return engine


def plain_engine(url: str) -> Engine:
    """An engine without a pool, for migrations: one connection, closed at the end."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    return create_engine(parsed, poolclass=NullPool, hide_parameters=True)


def sqlite_file(url: str) -> Path | None:
    """The file of a SQLite database URL; None for another database."""
    parsed = make_url(url)
    return Path(parsed.database) if parsed.get_backend_name() == "sqlite" and parsed.database else None


_INSERTS: dict[str, Callable[[Table], Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def insert_once(table: Table, dialect: str) -> Any:
    """INSERT ... ON CONFLICT DO NOTHING: the constraint decides, never a look beforehand."""
    return _INSERTS[dialect](table).on_conflict_do_nothing()


def upsert(table: Table, dialect: str, key: tuple[str, ...]) -> Any:
    """INSERT ... ON CONFLICT (key) DO UPDATE of every other column given."""
    statement = _INSERTS[dialect](table)
    changed = {
        c.name: statement.excluded[c.name] for c in table.columns if c.name not in key and not c.primary_key
    }
    return statement.on_conflict_do_update(index_elements=list(key), set_=changed)
