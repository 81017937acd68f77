"""Bring a database that was restored from an older backup forward to the erasures made since.

In: the erasure ledger and what the database knows of it. Out: everything the ledger lists is erased again,
with an audit entry, before anybody is served. It runs at the start of `serve` and of every command that opens
the data folder; where both agree, which is nearly always, it costs two small reads.

The order of an erasure is ledger, then database. So a line the database does not know is an erasure that was
cut short or undone by a restore, and is applied; a row the ledger does not have can only mean that the file
is lost or an older copy, and then nobody knows what else it listed: that is for a person.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select

from sync.erase import erase_submission
from sync.erasures import Entry, ErasureKind, Ledger, known_erasures, ledger, note_applied
from sync.informants import erase_informant
from sync.problems import Conflict
from sync.space import Space
from sync.store import ReadSession, Store
from sync.tables import key_informant, submission

AGAIN = "in the erasure ledger; the database did not know of it (restored from a backup, or cut short)"

_OBJECTS = {
    ErasureKind.SUBMISSION: (submission.c.uuid, submission.c.erased_at),
    ErasureKind.INFORMANT: (key_informant.c.uuid, key_informant.c.erased_at),
}


@dataclass(frozen=True, slots=True)
class BroughtForward:
    """What was done: counts only."""

    submissions: int = 0  # erased again, edits included
    informants: int = 0
    elsewhere: int = 0  # in the ledger, and not in this database: refused if they come again

    def __str__(self) -> str:
        told = []
        if self.submissions or self.informants:
            told.append(
                f"{self.submissions} submissions and {self.informants} key informants are in the erasure "
                "ledger and were in this database: they are erased again."
            )
        if self.elsewhere:
            told.append(
                f"{self.elsewhere} erasures are of what this database never received: "
                "should it come again, it is not stored."
            )
        return " ".join(told)


def bring_forward(store: Store, space: Space | None = None) -> BroughtForward:
    """Apply what the ledger lists and the database does not know. Doing it again changes nothing.

    Raises Conflict when the database knows of erasures that the ledger lacks, or the ledger is damaged.
    """
    book = ledger(store)
    with store.read() as session:  # before the file: another process adds to the file first
        known = known_erasures(session)
        stones = _tombstones(session, book)
    written = book.read()
    _refuse_lost(book, set(known) - set(written))
    unlisted = {entry.digest: entry for entry in stones if entry.digest not in known}
    if unlisted:  # erased by a version without a ledger, or taken over from another instance
        book.add(unlisted.values())
        store.write(lambda session: note_applied(session, unlisted.values()))
    fresh = [entry for digest, entry in written.items() if digest not in known and digest not in unlisted]
    return _apply(store, book, fresh, space) if fresh else BroughtForward()


def rewrite_ledger(store: Store) -> int:
    """Make the ledger of what the database knows, where the file is lost for good. Returns how many it lists.

    What the old file listed beyond that is lost with it. The old file, if any, is kept beside with `.old`.
    """
    book = ledger(store)
    with store.read() as session:
        known = known_erasures(session)
        known.update({entry.digest: entry for entry in _tombstones(session, book)})
    if book.path.exists():
        book.path.rename(book.path.with_name(book.path.name + ".old"))
    book.add(known.values())
    store.write(lambda session: session.audit("erasures.rewrite", listed=len(known)))
    return len(known)


def _apply(store: Store, book: Ledger, fresh: list[Entry], space: Space | None) -> BroughtForward:
    wanted = {entry.digest for entry in fresh}
    with store.read() as session:
        here = {kind: _here(session, book, kind, wanted) for kind in ErasureKind}
    erased = 0
    for uuid in here[ErasureKind.SUBMISSION].values():
        with store.read() as session:
            done = session.scalar(select(submission.c.erased_at).where(submission.c.uuid == uuid))
        if done is None:  # else it went with the record it belongs to
            erased += len(erase_submission(store, uuid, None, AGAIN, space=space).instance_ids)
    for uuid in here[ErasureKind.INFORMANT].values():
        erase_informant(store, uuid, None, AGAIN)
    found = {digest for objects in here.values() for digest in objects}
    elsewhere = [entry for entry in fresh if entry.digest not in found]
    store.write(lambda session: note_applied(session, elsewhere, applied=False))
    return BroughtForward(erased, len(here[ErasureKind.INFORMANT]), len(elsewhere))


def _here(session: ReadSession, book: Ledger, kind: ErasureKind, wanted: set[bytes]) -> dict[bytes, str]:
    """uuid by digest of the objects of this database that are among the wanted."""
    column, _ = _OBJECTS[kind]
    found = {}
    for batch in session.stream(select(column)):
        for (uuid,) in batch:
            digest = book.digest(kind, uuid)
            if digest in wanted:
                found[digest] = uuid
    return found


def _tombstones(session: ReadSession, book: Ledger) -> Iterable[Entry]:
    """What is erased in the database, by its own account."""
    return [
        Entry(book.digest(kind, row["uuid"]), kind, row["erased_at"])
        for kind, (uuid, erased_at) in _OBJECTS.items()
        for row in session.all(select(uuid, erased_at).where(erased_at.is_not(None)))
    ]


def _refuse_lost(book: Ledger, lost: set[bytes]) -> None:
    if not lost:
        return
    what = "is missing" if not book.path.exists() else "is an older copy"
    raise Conflict(
        f"The erasure ledger {book.path} {what}: the database knows of {len(lost)} erasures that it does not "
        "list. What else was erased since cannot be known without it, so nothing is shown.",
        "Put the newest copy of the ledger there. Only where no copy is left: "
        "`waypost erasures rewrite --yes` makes one of what this database knows.",
    )
