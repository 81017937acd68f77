"""Instance folders to receipt: the same way in as over the network, so that the same record is the same.

Flows in: paths of copies. Flows out: the account, filled in. Records go to receipt in small batches, one
commit each; what was killed in the middle is finished by running it again, for what it did is here then. A
file that is here is not stored twice; of one that is not, no more than a piece is in memory.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from sync.access import Actor, find_actor
from sync.blobs import StoredBlob
from sync.catalogue import catalogue
from sync.mentioned_files import binary_questions
from sync.problems import Invalid, StorageFull
from sync.receipt import (
    Arrival,
    Receipt,
    ReceiptKind,
    Reception,
    Sender,
    hold_reason,
    make_arrival,
)
from sync.receipt.arrival import clean_header
from sync.receipt.originals_here import leads_to_an_original
from sync.registry import get_project
from sync.rescue.account import TAKEN, Account, Line, Outcome
from sync.rescue.drafts import Drafts
from sync.rescue.entries import READING_FAILS, Copy, opened
from sync.rescue.finding import Found, find
from sync.rescue.known import Here, look_up
from sync.rescue.reading import Reading, Unreadable, read
from sync.rescue.shelf import Shelf
from sync.space import Space
from sync.store import Store, now
from sync.tables.access import ActorKind
from sync.tables.records import HoldReason

Progress = Callable[[int, int], None]

_BATCH = 32
_BATCH_BYTES = 32 * 1024 * 1024  # of XML

_OUTCOME = {
    ReceiptKind.NEW: Outcome.NEW,
    ReceiptKind.SAME: Outcome.HERE,
    ReceiptKind.MORE_ATTACHMENTS: Outcome.COMPLETED,
    ReceiptKind.EDIT: Outcome.EDIT,
    ReceiptKind.CONFLICT: Outcome.CONFLICT,
    ReceiptKind.HELD: Outcome.HELD,
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be taken, and for whom."""

    project_id: int
    app_user_id: int | None = None  # on whose behalf; None: the office
    dry_run: bool = False
    drafts: bool = False  # take what looks unfinished, too
    trash: bool = False  # take what was deleted, too
    collect_projects: Collection[str] = ()  # only from these projects of Collect; empty: from all


@dataclass(frozen=True, slots=True)
class _Ready:
    line: Line
    arrival: Arrival
    body_was_here: bool


class Rescue:
    """One run over some copies."""

    def __init__(self, store: Store, wanted: Wanted, max_xml_bytes: int, space: Space) -> None:
        """Raises NotFound (project, app user), Invalid (the user is none of the project's app users)."""
        self._store = store
        self._wanted = wanted
        self._max_xml_bytes = max_xml_bytes
        self._shelf = Shelf(store.blobs, space)
        self._reception = Reception(store)
        self._form_state = catalogue(store).state
        with store.read() as session:
            self._project_uuid = str(get_project(session, wanted.project_id)["uuid"])
            self._actor = None if wanted.app_user_id is None else find_actor(session, wanted.app_user_id)
        if self._actor is not None and not _is_app_user(self._actor, wanted.project_id):
            raise Invalid(
                f"Actor {wanted.app_user_id} is no app user of project {wanted.project_id}.",
                "`waypost app-user list` shows the ids; without --as-app-user the office takes them in.",
            )
        self._planned: dict[str, set[bytes]] = {}  # bodies a dry run would have stored, by identity

    def run(self, paths: Sequence[Path], progress: Progress | None = None) -> Account:
        """Take in what these folders and zips hold, or with `dry_run` say what that would do."""
        account = Account([str(path) for path in paths], self._wanted.dry_run)
        began = time.monotonic()
        try:
            for path in paths:
                with opened(path) as copy:
                    self._take_copy(copy, account, progress)
        except StorageFull as full:
            account.stopped = f"{full} Run it again then: what is here stays, the rest follows."
        account.seconds = time.monotonic() - began
        if not self._wanted.dry_run and any(line.outcome in TAKEN for line in account.lines):
            self._note_in_the_trail(account)
        return account

    def _take_copy(self, copy: Copy, account: Account, progress: Progress | None) -> None:
        account.lines += [Line(where, notes=[reason]) for where, reason in copy.refused]
        drafts = Drafts(copy.entries)
        only = self._wanted.collect_projects
        found = [one for one in find(copy.entries) if not only or one.collect_project in only]
        source = clean_header(f"waypost import instances {copy.path.name}") or ""
        waiting: list[_Ready] = []
        try:
            for number, one in enumerate(found, 1):
                line = Line(one.label)
                try:
                    ready = self._look_at(one, drafts, line, source)
                except Unreadable as problem:
                    if not problem.is_told:
                        account.passed_over += 1
                        continue
                    line.notes.append(problem.reason)
                    ready = None
                account.lines.append(line)
                if ready is not None:
                    waiting.append(ready)
                if len(waiting) >= _BATCH or sum(len(r.arrival.xml or b"") for r in waiting) > _BATCH_BYTES:
                    self._receive(waiting)
                if progress is not None:
                    progress(number, len(found))
        finally:
            self._receive(waiting)  # also what was read before the disk was full

    # -- one folder --------------------------------------------------------------------------------

    def _look_at(self, found: Found, drafts: Drafts, line: Line, source: str) -> _Ready | None:
        """What the writer is to be given of a folder; None where the line says it all already."""
        reading = read(found, self._max_xml_bytes)
        said = reading.envelope
        line.form, line.version, line.instance_id = said.xml_form_id, said.version, said.instance_id
        if found.in_trash and not self._wanted.trash:
            line.outcome = Outcome.TRASH
            line.notes.append("It was deleted; --trash takes it all the same.")
            return None
        booked = None if found.encrypted else drafts.is_draft(found.folder)
        if not self._wanted.drafts and (reading.looks_unfinished if booked is None else booked):
            line.outcome = Outcome.DRAFT
            says = "The tablet's own list says" if booked else "Its empty end says"
            line.notes.append(f"{says} that it was still being filled in; --drafts takes it all the same.")
            return None
        return self._prepared(found, reading, line, source)

    def _prepared(self, found: Found, reading: Reading, line: Line, source: str) -> _Ready | None:
        sender = Sender(
            self._project_uuid,
            self._actor.uuid if self._actor else None,
            clean_header(reading.device_id),
            source,
        )
        hold = self._hold(reading)
        body = self._parked(found) if reading.is_large else reading.xml
        bare = make_arrival(self._store.keyring, sender, reading.envelope, body, now(), (), hold)
        line.instance_id = bare.instance_id
        if reading.envelope.instance_id is None:
            line.notes.append("It names no instanceID: it is known by its content.")
        with self._store.read() as session:
            here = look_up(session, self._store.keyring, bare.uuid)
        self._tell(line, here, reading)
        had_body = here is not None and here.has_body(bare.body_sha256)
        if self._wanted.dry_run:
            line.files = len(self._shelf.wanting(reading, here, line.notes))
            self._plan(line, bare, here, had_body)
            self._tell_missing(line, reading, here)
            self._shelf.discard(bare.blobs)
            return None
        files = self._shelf.store(reading, here, line.notes)
        self._tell_missing(line, reading, here)
        arrival = make_arrival(self._store.keyring, sender, reading.envelope, body, now(), files, hold)
        return _Ready(line, arrival, had_body)

    def _hold(self, reading: Reading) -> HoldReason | None:
        form_id = reading.envelope.xml_form_id
        if form_id is None:
            return hold_reason(reading.envelope, "", may_submit=True)
        state = self._form_state(self._project_uuid, form_id, reading.envelope.version)
        grants = self._actor.on(self._wanted.project_id) if self._actor else ()
        may = self._actor is None or any(grant.xml_form_id in (None, form_id) for grant in grants)
        return hold_reason(reading.envelope, state, may_submit=may)

    def _parked(self, found: Found) -> StoredBlob:
        """XML too large to be read at once, kept as receipt keeps it."""
        assert found.xml is not None
        try:
            return self._shelf.put(found.xml)
        except READING_FAILS as error:
            raise Unreadable(f"The XML cannot be read from the copy ({type(error).__name__}).") from None

    # -- what is told ------------------------------------------------------------------------------

    def _tell(self, line: Line, here: Here | None, reading: Reading) -> None:
        if here is None:
            return
        if here.key is None:
            line.notes.append("It was erased here, and is not taken in again.")
        elif reading.device_id and here.device_id and here.device_id != reading.device_id:
            line.notes.append(f"It came before from another device ({here.device_id}).")

    def _tell_missing(self, line: Line, reading: Reading, here: Here | None) -> None:
        """Files the answers name that are neither in the copy nor here."""
        said = reading.envelope
        questions = said.xml_form_id and binary_questions(
            self._store, self._project_uuid, said.xml_form_id, said.version
        )
        if not questions or said.encrypted:
            return
        there = {name for name, entry in reading.files if entry.size}
        there |= {name for name, _ in here.files} if here else set()
        line.missing = tuple(sorted(reading.named(frozenset(questions)) - there))

    def _plan(self, line: Line, arrival: Arrival, here: Here | None, had_body: bool) -> None:
        """What receipt would make of it."""
        bodies = self._planned.setdefault(arrival.uuid, set())
        had_body = had_body or arrival.body_sha256 in bodies
        is_known = here is not None or bool(bodies)
        bodies.add(arrival.body_sha256)
        if here is not None and here.key is None:
            line.outcome = Outcome.HERE
        elif had_body:
            line.outcome = Outcome.COMPLETED if line.files else Outcome.HERE
        elif is_known:
            line.outcome = Outcome.CONFLICT
        elif arrival.hold:
            self._say_held(line, arrival.hold)
        elif arrival.deprecated_id:
            edited = (self._project_uuid, arrival.xml_form_id, arrival.deprecated_id)
            with self._store.read() as session:
                leads = leads_to_an_original(session, [edited])
            if leads:
                line.outcome = Outcome.EDIT
            else:
                self._say_held(line, HoldReason.ORIGINAL_MISSING)
        else:
            line.outcome = Outcome.NEW

    # -- receipt -----------------------------------------------------------------------------------

    def _receive(self, waiting: list[_Ready]) -> None:
        """Hand over what waits; empties the list."""
        batch, waiting[:] = list(waiting), []
        if not batch:
            return
        try:
            receipts = self._reception.accept_many([ready.arrival for ready in batch])
        except StorageFull:
            for ready in batch:  # those of earlier commits stay, whatever this says of them
                ready.line.notes.append("The disk was full.")
            raise
        for ready, receipt in zip(batch, receipts, strict=True):
            self._settle(ready, receipt)
            self._shelf.discard(receipt.spare_blobs)

    def _settle(self, ready: _Ready, receipt: Receipt) -> None:
        line = ready.line
        line.files = receipt.files_stored
        waits = receipt.kind in (ReceiptKind.HELD, ReceiptKind.CONFLICT)
        if waits and ready.body_was_here:
            line.outcome = Outcome.COMPLETED if receipt.files_stored else Outcome.HERE
            line.notes.append(receipt.message)
        elif receipt.kind is ReceiptKind.HELD and receipt.hold:
            self._say_held(line, HoldReason(receipt.hold))
        else:
            line.outcome = _OUTCOME[receipt.kind]

    def _say_held(self, line: Line, reason: HoldReason) -> None:
        line.outcome = Outcome.HELD
        line.notes.append(Receipt(ReceiptKind.HELD, "", hold=reason).message)

    def _note_in_the_trail(self, account: Account) -> None:
        counts = account.counts
        by = self._actor.uuid if self._actor else None
        self._store.write(
            lambda session: session.audit(
                "import.instances",
                self._project_uuid,
                by,
                paths=[Path(path).name for path in account.paths],
                **{str(outcome): counts[outcome] for outcome in Outcome},
            )
        )


def _is_app_user(actor: Actor, project_id: int) -> bool:
    return actor.kind == ActorKind.APP_USER and actor.project_id == project_id
