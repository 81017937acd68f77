"""The erasure ledger: what was erased here, in a file outside the database, so that no backup brings it back.

In: the uuids of what is being erased. Out: lines that are only ever added, each fsynced before the database
is touched, naming a record by a digest keyed with the master key: the file says when something was erased,
and to nobody without the key what. The table `erasure` mirrors it. Lines the table lacks mean that the
database is an older one, or that an erasure was cut short: `sync/bring_forward.py` applies them. Rows the
file lacks mean that the file is an older one, and nothing is served then (decision 0009).
"""

from __future__ import annotations

import fcntl
import hmac
import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from sqlalchemy import bindparam, delete, select, update

from sync.problems import Conflict, StorageFull
from sync.seal import Keyring
from sync.store import ReadSession, Store, WriteSession, now
from sync.tables import erasure, record_key, submission
from sync.tables.log import ChangeKind

LEDGER = Path("keys") / "erasures.ledger"
"""In the data folder."""

CAME_AGAIN = "erased before; it came again after the database was restored"

_HEADING = (
    "# Waypost: what was erased. Never edit it. Copy it away after every erasure, and put the newest copy\n"
    "# back when the database is restored from a backup (docs/OPERATIONS.md). Master key {key}.\n"
)
_CHECK = 16  # hex digits of a line's own digest
_FULL = {28, 122}  # ENOSPC, EDQUOT


class ErasureKind(StrEnum):
    SUBMISSION = "submission"
    INFORMANT = "informant"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: what was erased, by digest, and when that was asked for."""

    digest: bytes
    kind: ErasureKind
    at: datetime


class Ledger:
    """The file. Safe to append to from several processes at once."""

    def __init__(self, path: Path, keyring: Keyring) -> None:
        self.path = path
        self._keyring = keyring

    def digest(self, kind: ErasureKind, uuid: str) -> bytes:
        """What a line calls the object: 32 bytes that say nothing without the master key."""
        return self._keyring.master.digest(f"erased {kind}:{uuid}".encode())

    def read(self) -> dict[bytes, Entry]:
        """The entries by digest; none where there is no file.

        A line without its end was being written when the process was killed: nothing was erased for it yet,
        and it counts for nothing. Raises Conflict for any other line that is not as it was written.
        """
        try:
            text = self.path.read_bytes()
        except FileNotFoundError:
            return {}
        entries: dict[bytes, Entry] = {}
        for number, line in enumerate(text.split(b"\n")[:-1], start=1):
            if line and not line.startswith(b"#"):
                entry = self._entry(line, number)
                entries.setdefault(entry.digest, entry)
        return entries

    def append(self, objects: Iterable[tuple[ErasureKind, str]], at: datetime | None = None) -> list[Entry]:
        """Note objects (kind, uuid) that are about to be erased, durable when this returns.

        What is in the ledger already is not noted again. Returns the entries of all of them.
        Raises StorageFull, Conflict (a damaged ledger).
        """
        moment = (at or now()).astimezone(UTC)
        wanted = [Entry(self.digest(kind, uuid), kind, moment) for kind, uuid in objects]
        return self.add(wanted)

    def add(self, wanted: Collection[Entry]) -> list[Entry]:
        """The same for entries whose digests are known."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
            with os.fdopen(descriptor, "r+b") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                held = self.read()
                end = _whole_lines(file.read())
                file.truncate(end)
                file.seek(end)
                if end == 0:
                    file.write(_HEADING.format(key=self._keyring.master_key_id).encode())
                fresh = {entry.digest: entry for entry in wanted if entry.digest not in held}
                file.writelines(self._line(entry) for entry in fresh.values())
                file.flush()
                os.fsync(file.fileno())
            _fsync_folder(self.path.parent)
        except OSError as error:
            if error.errno in _FULL:
                raise StorageFull(
                    "The disk is full: nothing was erased.", "Free space, then erase again."
                ) from error
            raise
        return [held.get(entry.digest, entry) for entry in wanted]

    def _line(self, entry: Entry) -> bytes:
        said = f"{entry.at.isoformat()} {entry.kind} {entry.digest.hex()}".encode()
        return said + b" " + self._check(said) + b"\n"

    def _check(self, said: bytes) -> bytes:
        return self._keyring.master.digest(b"ledger line:" + said).hex()[:_CHECK].encode()

    def _entry(self, line: bytes, number: int) -> Entry:
        said, _, check = line.rpartition(b" ")
        if not hmac.compare_digest(check, self._check(said)):
            raise Conflict(
                f"Line {number} of the erasure ledger {self.path} is not as this master key wrote it.",
                "Put the newest whole copy of the ledger back. Only where no copy is left: "
                "`waypost erasures rewrite --yes` makes one of what this database knows.",
            )
        at, kind, digest = said.decode("ascii").split(" ")
        return Entry(bytes.fromhex(digest), ErasureKind(kind), datetime.fromisoformat(at))


def ledger(store: Store) -> Ledger:
    """The ledger of a store's data folder."""
    return Ledger(store.data / LEDGER, store.keyring)


# -- the mirror in the database ------------------------------------------------------------------------


def known_erasures(session: ReadSession) -> dict[bytes, Entry]:
    """What the database knows of, by digest."""
    return {
        bytes(row["digest"]): Entry(bytes(row["digest"]), ErasureKind(row["kind"]), row["erased_at"])
        for row in session.all(select(erasure))
    }


def note_applied(session: WriteSession, entries: Iterable[Entry], applied: bool = True) -> None:
    """Say in the database that these are erased here; `applied` False: that nothing of them is here yet."""
    rows = [
        {
            "digest": entry.digest,
            "kind": str(entry.kind),
            "erased_at": entry.at,
            "applied_at": now() if applied else None,
        }
        for entry in entries
    ]
    session.insert_once(erasure, rows)
    if applied:
        session.execute_many(_APPLIED, [{"of": row["digest"], "to": row["applied_at"]} for row in rows])


def bury_what_came_again(session: WriteSession, keyring: Keyring, received: Mapping[str, int]) -> set[str]:
    """Turn submissions that were just inserted, but had been erased before, into tombstones at once.

    received  submission.id by uuid. After a restore the database has never heard of what was received and
              erased since the backup; a tablet that sends it again must not bring the person back.
    Returns   the uuids of those that are erased: their keys are gone, nothing is to be stored for them.
    """
    book = Ledger(LEDGER, keyring)
    by_digest = {book.digest(ErasureKind.SUBMISSION, uuid): uuid for uuid in received}
    found = [bytes(row["digest"]) for row in session.all(_AMONG, {"digests": list(by_digest)})]
    buried = {by_digest[digest] for digest in found}
    if not buried:
        return buried
    ids = [received[uuid] for uuid in buried]
    session.execute(delete(record_key).where(record_key.c.submission_id.in_(ids)))
    session.execute(
        update(submission).where(submission.c.id.in_(ids)).values(erased_at=now(), device_id=None)
    )
    session.execute_many(_APPLIED, [{"of": digest, "to": now()} for digest in found])
    for uuid in sorted(buried):
        session.change(ChangeKind.ERASURE, uuid)
        session.audit("submission.erase", uuid, None, reason=CAME_AGAIN, submissions=[uuid])
    return buried


_APPLIED = (
    update(erasure)
    .where(erasure.c.digest == bindparam("of"), erasure.c.applied_at.is_(None))
    .values(applied_at=bindparam("to"))
)
_AMONG = select(erasure.c.digest).where(erasure.c.digest.in_(bindparam("digests", expanding=True)))


def _whole_lines(content: bytes) -> int:
    """How many bytes end with a line's end."""
    return content.rfind(b"\n") + 1


def _fsync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
