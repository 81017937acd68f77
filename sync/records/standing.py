"""How a record stands: its review state, when it was last changed, and whether it was deleted.

In: resolved records, and what was decided about any of their submissions. Out: three columns of the original,
which lists and figures read. They follow from decisions and versions alone, so that receipt, the worker, a
rebuild and the person who decides all come to the same:

- the newest review counts, and an edit that was accepted after it makes the record `edited`;
- a record is deleted while a decision that deletes or withdraws it is in force.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update

from sync.decided import UNDECIDED
from sync.lineage import Record
from sync.store import ReadSession, WriteSession
from sync.tables import decision, submission
from sync.tables.derived import DecisionKind
from sync.tables.records import VersionState

EDITED, REJECTED = "edited", "rejected"
REVIEW_STATES = ("hasIssues", EDITED, "approved", REJECTED)
"""Null besides: received, and not looked at."""

_KINDS = (DecisionKind.REVIEW, DecisionKind.DELETE, DecisionKind.WITHDRAW)
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Standing:
    """The columns of `submission` that follow from decisions; all null for what nobody decided or edited."""

    review_state: str | None = None
    updated_at: datetime | None = None
    deleted_at: datetime | None = None


_NOTHING = Standing()
_SET = update(submission).where(submission.c.id == bindparam("of"))
_SET = _SET.values({name: bindparam(f"to_{name}") for name in Standing.__slots__})


def keep_standings(session: WriteSession, records: Sequence[Record]) -> None:
    """Write how records stand now. They must have been resolved in this very transaction; doing it again
    changes nothing."""
    ids = [node.id for record in records for node in record.nodes]
    wanted = dict.fromkeys(ids, _NOTHING) | _standings(session, records)
    changed = []
    for start in range(0, len(ids), _CHUNK):
        columns = (submission.c.id, *(submission.c[name] for name in Standing.__slots__))
        mine = select(*columns).where(submission.c.id.in_(ids[start : start + _CHUNK]))
        for row in session.all(mine.order_by(submission.c.id)):
            stands = Standing(*(row[name] for name in Standing.__slots__))
            if stands != wanted[row["id"]]:
                changed.append(row["id"])
    session.execute_many(
        _SET,
        [
            {"of": id_, **{f"to_{name}": getattr(wanted[id_], name) for name in Standing.__slots__}}
            for id_ in changed
        ],
    )


def _standings(session: ReadSession, records: Sequence[Record]) -> dict[int, Standing]:
    """By the original's id."""
    whole = [record for record in records if record.root is not None]
    decided = _newest(session, [node.uuid for record in whole for node in record.nodes])
    return {
        record.root.id: _standing(record, [decided.get(node.uuid, {}) for node in record.nodes])
        for record in whole
        if record.root is not None
    }


def _standing(record: Record, decided: Sequence[Mapping[str, Mapping[Any, Any]]]) -> Standing:
    """decided  by submission, the decision in force of each kind"""
    reviews = [by_kind[DecisionKind.REVIEW] for by_kind in decided if DecisionKind.REVIEW in by_kind]
    review = max(reviews, key=lambda row: (row["decided_at"], row["uuid"]), default=None)
    edits = [
        version.received_at
        for node in record.nodes
        for version in node.versions
        if record.states[version.id][0] == VersionState.EDIT
    ]
    edited_at = max(edits, default=None)
    state, changed = None, edited_at
    if edited_at is not None and (review is None or edited_at > review["decided_at"]):
        state = EDITED
    elif review is not None:
        state = None if review["outcome"] == UNDECIDED else review["outcome"]
        changed = review["decided_at"]
    gone = [
        row["decided_at"]
        for by_kind in decided
        for kind, row in by_kind.items()
        if kind != DecisionKind.REVIEW and row["outcome"] != UNDECIDED
    ]
    return Standing(state, changed, max(gone, default=None))


def _newest(session: ReadSession, uuids: Sequence[str]) -> dict[str, dict[str, Mapping[Any, Any]]]:
    """The newest decision of each kind by submission; between two of one instant the greater uuid."""
    found: dict[str, dict[str, Mapping[Any, Any]]] = {}
    for start in range(0, len(uuids), _CHUNK):
        mine = select(decision).where(
            decision.c.subject_uuid.in_(uuids[start : start + _CHUNK]), decision.c.kind.in_(_KINDS)
        )
        for row in session.all(mine.order_by(decision.c.decided_at, decision.c.uuid)):
            found.setdefault(row["subject_uuid"], {})[row["kind"]] = row
    return found
