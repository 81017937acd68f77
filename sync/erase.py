"""Erase a record: nothing anybody answered is left, in any table, file or log of the database.

In: one submission of the record. Out: a report of what went, or (dry run) would go. The record is the
original with all its edits and conflicting versions. What stays is the tombstone: the identity with
`erased_at`, so that a tablet that sends again is recognised and nothing of it comes back.

First the erasure ledger notes it, outside the database, so that no restored backup brings it back. Then the
files go, then everything in the database in one transaction, the record's keys with it, then what the engine
keeps of deleted rows. It is safe to run again, and a run that was killed is completed at the next start.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, delete, func, or_, select, update

from sync.decisions import apply_decisions
from sync.entities.erasing import erase_said
from sync.erasures import Entry, ErasureKind, ledger, note_applied
from sync.problems import NotFound
from sync.space import Space
from sync.store import ReadSession, Store, WriteSession, now
from sync.tables import (
    HARMONISED,
    answer_row,
    attachment,
    decision,
    duplicate_candidate,
    duplicate_key,
    duplicate_pair,
    entity,
    entity_intake,
    entity_version,
    file_choice,
    flag,
    raw_body,
    receipt_event,
    record_key,
    submission,
    submission_comment,
    submission_version,
    tag,
)
from sync.tables.log import ChangeKind, EventState
from sync.turns import take_turn


@dataclass(frozen=True, slots=True)
class Erasure:
    """What erasing a record took away, or would. Counts and identities only, never an answer."""

    instance_ids: tuple[str, ...]  # of the original and all its edits
    versions: int
    attachments: int
    rows: dict[str, int]  # harmonised and other derived rows, by table
    dry_run: bool
    overwritten: bool = False  # as far as the engine can do it now: docs/OPERATIONS.md on PostgreSQL

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def erase_submission(
    store: Store,
    submission_uuid: str,
    actor_uuid: str | None,
    reason: str,
    dry_run: bool = False,
    space: Space | None = None,
) -> Erasure:
    """Erase the record that a submission belongs to.

    reason  goes into the audit trail: it says why and by which request, and repeats no answer
    space   whose ballast is given up when the disk is full; without it a full disk raises StorageFull
    When `overwritten` is False a long read was in the way: run it again, nothing else is lost meanwhile.
    Raises NotFound.
    """
    with store.read() as session:
        record = _record(session, submission_uuid)
        report = _report(session, record, dry_run)
        blobs = _blobs(session, record)
    if dry_run:
        return report
    room: AbstractContextManager[None] = space.room_to_delete() if space else nullcontext()
    with room:
        _note(store, record)
        return _erase(store, submission_uuid, actor_uuid, reason, blobs)


def _erase(
    store: Store, submission_uuid: str, actor_uuid: str | None, reason: str, blobs: Sequence[str]
) -> Erasure:
    for name in blobs:
        store.blobs.delete(name)

    def work(session: WriteSession) -> tuple[Erasure, list[str]]:
        take_turn(
            session, [_project_of(session, submission_uuid)]
        )  # no worker pairs a row with one that goes
        whole = _record(session, submission_uuid)
        went, late = _report(session, whole, dry_run=False), _blobs(session, whole)
        listed = _note(store, whole)  # with what came while this ran; before the commit, as ever
        erase_said(session, store.keyring, whole.ids)
        _delete(session, whole)
        _bury(session, whole, actor_uuid, reason, went)
        note_applied(session, listed)
        return went, late

    report, late = store.write(work)
    for name in late:  # came while this ran
        store.blobs.delete(name)
    return Erasure(**{**report.as_dict(), "overwritten": store.overwrite_deleted(TOUCHED)})


def _note(store: Store, record: _Record) -> list[Entry]:
    return ledger(store).append((ErasureKind.SUBMISSION, uuid) for uuid in record.uuids)


def _project_of(session: ReadSession, uuid: str) -> str:
    return str(session.scalar(select(submission.c.project_uuid).where(submission.c.uuid == uuid)))


@dataclass(frozen=True, slots=True)
class _Record:
    """The submissions of one record, the one asked for among them."""

    ids: tuple[int, ...]
    uuids: tuple[str, ...]
    instance_ids: tuple[str, ...]
    fresh: tuple[str, ...]  # uuids of those not erased before
    version_ids: tuple[int, ...]


def _record(session: ReadSession, uuid: str) -> _Record:
    """Everything that leads to or from the submission by the instanceID an edit names, applied or held."""
    start = session.first(select(submission).where(submission.c.uuid == uuid))
    if start is None:
        raise NotFound(f"There is no submission {uuid}.", "`waypost submission show` gives the uuid.")
    same_form = and_(
        submission.c.project_uuid == start["project_uuid"], submission.c.xml_form_id == start["xml_form_id"]
    )
    found, fresh = {start["id"]: start}, [start]
    while fresh:
        names = [row["instance_id"] for row in fresh]
        parents = [row["deprecated_id"] for row in fresh if row["deprecated_id"]]
        linked = or_(submission.c.instance_id.in_(parents), submission.c.deprecated_id.in_(names))
        fresh = [
            row for row in session.all(select(submission).where(same_form, linked)) if row["id"] not in found
        ]
        found |= {row["id"]: row for row in fresh}
    members = [found[key] for key in sorted(found)]
    versions = select(submission_version.c.id).where(submission_version.c.submission_id.in_(list(found)))
    return _Record(
        tuple(row["id"] for row in members),
        tuple(row["uuid"] for row in members),
        tuple(row["instance_id"] for row in members),
        tuple(row["uuid"] for row in members if row["erased_at"] is None),
        tuple(row["id"] for row in session.all(versions)),
    )


def _contents(record: _Record) -> list[tuple[Table, ColumnElement[bool]]]:
    """Every row that holds or follows from an answer; versions after their bodies and answers."""
    ids, versions = list(record.ids), list(record.version_ids)
    return [
        *(
            (table, table.c.root_id.in_(ids))
            for table in (*HARMONISED.values(), tag, flag, duplicate_key, duplicate_candidate)
        ),
        (duplicate_pair, or_(duplicate_pair.c.root_a.in_(ids), duplicate_pair.c.root_b.in_(ids))),
        (answer_row, or_(answer_row.c.root_id.in_(ids), answer_row.c.version_id.in_(versions))),
        *((table, table.c.submission_id.in_(ids)) for table in (file_choice, attachment, submission_comment)),
        (raw_body, raw_body.c.version_id.in_(versions)),
        (submission_version, submission_version.c.submission_id.in_(ids)),
        (record_key, record_key.c.submission_id.in_(ids)),
    ]


_EMPTIED = [table.name for table, _ in _contents(_Record((), (), (), (), ()))]
TOUCHED = (
    *_EMPTIED, receipt_event.name, decision.name, submission.name, entity.name, entity_version.name,
    entity_intake.name,
)  # fmt: skip
"""The tables in which the engine may keep something of a record that was erased."""

_RAW = {
    attachment.name,
    file_choice.name,
    submission_comment.name,
    raw_body.name,
    submission_version.name,
    record_key.name,
}


def _report(session: ReadSession, record: _Record, dry_run: bool) -> Erasure:
    counts = {
        str(table.name): int(session.scalar(select(func.count()).select_from(table).where(where)))
        for table, where in _contents(record)
    }
    return Erasure(
        instance_ids=record.instance_ids,
        versions=counts[submission_version.name],
        attachments=counts[attachment.name],
        rows={name: count for name, count in counts.items() if count and name not in _RAW},
        dry_run=dry_run,
    )


def _blobs(session: ReadSession, record: _Record) -> list[str]:
    files = select(attachment.c.blob).where(attachment.c.submission_id.in_(list(record.ids)))
    bodies = select(raw_body.c.blob).where(
        raw_body.c.version_id.in_(list(record.version_ids)), raw_body.c.blob.is_not(None)
    )
    return sorted({row["blob"] for statement in (files, bodies) for row in session.all(statement)})


def _delete(session: WriteSession, record: _Record) -> None:
    pairs, partners = _pairs(session, record)
    for table, where in _contents(record):
        session.execute(delete(table).where(where))
    session.execute(  # a step's reason, a person's note: words that may repeat an answer
        update(receipt_event)
        .where(receipt_event.c.submission_id.in_(list(record.ids)))
        .values(state=EventState.DONE, step=None, reason=None, claimed_until=None, done_at=now())
    )
    subjects = [*record.uuids, *pairs]
    session.execute(update(decision).where(decision.c.subject_uuid.in_(subjects)).values(note=None))
    apply_decisions(session, partners)


def _pairs(session: ReadSession, record: _Record) -> tuple[list[str], set[str]]:
    """The pairs the record's rows are in, and the rows on both sides."""
    ids = list(record.ids)
    either = or_(duplicate_pair.c.root_a.in_(ids), duplicate_pair.c.root_b.in_(ids))
    rows: Sequence[Any] = session.all(select(duplicate_pair).where(either))
    return [row["uuid"] for row in rows], {row[side] for row in rows for side in ("record_a", "record_b")}


def _bury(session: WriteSession, record: _Record, actor_uuid: str | None, reason: str, went: Erasure) -> None:
    """Leave the tombstones, and say so to replicas and in the audit trail."""
    session.execute(
        update(submission)
        .where(submission.c.id.in_(list(record.ids)), submission.c.erased_at.is_(None))
        .values(erased_at=now(), device_id=None)
    )
    for uuid in record.fresh:
        session.change(ChangeKind.ERASURE, uuid)
    if record.fresh:
        detail: dict[str, Any] = {
            "reason": reason,
            "versions": went.versions,
            "attachments": went.attachments,
        }
        session.audit(
            "submission.erase", record.uuids[0], actor_uuid, **detail, submissions=list(record.fresh)
        )
