"""The store: the one place that commits.

Reads take a `ReadSession`, which cannot write. Writes are functions of a `WriteSession` handed to
`Store.write`; they run one after the other on the store's writer thread (sync/writer.py), each in one
transaction, and `write` returns after the commit. On SQLite there is one writer, so nothing waits for a lock
it holds itself; on PostgreSQL the same code runs in every process.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Executable, RowMapping, Table, bindparam, insert, select, update

from sync.audit import next_link
from sync.blobs import Blobs
from sync.bulk import execute_many, insert_rows
from sync.engine import insert_once, open_engine, upsert
from sync.seal import Keyring
from sync.tables.log import ChangeKind, audit, change, origin
from sync.writer import Writer

T = TypeVar("T")


def now() -> datetime:
    """The server's clock. Order never depends on it: that is what `change.seq` is for."""
    return datetime.now(UTC)


def new_uuid() -> str:
    return str(uuid.uuid4())


_TAKE_SEQS = (
    update(origin)
    .values(seq=origin.c.seq + bindparam("taken"))
    .returning(origin.c.seq, origin.c.uuid, origin.c.epoch)
)
_INSERT_CHANGE = insert(change)


class ReadSession:
    """Queries on one snapshot."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.dialect = connection.dialect.name

    def all(self, statement: Executable, params: Any = None) -> Sequence[RowMapping]:
        return self._connection.execute(statement, params).mappings().all()

    def first(self, statement: Executable, params: Any = None) -> RowMapping | None:
        return self._connection.execute(statement, params).mappings().first()

    def scalar(self, statement: Executable, params: Any = None) -> Any:
        return self._connection.execute(statement, params).scalar()

    def stream(self, statement: Executable, batch: int = 1000) -> Iterator[Sequence[Any]]:
        """Rows as tuples, in batches, never all in memory."""
        result = self._connection.execution_options(yield_per=batch).execute(statement)
        yield from result.partitions(batch)


class WriteSession(ReadSession):
    """One transaction. Committed by the store when the function that got it returns."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._origin: Any = None  # this instance's row, once numbers were taken

    def execute(self, statement: Executable, params: Any = None) -> int:
        """Run a statement (with a list of params: once for each). Returns the number of rows it touched."""
        return self._connection.execute(statement, params).rowcount

    def execute_many(self, statement: Executable, rows: Sequence[dict[str, Any]]) -> None:
        """Run a statement once for each row, in one round trip where the driver can; nothing for no rows."""
        if rows:
            execute_many(self._connection, statement, rows)

    def insert(self, table: Table, rows: Sequence[dict[str, Any]]) -> None:
        """Insert rows that all name the same columns."""
        if rows:
            insert_rows(self._connection, table, rows)

    def insert_returning(self, table: Table, row: dict[str, Any]) -> int:
        """Insert one row and give its id."""
        return int(self._connection.execute(insert(table).returning(table.c.id), row).scalar_one())

    def insert_once(
        self, table: Table, rows: Sequence[dict[str, Any]], returning: Sequence[Any] = ()
    ) -> Sequence[RowMapping]:
        """Insert what the constraints let in; with `returning`, the columns of the rows that are new."""
        if not rows:
            return []
        statement = insert_once(table, self.dialect)
        if not returning:
            self._connection.execute(statement, list(rows))
            return []
        return self._connection.execute(statement.returning(*returning), list(rows)).mappings().all()

    def upsert(self, table: Table, rows: Sequence[dict[str, Any]], key: tuple[str, ...]) -> None:
        if rows:
            self._connection.execute(upsert(table, self.dialect, key), list(rows))

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """What is written in the block stays or goes as a whole: an exception undoes it and goes on."""
        with self._connection.begin_nested():
            yield

    def take_seqs(self, count: int) -> range:
        """The next `count` numbers of the change log, locked until this transaction ends."""
        self._origin = self._connection.execute(_TAKE_SEQS, {"taken": count}).one()
        last = int(self._origin.seq)
        return range(last - count + 1, last + 1)

    def change(
        self, kind: ChangeKind, object_uuid: str, payload_hash: bytes | None = None, seq: int | None = None
    ) -> int:
        """Note in the change log, in this transaction, that something came to be. Returns its number."""
        number = self.take_seqs(1)[0] if seq is None else seq
        self.changes([(number, kind, object_uuid, payload_hash)])
        return number

    def changes(self, rows: Sequence[tuple[int, ChangeKind, str, bytes | None]]) -> None:
        if not rows:
            return
        assert self._origin is not None, "a change has a number, and numbers come from take_seqs"
        mine, at = self._origin, now()
        self.execute_many(
            _INSERT_CHANGE,
            [
                {
                    "origin_uuid": mine.uuid,
                    "epoch": mine.epoch,
                    "seq": seq,
                    "kind": str(kind),
                    "object_uuid": object_uuid,
                    "payload_hash": payload_hash,
                    "at": at,
                }
                for seq, kind, object_uuid, payload_hash in rows
            ],
        )

    def audit(
        self, action: str, object_uuid: str | None = None, actor_uuid: str | None = None, **detail: Any
    ) -> None:
        """Add to the audit trail. The counter row is locked first, so that the chain cannot fork."""
        self.take_seqs(0)
        previous = self.scalar(select(audit.c.row_hash).order_by(audit.c.id.desc()).limit(1))
        self.insert(audit, [next_link(previous, now(), actor_uuid, action, object_uuid, detail)])


class Store:
    """Engine, keys, blobs and the writer thread of one data folder and database."""

    def __init__(self, engine: Engine, data: Path, keyring: Keyring) -> None:
        self.engine = engine
        self.data = data.resolve()  # the child process that runs the steps stands in another folder
        self.keyring = keyring
        self.blobs = Blobs(self.data / "blobs")
        self.dialect = engine.dialect.name
        self._writing = engine.execution_options(writing=True)
        self._reading = (
            engine.execution_options(isolation_level="REPEATABLE READ")  # SQLite's reads are so anyway
            if self.dialect == "postgresql"
            else engine
        )
        self.writer = Writer(self._transaction)

    @contextmanager
    def read(self) -> Iterator[ReadSession]:
        with self._reading.connect() as connection, connection.begin():
            yield ReadSession(connection)

    def write(self, work: Callable[[WriteSession], T]) -> T:
        """Run `work` in one transaction of the writer thread; returns its result after the commit."""
        return self.writer.run(work)

    def overwrite_deleted(self, tables: Sequence[str]) -> bool:
        """Leave nothing of what was deleted from these tables where the engine keeps it.

        SQLite overwrites freed space when it deletes, so that only the write-ahead log has to be emptied;
        PostgreSQL vacuums the tables. Returns False when a long read was in the way: call it again later.
        """
        connection = self.engine.raw_connection()
        try:
            if self.dialect == "sqlite":
                cursor = connection.cursor()
                busy = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
                return not busy
            driver: Any = connection.driver_connection
            driver.autocommit = True
            for table in tables:
                driver.execute(f'VACUUM "{table}"')
            driver.autocommit = False
            return True
        finally:
            connection.close()

    @contextmanager
    def _transaction(self) -> Iterator[WriteSession]:
        with self._writing.begin() as connection:
            yield WriteSession(connection)

    def close(self) -> None:
        self.writer.close()
        self.engine.dispose()


def open_store(data: Path, database: str | None = None, master_key: Path | None = None) -> Store:
    """Open an initialised data folder.

    data        folder of blobs, caches and, by default, the SQLite database
    database    URL; default `sqlite:///DATA/waypost.sqlite`
    master_key  file; default `DATA/keys/master.key`
    Raises KeyMissing, NotDurable, SchemaMismatch (sync/migrate.py checks the schema).
    """
    keyring = Keyring.load(master_key or default_master_key(data))
    return Store(open_engine(database or default_database(data)), data, keyring)


def default_database(data: Path) -> str:
    return f"sqlite:///{data / 'waypost.sqlite'}"


def default_master_key(data: Path) -> Path:
    return data / "keys" / "master.key"
