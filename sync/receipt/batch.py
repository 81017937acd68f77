"""The writer's part of receipt: many arrivals, one transaction, one answer each.

Whether a record, a body or a file is new is decided by unique constraints alone: identities are inserted with
ON CONFLICT DO NOTHING, sorted by their key so that two servers never wait for each other crosswise, and what
was not inserted was here. Arrivals of one identity in one batch go through the same `_Record` in turn.
Should another server add a body or a file between our look and our insert, the constraint says so and the
whole transaction is run again (`TryAgain`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from sync.catalogue import form_states
from sync.erasures import bury_what_came_again
from sync.lineage import resolve
from sync.originals import key_context
from sync.public_links import used_up
from sync.receipt.answer import Receipt, ReceiptKind
from sync.receipt.arrival import Arrival, SealedFile
from sync.receipt.originals_here import leads_to_an_original
from sync.receipt.statements import (
    INSERT_BODY,
    INSERT_EVENT,
    INSERT_FILE,
    INSERT_FILE_ONCE,
    INSERT_IDENTITY,
    INSERT_KEY,
    INSERT_VERSION,
    INSERT_VERSION_ONCE,
    KNOWN,
    KNOWN_FILES,
    KNOWN_VERSIONS,
    STORED_BLOBS,
    body_row,
    submission_row,
)
from sync.records.standing import keep_standings
from sync.seal import Keyring, SealKey
from sync.store import WriteSession, new_uuid
from sync.tables.log import ChangeKind, EventState
from sync.tables.records import HoldReason, VersionState
from sync.writer import TryAgain

_IDENTITY = attrgetter("sender.project_uuid", "xml_form_id", "instance_id")

_KIND_OF = {
    VersionState.CURRENT: ReceiptKind.NEW,
    VersionState.EDIT: ReceiptKind.EDIT,
    VersionState.CONFLICT: ReceiptKind.CONFLICT,
    VersionState.HELD: ReceiptKind.HELD,
    VersionState.DRAFT: ReceiptKind.NEW,
}


@dataclass(slots=True)
class _Version:
    """A body of a record. `arrival` is the one that brought it, None when it was here before."""

    state: str | None  # None: not yet decided, it is an edit or waits for its original
    hold: str | None
    arrival: Arrival | None = None
    id: int = 0
    blob: str | None = None  # its file, when it was parked


@dataclass(slots=True)
class _Record:
    """One identity, as it is in the database and as this batch adds to it."""

    id: int
    deprecated: tuple[str, str, str] | None  # the identity it edits
    key: SealKey | None  # None: erased
    is_new: bool
    hold: HoldReason | None = None  # of a new one that came by a public link, when that was used up
    versions: dict[bytes, _Version] = field(default_factory=dict)  # by body hash
    files: dict[tuple[str, bytes], str] = field(default_factory=dict)  # blob by name and digest
    grew: bool = False


@dataclass(slots=True)
class _Draft:
    """What one arrival adds."""

    arrival: Arrival
    record: _Record
    version: _Version | None  # the body's, new or not; None: erased
    files: list[SealedFile]
    spare: tuple[str, ...]

    @property
    def brings_body(self) -> bool:
        return self.version is not None and self.version.arrival is self.arrival


def write_batch(keyring: Keyring, session: WriteSession, arrivals: Sequence[Arrival]) -> list[Receipt]:
    """Store a batch; the receipts, in the order of the arrivals, are valid once the transaction commits."""
    records = _open_records(keyring, session, arrivals)
    _count_links(session, records, arrivals)
    drafts = [_draft(records[arrival.uuid], arrival) for arrival in arrivals]
    numbers = sum(draft.brings_body + len(draft.files) for draft in drafts)
    seqs = iter(session.take_seqs(numbers)) if numbers else iter(())
    # Only now, with the counter locked, is it certain that no original is being written beside us.
    _decide_edits(session, drafts)
    if numbers:
        _insert_bodies(session, drafts, seqs)
        _insert_files(session, drafts, seqs)
        _insert_events(session, drafts)
        _note_edits(session, drafts)
    return [_receipt(draft) for draft in drafts]


# -- identities ---------------------------------------------------------------------------------------


def _open_records(keyring: Keyring, session: WriteSession, arrivals: Sequence[Arrival]) -> dict[str, _Record]:
    first: dict[str, Arrival] = {}
    for arrival in sorted(arrivals, key=_IDENTITY):
        first.setdefault(arrival.uuid, arrival)
    rows = [submission_row(arrival) for arrival in first.values()]
    inserted = {row["uuid"]: row["id"] for row in session.all(INSERT_IDENTITY[session.dialect], rows)}
    session.execute_many(
        INSERT_KEY,
        [
            {"submission_id": id_, "wrapped": first[uuid].wrapped, "master_key_id": keyring.master_key_id}
            for uuid, id_ in inserted.items()
        ],
    )
    erased = bury_what_came_again(session, keyring, inserted) if inserted else set()
    records = {
        uuid: _Record(id_, _deprecated(first[uuid]), None if uuid in erased else first[uuid].key, is_new=True)
        for uuid, id_ in inserted.items()
    }
    known = [uuid for uuid in first if uuid not in inserted]
    if known:
        any_parked = any(arrival.parked for arrival in arrivals)
        records |= _load(keyring, session, known, any_parked)
    return records


def _load(keyring: Keyring, session: WriteSession, uuids: list[str], any_parked: bool) -> dict[str, _Record]:
    """The records that were here, with the digests of all they hold."""
    records: dict[str, _Record] = {}
    by_id: dict[int, _Record] = {}
    for row in session.all(KNOWN, {"uuids": uuids}):
        key = keyring.unwrap(row["wrapped"], key_context(row["uuid"])) if row["wrapped"] else None
        edits = row["deprecated_id"]
        deprecated = (row["project_uuid"], row["xml_form_id"], edits) if edits else None
        by_id[row["id"]] = records[row["uuid"]] = _Record(row["id"], deprecated, key, is_new=False)
    for row in session.all(KNOWN_VERSIONS, {"ids": list(by_id)}):
        version = _Version(row["state"], row["hold_reason"])
        by_id[row["submission_id"]].versions[row["body_hash"]] = version
    for row in session.all(KNOWN_FILES, {"ids": list(by_id)}):
        by_id[row["submission_id"]].files[row["name"], row["digest"]] = row["blob"]
    if any_parked:
        for row in session.all(STORED_BLOBS, {"ids": list(by_id)}):
            by_id[row["submission_id"]].versions[row["body_hash"]].blob = row["blob"]
    if len(records) < len(uuids):
        raise TryAgain  # the other server rolled its insert back
    return records


def _count_links(session: WriteSession, records: dict[str, _Record], arrivals: Sequence[Arrival]) -> None:
    """Hold what comes by a public link beyond what it is good for."""
    for arrival in arrivals:
        record = records[arrival.uuid]
        if arrival.sender.by_link and record.is_new and used_up(session, record.id):
            record.hold = HoldReason.LINK_USED_UP


# -- what is new --------------------------------------------------------------------------------------


def _draft(record: _Record, arrival: Arrival) -> _Draft:
    """What the arrival adds. A blob that the record refers to is never spare: an arrival may come twice, when
    the outcome of its first commit was unknown."""
    if record.key is None:
        return _Draft(arrival, record, None, [], arrival.blobs)
    sealed = arrival.sealed_under(record.key)
    version = record.versions.get(sealed.body_hash)
    spare = []
    if version is None:
        version = record.versions[sealed.body_hash] = _new_version(record, arrival)
        version.blob = arrival.parked.name if arrival.parked else None
    elif arrival.parked and arrival.parked.name != version.blob:
        spare.append(arrival.parked.name)
    files = []
    for file in sealed.files:
        named, blob = (file.arrived.name, file.digest), file.arrived.blob.name
        if named not in record.files:
            record.files[named] = blob
            files.append(file)
        elif record.files[named] != blob:
            spare.append(blob)
    record.grew = record.grew or version.arrival is arrival or bool(files)
    return _Draft(arrival, record, version, files, tuple(spare))


def _new_version(record: _Record, arrival: Arrival) -> _Version:
    if record.versions:
        return _Version(VersionState.CONFLICT, None, arrival)
    if hold := arrival.hold or record.hold:
        return _Version(VersionState.HELD, hold, arrival)
    if record.deprecated:
        return _Version(None, None, arrival)
    return _Version(VersionState.CURRENT, None, arrival)


def _decide_edits(session: WriteSession, drafts: Iterable[_Draft]) -> None:
    """An edit whose chain leads to an original that is here counts; otherwise it waits for it.

    A waiting edit that is sent again is answered by what is here now; its row is the pipeline's to change.
    """
    waiting: dict[int, tuple[_Version, tuple[str, str, str]]] = {}
    for draft in drafts:
        version, deprecated = draft.version, draft.record.deprecated
        if version and deprecated and (version.state is None or version.hold == HoldReason.ORIGINAL_MISSING):
            waiting[id(version)] = (version, deprecated)
    if not waiting:
        return
    here = leads_to_an_original(session, {deprecated for _, deprecated in waiting.values()})
    for version, deprecated in waiting.values():
        found = deprecated in here
        version.state = VersionState.EDIT if found else VersionState.HELD
        version.hold = None if found else HoldReason.ORIGINAL_MISSING


# -- inserts ------------------------------------------------------------------------------------------


def _insert_bodies(session: WriteSession, drafts: Iterable[_Draft], seqs: Iterable[int]) -> None:
    bringing = [draft for draft in drafts if draft.brings_body]
    if not bringing:
        return
    bringing.sort(key=lambda draft: draft.record.is_new)
    versions, bodies, changes = [], [], []
    for draft, seq in zip(bringing, seqs, strict=False):
        assert draft.record.key is not None
        sealed = draft.arrival.sealed_under(draft.record.key)
        versions.append(_version_row(draft, seq, sealed.version_uuid, sealed.body_hash))
        bodies.append(body_row(draft.arrival, seq, sealed.body, sealed.blob_key))
        changes.append((seq, ChangeKind.SUBMISSION, sealed.version_uuid, sealed.body_hash))
    old = sum(not draft.record.is_new for draft in bringing)
    _insert_where_known(session, INSERT_VERSION_ONCE[session.dialect], versions[:old])
    session.execute_many(INSERT_VERSION, versions[old:])
    session.execute_many(INSERT_BODY, bodies)
    session.changes(changes)


def _insert_files(session: WriteSession, drafts: Iterable[_Draft], seqs: Iterable[int]) -> None:
    bringing = [(draft, file) for draft in drafts for file in draft.files]
    if not bringing:
        return
    bringing.sort(key=lambda pair: pair[0].record.is_new)
    rows = [_file_row(draft, file) for draft, file in bringing]
    old = sum(not draft.record.is_new for draft, _ in bringing)
    _insert_where_known(session, INSERT_FILE_ONCE[session.dialect], rows[:old])
    session.execute_many(INSERT_FILE, rows[old:])
    session.changes(
        [
            (seq, ChangeKind.ATTACHMENT, row["uuid"], row["digest"])
            for row, seq in zip(rows, seqs, strict=False)
        ]
    )


def _insert_where_known(session: WriteSession, statement: Any, rows: list[dict[str, Any]]) -> None:
    """Add to records that were here: another server may just have added the same."""
    if rows and len(session.all(statement, rows)) < len(rows):
        raise TryAgain


def _insert_events(session: WriteSession, drafts: Iterable[_Draft]) -> None:
    grown = {draft.record.id: draft.arrival.received_at for draft in drafts if draft.record.grew}
    session.execute_many(
        INSERT_EVENT,
        [
            {"submission_id": id_, "state": EventState.WAITING, "attempts": 0, "created_at": at}
            for id_, at in grown.items()
        ],
    )


def _note_edits(session: WriteSession, drafts: Iterable[_Draft]) -> None:
    """A record that was corrected is `edited` from now on, whatever it was reviewed as."""
    edits = {
        draft.record.id
        for draft in drafts
        if draft.brings_body and draft.version and draft.version.state == VersionState.EDIT
    }
    if edits:
        keep_standings(session, resolve(session, edits, form_states(session)))


# -- rows ---------------------------------------------------------------------------------------------


def _deprecated(arrival: Arrival) -> tuple[str, str, str] | None:
    if arrival.deprecated_id is None:
        return None
    return (arrival.sender.project_uuid, arrival.xml_form_id, arrival.deprecated_id)


def _version_row(draft: _Draft, seq: int, uuid: str, body_hash: bytes) -> dict[str, Any]:
    arrival, version = draft.arrival, draft.version
    assert version is not None
    return {
        "id": seq,
        "uuid": uuid,
        "submission_id": draft.record.id,
        "body_hash": body_hash,
        "state": version.state,
        "hold_reason": version.hold,
        "form_version": arrival.form_version,
        "size": arrival.size,
        "received_at": arrival.received_at,
        "actor_uuid": arrival.sender.actor_uuid,
        "device_id": arrival.sender.device_id,
        "user_agent": arrival.sender.user_agent,
        "date_header": arrival.sender.date_header,
        "is_encrypted": arrival.is_encrypted,
    }


def _file_row(draft: _Draft, file: SealedFile) -> dict[str, Any]:
    return {
        "uuid": new_uuid(),
        "submission_id": draft.record.id,
        "name": file.arrived.name,
        "digest": file.digest,
        "size": file.arrived.blob.size,
        "content_type": file.arrived.content_type,
        "blob": file.arrived.blob.name,
        "blob_key": file.blob_key,
        "received_at": draft.arrival.received_at,
    }


def _receipt(draft: _Draft) -> Receipt:
    version, stored = draft.version, len(draft.files)
    if version is None:
        return Receipt(ReceiptKind.SAME, draft.arrival.instance_id, spare_blobs=draft.spare)
    kind = _KIND_OF[VersionState(str(version.state))]
    if not draft.brings_body and kind not in {ReceiptKind.CONFLICT, ReceiptKind.HELD}:
        kind = ReceiptKind.MORE_ATTACHMENTS if stored else ReceiptKind.SAME
    return Receipt(kind, draft.arrival.instance_id, stored, version.hold, draft.spare)
