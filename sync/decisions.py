"""What people decide about records, and what follows from it.

A decision is an event: it is added, never changed or deleted, and the newest one on a subject counts. Taking
one back is another decision, whose outcome is `undecided`. What follows (a row's status, whether it is under
review) is worked out by one function, `apply_decisions`, from decisions and duplicate pairs alone, so that
the worker, a rebuild and the person who decides all come to the same.

A suspicion never removes anybody: rows of an open pair are under review and stay counted.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import RowMapping, select, true

from sync import queue
from sync.catalogue import form_states
from sync.decided import (
    DECIDED_TABLES,
    REJECT,
    UNDECIDED,
    apply_decisions,
    in_force,
    outcomes,
    parts,
    rows_by_id,
)
from sync.entities.intake import release_approved
from sync.lineage import resolve
from sync.problems import Conflict, Invalid, NotFound
from sync.records.standing import keep_standings
from sync.store import ReadSession, Store, WriteSession, new_uuid, now
from sync.tables import decision, duplicate_pair, project, submission, submission_version
from sync.tables.derived import DecisionKind
from sync.tables.log import ChangeKind
from sync.tables.records import HoldReason, VersionState
from sync.turns import take_turn

__all__ = [
    "KEEP_BOTH",
    "UNDECIDED",
    "add_decision",
    "adopt",
    "apply_decisions",
    "apply_to_record",
    "decide_duplicate",
    "open_pairs",
    "reject",
    "take_back",
    "undecided_pairs",
    "withdraw",
]

KEEP_BOTH = "keep_both"
_SIDES = ("record_a", "record_b")
_TICK = timedelta(microseconds=1)
_ADOPTABLE = [
    str(reason)
    for reason in (
        HoldReason.ORIGINAL_MISSING,
        HoldReason.FORM_CLOSED,
        HoldReason.NOT_ASSIGNED,
        HoldReason.LINK_USED_UP,
        HoldReason.OUTDATED,
    )
]
_ABOUT_BODIES = (
    DecisionKind.ADOPT,
    DecisionKind.USE,
    DecisionKind.LEAD,
    DecisionKind.DISCARD,
    DecisionKind.KEEP,
)
"""What lineage is worked out from: the record has to be processed again."""


def reject(record_id: str) -> str:
    """The outcome that rejects one row of a pair: the other stays."""
    return REJECT + record_id


def decide_duplicate(
    store: Store, pair_uuid: str, outcome: str, note: str | None = None, actor_uuid: str | None = None
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
        take_turn(session, [pair["project_uuid"]])
        rows = (pair["record_a"], pair["record_b"])
        if outcome not in (KEEP_BOTH, *map(reject, rows)):
            raise Invalid(
                f"{outcome!r} does not decide this pair.",
                f"Use {KEEP_BOTH}, {reject(rows[0])} or {reject(rows[1])}.",
            )
        made = add_decision(
            session, pair["project_uuid"], DecisionKind.DUPLICATE, pair_uuid, outcome, actor_uuid, note
        )
        apply_decisions(session, rows)
        return made

    return store.write(work)


def adopt(store: Store, submission_uuid: str, note: str | None = None, actor_uuid: str | None = None) -> str:
    """Let what waits for a person count: an edit whose original never came, which then stands for itself, one
    that came when its form was closed, one of a form its device was not given, one too many by a public
    link. Returns the decision's uuid.

    Raises NotFound, Conflict (nothing of it waits so).
    """

    def work(session: WriteSession) -> str:
        row = _submission(session, submission_uuid)
        waiting = select(submission_version.c.id).where(
            submission_version.c.submission_id == row["id"],
            submission_version.c.state == VersionState.HELD,
            submission_version.c.hold_reason.in_(_ADOPTABLE),
        )
        if session.scalar(waiting.limit(1)) is None:
            raise Conflict(
                "This submission does not wait for a decision of yours.",
                "`waypost submission show` says what it waits for; an unknown form has to be published.",
            )
        made = add_decision(
            session, row["project_uuid"], DecisionKind.ADOPT, row["uuid"], "adopt", actor_uuid, note
        )
        queue.requeue(session, [row["id"]])
        return made

    return store.write(work)


def withdraw(
    store: Store, submission_uuid: str, note: str | None = None, actor_uuid: str | None = None
) -> str:
    """Take a record out of all figures, edits included; it stays stored. Returns the decision's uuid."""

    def work(session: WriteSession) -> str:
        take_turn(session, [_submission(session, submission_uuid)["project_uuid"]])
        row = _submission(session, submission_uuid)  # its root as it is now that it is our turn
        root = session.first(_SUBMISSION.where(submission.c.id == row["root_id"])) or row
        kind = DecisionKind.WITHDRAW
        made = add_decision(session, root["project_uuid"], kind, root["uuid"], "withdraw", actor_uuid, note)
        apply_to_record(session, root["id"])
        return made

    return store.write(work)


def take_back(
    store: Store, decision_uuid: str, note: str | None = None, actor_uuid: str | None = None
) -> str:
    """Undo a decision by another one: the pair is open again, the record counts again.

    Raises NotFound, Conflict (it no longer counts, because something was decided after it).
    """

    def work(session: WriteSession) -> str:
        row = session.first(select(decision).where(decision.c.uuid == decision_uuid))
        if row is None:
            raise NotFound(f"There is no decision {decision_uuid}.")
        take_turn(session, [row["project_uuid"]])
        subject = row["subject_uuid"]
        current = in_force(session, decision.c.subject_uuid == subject)[row["kind"], subject]
        if current["uuid"] != decision_uuid or row["outcome"] == UNDECIDED:
            raise Conflict("This decision no longer counts.", f"Decision {current['uuid']} came after it.")
        made = add_decision(session, row["project_uuid"], row["kind"], subject, UNDECIDED, actor_uuid, note)
        if row["kind"] == DecisionKind.DUPLICATE:
            pair = session.first(select(duplicate_pair).where(duplicate_pair.c.uuid == subject))
            rejected = row["outcome"].removeprefix(REJECT)
            apply_decisions(session, [pair["record_a"], pair["record_b"]] if pair else [rejected])
        else:
            of = _submission(session, _submission_of(session, row["kind"], subject))
            apply_to_record(session, of["root_id"] or of["id"])
            if row["kind"] in _ABOUT_BODIES:
                queue.requeue(session, [of["id"]])
            if row["kind"] == DecisionKind.KEEP:
                _withdraw_kept(session, row["outcome"], actor_uuid)
        return made

    return store.write(work)


def undecided_pairs(session: ReadSession, project_uuid: str | None) -> list[RowMapping]:
    """The pairs of a project (None: of all) that nobody has decided and whose rows both count, most alike
    first."""
    pairs = _pairs(session, project_uuid)
    decided = outcomes(session, [pair["uuid"] for pair in pairs])
    waiting = [pair for pair in pairs if pair["uuid"] not in decided]
    rows = rows_by_id(session, {pair[side] for pair in waiting for side in _SIDES})
    valid = {record_id for record_id, row in rows.items() if row["status"] == "valid"}
    return [pair for pair in waiting if all(pair[side] in valid for side in _SIDES)]


def open_pairs(session: ReadSession, project_id: int) -> list[dict[str, Any]]:
    """The undecided pairs with what a person needs to compare them: both rows, column by column.

    Each: {"pair", "table", "score", "reasons", "rows": [row a, row b]}.
    """
    pairs = undecided_pairs(session, _uuid_of(session, project_id))
    rows: dict[str, RowMapping] = {}
    for name, table in DECIDED_TABLES.items():
        ids = {pair[side] for pair in pairs for side in _SIDES if pair["table_name"] == name}
        for part in parts(ids):
            found = session.all(select(table).where(table.c.record_id.in_(part)))
            rows |= {row["record_id"]: row for row in found}
    return [
        {
            "pair": pair["uuid"],
            "table": pair["table_name"],
            "score": pair["score"],
            "reasons": pair["reasons"],
            "rows": [_without_root(rows[pair[side]]) for side in _SIDES],
        }
        for pair in pairs
    ]


def _pairs(session: ReadSession, project_uuid: str | None) -> Sequence[RowMapping]:
    mine = true() if project_uuid is None else duplicate_pair.c.project_uuid == project_uuid
    return session.all(
        select(duplicate_pair).where(mine).order_by(duplicate_pair.c.score.desc(), duplicate_pair.c.uuid)
    )


def _submission_of(session: ReadSession, kind: str, subject: str) -> str:
    """The submission a decision's subject is, or belongs to."""
    if kind in (DecisionKind.DISCARD, DecisionKind.KEEP):
        found = session.scalar(
            select(submission.c.uuid)
            .join(submission_version, submission_version.c.submission_id == submission.c.id)
            .where(submission_version.c.uuid == subject)
        )
        return str(found or subject)
    return subject.partition(":")[0] if kind == DecisionKind.SETTLE else subject


def _withdraw_kept(session: WriteSession, submission_uuid: str, actor_uuid: str | None) -> None:
    """The record a body had become is withdrawn when that is taken back; it stays stored."""
    row = session.first(_SUBMISSION.where(submission.c.uuid == submission_uuid))
    if row is not None:
        kind = DecisionKind.WITHDRAW
        add_decision(session, row["project_uuid"], kind, row["uuid"], "withdraw", actor_uuid)
        apply_to_record(session, row["root_id"] or row["id"])
        queue.requeue(session, [row["id"]])


def _uuid_of(session: ReadSession, project_id: int) -> str:
    uuid = session.scalar(select(project.c.uuid).where(project.c.id == project_id))
    if uuid is None:
        raise NotFound(f"There is no project {project_id}.", "`waypost project list` shows the projects.")
    return str(uuid)


def apply_to_record(session: WriteSession, record_id: int) -> None:
    """Let what was decided about a record (submission.id of its original) show in it and in its rows."""
    keep_standings(session, resolve(session, [record_id], form_states(session)))
    apply_decisions(session, _rows_of(session, [record_id]))
    release_approved(session, record_id)


def _rows_of(session: ReadSession, root_ids: Collection[int]) -> list[str]:
    return [
        row["record_id"]
        for table in DECIDED_TABLES.values()
        for row in session.all(select(table.c.record_id).where(table.c.root_id.in_(list(root_ids))))
    ]


def _without_root(row: RowMapping) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "root_id"}


_SUBMISSION = select(submission.c.id, submission.c.uuid, submission.c.project_uuid, submission.c.root_id)


def _submission(session: ReadSession, uuid: str) -> RowMapping:
    row = session.first(_SUBMISSION.where(submission.c.uuid == uuid))
    if row is None:
        raise NotFound(f"There is no submission {uuid}.", "`waypost submission show` gives the uuid.")
    return row


def add_decision(
    session: WriteSession,
    project_uuid: str,
    kind: str,
    subject_uuid: str,
    outcome: str,
    actor_uuid: str | None,
    note: str | None = None,
) -> str:
    """Add a decision, with its change and its audit row. What it replaces is named by `reverses_uuid`."""
    before = in_force(session, decision.c.subject_uuid == subject_uuid).get((str(kind), subject_uuid))
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
