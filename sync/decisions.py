"""What people decide about records, and what follows from it.

A decision is an event: it is added, never changed or deleted, and the newest one on a subject counts. Taking
one back is another decision, whose outcome is `undecided`. What follows (a row's status, whether it is under
review) is worked out by one function, `apply_decisions`, from decisions and duplicate pairs alone, so that
the worker, a rebuild and the person who decides all come to the same.

A suspicion never removes anybody: rows of an open pair are under review and stay counted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, and_, or_, select, update

from sync import queue
from sync.problems import Conflict, Invalid, NotFound
from sync.store import ReadSession, Store, WriteSession, new_uuid, now
from sync.tables import HARMONISED, decision, duplicate_pair, project, submission, submission_version
from sync.tables.derived import DecisionKind
from sync.tables.log import ChangeKind
from sync.tables.records import HoldReason, VersionState

KEEP_BOTH = "keep_both"
UNDECIDED = "undecided"
_REJECT = "reject:"
_CHUNK = 500  # ids in one statement
_TICK = timedelta(microseconds=1)

_TABLES = {name: table for name, table in HARMONISED.items() if name != "flow_split"}
_OF_DECISIONS = ("valid", "rejected_duplicate", "withdrawn")
"""The statuses decisions give and take. A row of any other is left as it is."""


def reject(record_id: str) -> str:
    """The outcome that rejects one row of a pair: the other stays."""
    return _REJECT + record_id


def decide_duplicate(
    store: Store, pair_uuid: str, outcome: str, actor_uuid: str | None = None, note: str | None = None
) -> str:
    """Say whether two rows are the same: `keep_both`, or `reject(record_id)`. Returns the decision's uuid.

    Deciding again replaces what was decided before. Raises NotFound (pair), Invalid (outcome).
    """

    def work(session: WriteSession) -> str:
        pair = session.first(select(duplicate_pair).where(duplicate_pair.c.uuid == pair_uuid))
        if pair is None:
            raise NotFound(
                f"There is no pair {pair_uuid}.", "Its rows may have been edited since; list them again."
            )
        rows = (pair["record_a"], pair["record_b"])
        if outcome not in (KEEP_BOTH, *map(reject, rows)):
            raise Invalid(
                f"{outcome!r} does not decide this pair.",
                f"Use {KEEP_BOTH}, {reject(rows[0])} or {reject(rows[1])}.",
            )
        made = _decide(
            session, pair["project_uuid"], DecisionKind.DUPLICATE, pair_uuid, outcome, actor_uuid, note
        )
        apply_decisions(session, rows)
        return made

    return store.write(work)


def adopt(store: Store, submission_uuid: str, actor_uuid: str | None = None, note: str | None = None) -> str:
    """Let an edit whose original never came stand for itself. Returns the decision's uuid.

    Raises NotFound, Conflict (nothing of it waits for its original).
    """

    def work(session: WriteSession) -> str:
        row = _submission(session, submission_uuid)
        waiting = select(submission_version.c.id).where(
            submission_version.c.submission_id == row["id"],
            submission_version.c.state == VersionState.HELD,
            submission_version.c.hold_reason == HoldReason.ORIGINAL_MISSING,
        )
        if session.scalar(waiting.limit(1)) is None:
            raise Conflict(
                "This submission is not an edit that waits for its original.", "Nothing needs doing."
            )
        made = _decide(
            session, row["project_uuid"], DecisionKind.ADOPT, row["uuid"], "adopt", actor_uuid, note
        )
        queue.requeue(session, [row["id"]])
        return made

    return store.write(work)


def withdraw(
    store: Store, submission_uuid: str, actor_uuid: str | None = None, note: str | None = None
) -> str:
    """Take a record out of all figures, edits included; it stays stored. Returns the decision's uuid."""

    def work(session: WriteSession) -> str:
        row = _submission(session, submission_uuid)
        root = session.first(_SUBMISSION.where(submission.c.id == row["root_id"])) or row
        kind = DecisionKind.WITHDRAW
        made = _decide(session, root["project_uuid"], kind, root["uuid"], "withdraw", actor_uuid, note)
        apply_decisions(session, _rows_of(session, [root["id"]]))
        return made

    return store.write(work)


def take_back(
    store: Store, decision_uuid: str, actor_uuid: str | None = None, note: str | None = None
) -> str:
    """Undo a decision by another one: the pair is open again, the record counts again.

    Raises NotFound, Conflict (it no longer counts, because something was decided after it).
    """

    def work(session: WriteSession) -> str:
        row = session.first(select(decision).where(decision.c.uuid == decision_uuid))
        if row is None:
            raise NotFound(f"There is no decision {decision_uuid}.")
        subject = row["subject_uuid"]
        current = _newest(session, decision.c.subject_uuid == subject)[row["kind"], subject]
        if current["uuid"] != decision_uuid or row["outcome"] == UNDECIDED:
            raise Conflict("This decision no longer counts.", f"Decision {current['uuid']} came after it.")
        made = _decide(session, row["project_uuid"], row["kind"], subject, UNDECIDED, actor_uuid, note)
        if row["kind"] == DecisionKind.DUPLICATE:
            pair = session.first(select(duplicate_pair).where(duplicate_pair.c.uuid == subject))
            rejected = row["outcome"].removeprefix(_REJECT)
            apply_decisions(session, [pair["record_a"], pair["record_b"]] if pair else [rejected])
        else:
            key = _submission(session, subject)["id"]
            apply_decisions(session, _rows_of(session, [key]))
            if row["kind"] == DecisionKind.ADOPT:
                queue.requeue(session, [key])
        return made

    return store.write(work)


def open_pairs(session: ReadSession, project_id: int) -> list[dict[str, Any]]:
    """The pairs nobody has decided, both of whose rows still count, most alike first.

    Each: {"pair", "table", "score", "reasons", "rows": [row a, row b]} with the rows' columns.
    """
    uuid = session.scalar(select(project.c.uuid).where(project.c.id == project_id))
    mine = select(duplicate_pair).where(duplicate_pair.c.project_uuid == uuid)
    pairs = session.all(mine.order_by(duplicate_pair.c.score.desc(), duplicate_pair.c.uuid))
    decided = _decided(session, [pair["uuid"] for pair in pairs])
    waiting = [pair for pair in pairs if pair["uuid"] not in decided]
    rows: dict[str, RowMapping] = {}
    for name, table in _TABLES.items():
        ids = {
            pair[side] for pair in waiting for side in ("record_a", "record_b") if pair["table_name"] == name
        }
        for part in _parts(ids):
            counted = and_(table.c.record_id.in_(part), table.c.status == "valid")
            rows |= {row["record_id"]: row for row in session.all(select(table).where(counted))}
    return [
        {
            "pair": pair["uuid"],
            "table": pair["table_name"],
            "score": pair["score"],
            "reasons": pair["reasons"],
            "rows": [_without_root(rows[pair[side]]) for side in ("record_a", "record_b")],
        }
        for pair in waiting
        if pair["record_a"] in rows and pair["record_b"] in rows
    ]


def apply_decisions(session: WriteSession, record_ids: Iterable[str]) -> None:
    """Set `status` and `under_review` of harmonised rows, and of those paired with them, as decided.

    record_ids  rows that were written, and both rows of every pair that was made, removed or decided
    A row is withdrawn with its record, else rejected when a decision in force rejects it, else valid. A valid
    row is under review while a pair of it is undecided and its other row is valid too. The result depends on
    decisions, pairs and rows only, and doing it again changes nothing.
    """
    touched = set(record_ids)
    near = _partners(session, touched)  # whose review depends on the touched rows
    targets = touched.union(*(pair["rows"] for pair in near.values()))
    pairs = _partners(session, targets)
    known = targets.union(*(pair["rows"] for pair in pairs.values()))
    roots = _rows(session, known)
    status = _statuses(session, roots)
    decided = _decided(session, pairs)
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
            table = _TABLES[row["table"]]
            changed = update(table).where(table.c.record_id == record_id)
            session.execute(changed.values(status=wanted[0], under_review=wanted[1]))


# -- what is decided ------------------------------------------------------------------------------------


def _statuses(session: ReadSession, rows: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """The status each row has by the decisions in force."""
    withdrawn = _withdrawn(session, {row["root_id"] for row in rows.values()})
    rejected = _rejected(session, rows)
    return {
        record_id: row["status"]
        if row["status"] not in _OF_DECISIONS
        else "withdrawn"
        if row["root_id"] in withdrawn
        else "rejected_duplicate"
        if record_id in rejected
        else "valid"
        for record_id, row in rows.items()
    }


def _rejected(session: ReadSession, record_ids: Iterable[str]) -> set[str]:
    """Rows that a decision in force rejects. It stays in force when the two rows are no longer suspected of
    each other: only a decision brings a row back."""
    outcomes = [reject(record_id) for record_id in record_ids]
    subjects = {
        row["subject_uuid"]
        for part in _parts(outcomes)
        for row in session.all(select(decision.c.subject_uuid).where(decision.c.outcome.in_(part)))
    }
    return {
        outcome.removeprefix(_REJECT)
        for outcome in _decided(session, subjects).values()
        if _REJECT in outcome
    }


def _decided(session: ReadSession, pair_uuids: Iterable[str]) -> dict[str, str]:
    """The outcome in force of each pair that has one."""
    found: dict[str, str] = {}
    for part in _parts(pair_uuids):
        newest = _newest(session, decision.c.subject_uuid.in_(part))
        found |= {
            subject: row["outcome"]
            for (kind, subject), row in newest.items()
            if kind == DecisionKind.DUPLICATE and row["outcome"] != UNDECIDED
        }
    return found


def _withdrawn(session: ReadSession, root_ids: Iterable[int]) -> set[int]:
    found: set[int] = set()
    for part in _parts(root_ids):
        mine = select(submission.c.uuid, submission.c.id).where(submission.c.id.in_(part))
        ids = {row["uuid"]: row["id"] for row in session.all(mine)}
        newest = _newest(session, decision.c.subject_uuid.in_(list(ids)))
        found |= {
            ids[subject]
            for (kind, subject), row in newest.items()
            if kind == DecisionKind.WITHDRAW and row["outcome"] != UNDECIDED
        }
    return found


def _newest(session: ReadSession, where: ColumnElement[bool]) -> dict[tuple[str, str], RowMapping]:
    """The decision in force by (kind, subject): the last one made; between two of one instant, the greater
    uuid, so that every server agrees."""
    statement = select(decision).where(where).order_by(decision.c.decided_at, decision.c.uuid)
    return {(row["kind"], row["subject_uuid"]): row for row in session.all(statement)}


# -- rows and pairs -------------------------------------------------------------------------------------


def _partners(session: ReadSession, record_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The pairs that any of the rows is in, by uuid."""
    found: dict[str, dict[str, Any]] = {}
    for part in _parts(record_ids):
        either = or_(duplicate_pair.c.record_a.in_(part), duplicate_pair.c.record_b.in_(part))
        statement = select(duplicate_pair.c.uuid, duplicate_pair.c.record_a, duplicate_pair.c.record_b)
        for row in session.all(statement.where(either)):
            found[row["uuid"]] = {"rows": (row["record_a"], row["record_b"])}
    return found


def _rows(session: ReadSession, record_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Table, root, status and under_review of the rows there are, by record_id."""
    found: dict[str, dict[str, Any]] = {}
    for part in _parts(record_ids):
        for name, table in _TABLES.items():
            columns = (table.c.record_id, table.c.root_id, table.c.status, table.c.under_review)
            for row in session.all(select(*columns).where(table.c.record_id.in_(part))):
                found[row["record_id"]] = {**row, "table": name}
    return found


def _rows_of(session: ReadSession, root_ids: Collection[int]) -> list[str]:
    return [
        row["record_id"]
        for table in _TABLES.values()
        for row in session.all(select(table.c.record_id).where(table.c.root_id.in_(list(root_ids))))
    ]


def _without_root(row: RowMapping) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "root_id"}


def _parts(values: Iterable[Any]) -> Iterable[Sequence[Any]]:
    """The values sorted, in pieces that fit one statement."""
    ordered = sorted(values)
    for start in range(0, len(ordered), _CHUNK):
        yield ordered[start : start + _CHUNK]


# -- writing --------------------------------------------------------------------------------------------

_SUBMISSION = select(submission.c.id, submission.c.uuid, submission.c.project_uuid, submission.c.root_id)


def _submission(session: ReadSession, uuid: str) -> RowMapping:
    row = session.first(_SUBMISSION.where(submission.c.uuid == uuid))
    if row is None:
        raise NotFound(f"There is no submission {uuid}.", "`waypost submission show` gives the uuid.")
    return row


def _decide(
    session: WriteSession,
    project_uuid: str,
    kind: str,
    subject_uuid: str,
    outcome: str,
    actor_uuid: str | None,
    note: str | None,
) -> str:
    """Add a decision, with its change and its audit row. What it replaces is named by `reverses_uuid`."""
    before = _newest(session, decision.c.subject_uuid == subject_uuid).get((str(kind), subject_uuid))
    made, at = new_uuid(), now()
    if before is not None and at <= before["decided_at"]:
        at = before["decided_at"] + _TICK  # the clock was put back: the newer decision still counts
    row = {
        "uuid": made,
        "project_uuid": project_uuid,
        "kind": str(kind),
        "subject_uuid": subject_uuid,
        "outcome": outcome,
        "note": note,
        "actor_uuid": actor_uuid,
        "decided_at": at,
        "reverses_uuid": before["uuid"] if before else None,
    }
    session.insert(decision, [row])
    session.change(ChangeKind.DECISION, made)
    session.audit(f"decision.{kind}", subject_uuid, actor_uuid, outcome=outcome, decision=made)
    return made
