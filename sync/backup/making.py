"""A server at one moment into a backup: all rows of one snapshot, then the files they name.

Files are never changed once they are written, so that those the snapshot names are there after it; what was
erased meanwhile is listed as gone, and the erasure ledger says the same after a restore. Writing goes on
beside it. Nothing but one part is in memory.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from sqlalchemy import func, select

from sync.backup.archive import PART_BYTES, ArchiveWriter
from sync.backup.rows import TABLES, dump
from sync.erasures import ledger
from sync.migrate import head
from sync.space import Space
from sync.store import ReadSession, Store, now
from sync.tables import attachment, origin, raw_body, submission_version

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Made:
    """What a backup holds."""

    rows: int
    files: int
    gone: int  # files the rows name that are not there: erased meanwhile, or lost before


def write_backup(store: Store, to: IO[bytes], passphrase: str, progress: Progress | None = None) -> Made:
    """Write a backup to a file or a stream that cannot go back."""
    archive = ArchiveWriter(to, passphrase)
    try:
        return _write(store, archive, progress)
    except BaseException:
        archive.abandon()
        raise


def _write(store: Store, archive: ArchiveWriter, progress: Progress | None) -> Made:
    counts: dict[str, int] = {}
    with store.read() as session:
        first = session.first(select(origin))
        for table in TABLES:
            name = str(table.name)  # not SQLAlchemy's own kind of text
            counts[name] = 0
            for number, body in dump(session, table):
                archive.part({"kind": "rows", "table": name, "rows": number}, body)
                counts[name] += number
        blobs = list(_named(session))
    gone = []
    for done, blob in enumerate(blobs, 1):
        if not _copy(archive, store.blobs.path(blob), blob):
            gone.append(blob)
        if progress is not None:
            progress(done, len(blobs))
    book = ledger(store).path
    if book.exists():
        archive.part({"kind": "ledger"}, book.read_bytes())
    archive.close(
        {
            "made_at": now().isoformat(),
            "revision": head(),
            "master_key": store.keyring.master_key_id,
            "origin": {name: first[name] for name in ("uuid", "epoch", "seq")} if first else None,
            "rows": counts,
            "files": len(blobs) - len(gone),
            "gone": gone,
        }
    )
    return Made(sum(counts.values()), len(blobs) - len(gone), len(gone))


def back_up(
    store: Store,
    to: Path,
    passphrase: str,
    reserve_bytes: int = 0,
    progress: Progress | None = None,
    by: str | None = None,
) -> Made:
    """Write a backup file, durable when this returns; nothing is left of one that fails.

    Raises StorageFull before anything is written where it would not fit, FileExistsError for a file that is
    there.
    """
    with store.read() as session:
        Space(to.absolute().parent, reserve_bytes).check(_size(session))
    part = to.with_name(to.name + ".part")
    try:
        with part.open("xb") as file:
            part.chmod(0o600)
            made = write_backup(store, file, passphrase, progress)
            file.flush()
            os.fsync(file.fileno())
        to.hardlink_to(part)  # unlike a rename it refuses to replace a file
    finally:
        part.unlink(missing_ok=True)
    note(store, made, by)
    return made


def note(store: Store, made: Made, by: str | None) -> None:
    """Note in the audit trail that a backup was made."""
    store.write(
        lambda session: session.audit(
            "backup.create", None, by, rows=made.rows, files=made.files, gone=made.gone
        )
    )


def _copy(archive: ArchiveWriter, path: Path, name: str) -> bool:
    """A sealed file as it lies on the disk, in parts."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return False
    with file:
        size, at = os.fstat(file.fileno()).st_size, 0
        while True:
            body = file.read(PART_BYTES)
            heading: dict[str, Any] = {"kind": "file", "name": name, "at": at, "size": size}
            archive.part(heading, body, packs=False)
            at += len(body)
            if at >= size or not body:
                return True


def _named(session: ReadSession) -> Iterator[str]:
    for column in (attachment.c.blob, raw_body.c.blob):
        for batch in session.stream(select(column).where(column.is_not(None)).order_by(column)):
            yield from (str(blob) for (blob,) in batch)


def _size(session: ReadSession) -> int:
    """About how many bytes a backup takes: files and bodies, and as much again for what is made of bodies."""
    files = session.scalar(select(func.sum(attachment.c.size))) or 0
    bodies = session.scalar(select(func.sum(submission_version.c.size))) or 0
    return int(files) + 2 * int(bodies)
