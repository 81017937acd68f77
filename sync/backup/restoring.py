"""A backup into an empty server; before anything is written, all of it is opened once.

A server that holds anything is never written to: who wants to go back puts its folder (or database) aside
first. The restored server begins a new epoch of its change log, so that peers know it was rewound, and what
the erasure ledger lists is erased again before anybody is served.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from sqlalchemy import inspect, text, update

from sync import migrate
from sync.backup.archive import ArchiveReader, BackupDamaged
from sync.backup.rows import TABLES, count_on, load, names
from sync.blobs import Blobs
from sync.bring_forward import BroughtForward, bring_forward
from sync.engine import plain_engine, sqlite_file
from sync.erasures import ledger
from sync.problems import Conflict, KeyMissing, SchemaMismatch
from sync.seal import Keyring
from sync.setup import load_vocabulary
from sync.space import Space
from sync.store import Store, WriteSession, default_database, default_master_key, open_store
from sync.tables import origin, submission

Progress = Callable[[int, int], None]

_BLOB = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Verified:
    """What a backup holds, every part of it opened."""

    made_at: str
    revision: str
    master_key: str
    rows: int
    records: int
    files: int
    gone: int


def verify(file: IO[bytes], passphrase: str, progress: Progress | None = None) -> Verified:
    """Open every part of a backup and count what is in it. Raises BackupDamaged, WrongPassphrase."""
    archive = ArchiveReader(file, passphrase)
    told, total = archive.contents, int(archive.contents["parts"])
    rows: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    whole: dict[str, int] = {}
    for number, (heading, body) in enumerate(archive.parts(), 1):
        if heading["kind"] == "rows":
            rows[heading["table"]] += body.count(b"\n") + 1
        elif heading["kind"] == "file":
            sizes[heading["name"]] += len(body)
            whole[heading["name"]] = heading["size"]
        if progress is not None:
            progress(number, total)
    wanted = {name: count for name, count in told["rows"].items() if count}
    if dict(rows) != wanted or len(whole) != told["files"]:
        raise BackupDamaged("The backup is not whole: rows or files are missing.", "Take another copy of it.")
    if any(sizes[name] != size for name, size in whole.items()):
        raise BackupDamaged("The backup is not whole: a file was cut.", "Take another copy of it.")
    return Verified(
        told["made_at"], told["revision"], told["master_key"], sum(rows.values()),
        rows.get(submission.name, 0), len(whole), len(told["gone"]),
    )  # fmt: skip


def restore(
    file: IO[bytes],
    passphrase: str,
    data: Path,
    database: str | None = None,
    master_key: Path | None = None,
    space: Space | None = None,
    progress: Progress | None = None,
) -> tuple[Verified, BroughtForward]:
    """Fill an empty data folder and database from a backup.

    master_key  file of the key the records are sealed under; it has to be there already
    Raises BackupDamaged, WrongPassphrase, SchemaMismatch (another version's backup), KeyMissing (another
    master key, or none), Conflict (the server is not empty): nothing was changed then.
    """
    verified = verify(file, passphrase, progress)
    if verified.revision != migrate.head():
        raise SchemaMismatch(
            f"The backup is of revision {verified.revision}, this version needs {migrate.head()}.",
            "Restore it with the version of Waypost that made it, then upgrade.",
        )
    keyring = Keyring.load(master_key or default_master_key(data))
    if keyring.master_key_id != verified.master_key:
        raise KeyMissing(
            f"The records of this backup were sealed under another master key ({verified.master_key}) "
            f"than the one here ({keyring.master_key_id}).",
            "Put the copy of the right key there.",
        )
    url = database or default_database(data)
    _refuse_full(url)
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    migrate.upgrade(url)
    store = open_store(data, database, master_key)
    try:
        archive = ArchiveReader(file, passphrase)
        _files(archive, store)
        store.write(lambda session: _rows(archive, session, verified))
        return verified, bring_forward(store, space)
    finally:
        store.close()


def _refuse_full(url: str) -> None:
    """Raise Conflict for a database that was initialised, whatever its version."""
    file = sqlite_file(url)
    if file is not None and not file.exists():
        return
    engine = plain_engine(url)
    try:
        with engine.connect() as connection:
            tables = inspect(connection).get_table_names()
            full = "origin" in tables and connection.execute(text("SELECT 1 FROM origin")).first()
    finally:
        engine.dispose()
    if full:
        raise Conflict(
            "There is a server here already: a backup is restored into an empty one.",
            "Give another --data (and --database), or put the old data folder aside. Nothing was changed.",
        )


def _files(archive: ArchiveReader, store: Store) -> None:
    """The sealed files, durable before any row names them; and the ledger, where none is."""
    for heading, body in archive.parts():
        if heading["kind"] == "file":
            _put(store.blobs, heading, body)
        elif heading["kind"] == "ledger":
            _put_ledger(ledger(store).path, body)


def _put(blobs: Blobs, heading: dict[str, Any], body: bytes) -> None:
    name = str(heading["name"])
    if not _BLOB.fullmatch(name):
        raise BackupDamaged("The backup names a file as none is named.", "Take another copy of it.")
    part, final = blobs.incoming / name, blobs.path(name)
    with part.open("r+b" if heading["at"] else "wb") as file:
        file.seek(heading["at"])
        file.write(body)
        if heading["at"] + len(body) < heading["size"]:
            return
        file.flush()
        os.fsync(file.fileno())
    final.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part.rename(final)
    _fsync_folder(final.parent)


def _put_ledger(path: Path, body: bytes) -> None:
    """The backup's ledger is an older copy: it only stands in where there is none."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with suppress(FileExistsError), path.open("xb") as file:
        path.chmod(0o600)
        file.write(body)
        file.flush()
        os.fsync(file.fileno())


def _rows(archive: ArchiveReader, session: WriteSession, verified: Verified) -> None:
    tables = names()
    for heading, body in archive.parts():
        if heading["kind"] == "rows":
            load(session, tables[heading["table"]], body)
    count_on(session, TABLES)
    session.execute(update(origin).values(epoch=origin.c.epoch + 1))
    load_vocabulary(session)
    session.audit("backup.restore", None, None, made_at=verified.made_at, rows=verified.rows)


def _fsync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
