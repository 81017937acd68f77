"""What people decide about a whole record: how it was reviewed, that it is deleted, that it is there again.

Each is a decision (sync/decisions.py), from which the record's columns and the status of its rows follow in
the same transaction. In: the record's original. Nothing that was received is ever changed by it.
"""

from __future__ import annotations

from sqlalchemy import select

from sync.decided import UNDECIDED, in_force
from sync.decisions import add_decision, apply_to_record
from sync.problems import NotFound
from sync.records.reading import RecordView, whole_record
from sync.store import WriteSession
from sync.tables import decision, submission
from sync.tables.derived import DecisionKind
from sync.turns import take_turn

DELETED = "delete"


def review(
    session: WriteSession,
    record: RecordView,
    state: str | None,
    note: str | None = None,
    actor_uuid: str | None = None,
) -> None:
    """Say how a record was found: one of REVIEW_STATES (sync/records/standing.py), None: as if nobody had
    looked. A rejected record leaves every figure until it is reviewed otherwise, or corrected."""
    take_turn(session, [record.space])
    add_decision(
        session, record.space, DecisionKind.REVIEW, record.uuid, state or UNDECIDED, actor_uuid, note
    )
    apply_to_record(session, record.id)


def delete_record(
    session: WriteSession, record: RecordView, note: str | None = None, actor_uuid: str | None = None
) -> None:
    """Hide a record and take it out of every figure. All of it is kept. Raises NotFound when it is deleted
    already."""
    take_turn(session, [record.space])
    if session.scalar(select(submission.c.deleted_at).where(submission.c.id == record.id)) is not None:
        raise _nothing_to_do()
    add_decision(session, record.space, DecisionKind.DELETE, record.uuid, DELETED, actor_uuid, note)
    apply_to_record(session, record.id)


def restore_record(
    session: WriteSession, record: RecordView, note: str | None = None, actor_uuid: str | None = None
) -> None:
    """Take back whatever deletes or withdraws a record. Raises NotFound when nothing does."""
    take_turn(session, [record.space])
    members = [node.uuid for node in whole_record(session, record.id).nodes]
    kinds = (DecisionKind.DELETE, DecisionKind.WITHDRAW)
    mine = decision.c.subject_uuid.in_(members) & decision.c.kind.in_(kinds)
    standing = [key for key, row in in_force(session, mine).items() if row["outcome"] != UNDECIDED]
    if not standing:
        raise _nothing_to_do()
    for kind, subject in sorted(standing):
        add_decision(session, record.space, kind, subject, UNDECIDED, actor_uuid, note)
    apply_to_record(session, record.id)


def _nothing_to_do() -> NotFound:
    return NotFound("There is no such record, or somebody was faster.", "List the records again.")
