"""What decisions make of rows: their status, and whether they are under review.

In: decisions, duplicate pairs, harmonised rows. Out: the outcome in force (that of the newest decision on a
subject) and the columns that follow from it. The worker, a rebuild and the person who decides all come
through `apply_decisions`, and so to the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, or_, select, update

from sync.store import ReadSession, WriteSession
from sync.tables import HARMONISED, decision, duplicate_pair, submission
from sync.tables.derived import DecisionKind

UNDECIDED = "undecided"
REJECT = "reject:"
DECIDED_TABLES = {name: table for name, table in HARMONISED.items() if name != "flow_split"}

_CHUNK = 500  # ids in one statement
_OF_DECISIONS = ("valid", "rejected_duplicate", "rejected", "withdrawn")
"""The statuses decisions give and take. A row of any other is left as it is."""


def apply_decisions(session: WriteSession, record_ids: Iterable[str]) -> None:
    """Set `status` and `under_review` of harmonised rows, and of those paired with them, as decided.

    record_ids  rows that were written, and both rows of every pair that was made, removed or decided
    A row is withdrawn with its record, or rejected with it in review, else a rejected duplicate when a
    decision in force says so, else valid. A valid row is under review while a pair of it is undecided and its
    other row is valid too. The result depends on decisions, pairs and rows only, and doing it again changes
    nothing. How the records stand has to be noted before (sync/records/standing.py).
    """
    touched = set(record_ids)
    near = _partners(session, touched)  # whose review depends on the touched rows
    targets = touched.union(*(pair["rows"] for pair in near.values()))
    pairs = _partners(session, targets)
    known = targets.union(*(pair["rows"] for pair in pairs.values()))
    roots = rows_by_id(session, known)
    status = _statuses(session, roots)
    decided = outcomes(session, pairs)
    reviewed = {
        record_id
        for key, pair in pairs.items()
        if key not in decided and all(status.get(one) == "valid" for one in pair["rows"])
        for record_id in pair["rows"]
    }
    for record_id in sorted(targets):
        row = roots.get(record_id)
        if row is None or row["status"] not in _OF_DECISIONS:
            continue
        wanted = (status[record_id], record_id in reviewed)
        if (row["status"], bool(row["under_review"])) != wanted:
            table = DECIDED_TABLES[row["table"]]
            changed = update(table).where(table.c.record_id == record_id)
            session.execute(changed.values(status=wanted[0], under_review=wanted[1]))


def outcomes(session: ReadSession, pair_uuids: Iterable[str]) -> dict[str, str]:
    """The outcome in force of each pair that has one."""
    found: dict[str, str] = {}
    for part in parts(pair_uuids):
        newest = in_force(session, decision.c.subject_uuid.in_(part))
        found |= {
            subject: row["outcome"]
            for (kind, subject), row in newest.items()
            if kind == DecisionKind.DUPLICATE and row["outcome"] != UNDECIDED
        }
    return found


def in_force(session: ReadSession, where: ColumnElement[bool]) -> dict[tuple[str, str], RowMapping]:
    """The decision in force by (kind, subject): the last one made; between two of one instant, the greater
    uuid, so that every server agrees."""
    statement = select(decision).where(where).order_by(decision.c.decided_at, decision.c.uuid)
    return {(row["kind"], row["subject_uuid"]): row for row in session.all(statement)}


def rows_by_id(session: ReadSession, record_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Table, root, status and under_review of the rows there are, by record_id."""
    found: dict[str, dict[str, Any]] = {}
    for part in parts(record_ids):
        for name, table in DECIDED_TABLES.items():
            columns = (table.c.record_id, table.c.root_id, table.c.status, table.c.under_review)
            for row in session.all(select(*columns).where(table.c.record_id.in_(part))):
                found[row["record_id"]] = {**row, "table": name}
    return found


def parts(values: Iterable[Any]) -> Iterable[Sequence[Any]]:
    """The values sorted, in pieces that fit one statement."""
    ordered = sorted(values)
    for start in range(0, len(ordered), _CHUNK):
        yield ordered[start : start + _CHUNK]


def _statuses(session: ReadSession, rows: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """The status each row has by the decisions in force."""
    of_record = _with_their_record(session, {row["root_id"] for row in rows.values()})
    rejected = _rejected(session, rows)
    found = {}
    for record_id, row in rows.items():
        if row["status"] not in _OF_DECISIONS:
            found[record_id] = row["status"]
        elif row["root_id"] in of_record:
            found[record_id] = of_record[row["root_id"]]
        else:
            found[record_id] = "rejected_duplicate" if record_id in rejected else "valid"
    return found


def _rejected(session: ReadSession, record_ids: Iterable[str]) -> set[str]:
    """Rows that a decision in force rejects. It stays in force when the two rows are no longer suspected of
    each other: only a decision brings a row back."""
    subjects = {
        row["subject_uuid"]
        for part in parts(REJECT + record_id for record_id in record_ids)
        for row in session.all(select(decision.c.subject_uuid).where(decision.c.outcome.in_(part)))
    }
    found = outcomes(session, subjects).values()
    return {outcome.removeprefix(REJECT) for outcome in found if outcome.startswith(REJECT)}


def _with_their_record(session: ReadSession, root_ids: Iterable[int]) -> dict[int, str]:
    """The status that all rows of a record have because the record was taken out of the figures."""
    found: dict[int, str] = {}
    out = or_(submission.c.deleted_at.is_not(None), submission.c.review_state == "rejected")
    for part in parts(root_ids):
        mine = select(submission.c.id, submission.c.deleted_at).where(submission.c.id.in_(part), out)
        for row in session.all(mine):
            found[row["id"]] = "rejected" if row["deleted_at"] is None else "withdrawn"
    return found


def _partners(session: ReadSession, record_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The pairs that any of the rows is in, by uuid."""
    found: dict[str, dict[str, Any]] = {}
    for part in parts(record_ids):
        either = or_(duplicate_pair.c.record_a.in_(part), duplicate_pair.c.record_b.in_(part))
        statement = select(duplicate_pair.c.uuid, duplicate_pair.c.record_a, duplicate_pair.c.record_b)
        for row in session.all(statement.where(either)):
            found[row["uuid"]] = {"rows": (row["record_a"], row["record_b"])}
    return found
