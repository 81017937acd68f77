"""Submissions come in, entities come of them: each submission version is taken once and never again.

In: records as the worker processed them, with what their versions say about entities. Out: versions of
entities, and for each submission version a row that remembers what became of it, in the transaction of the
record's derived rows. A resend, a retry and a rebuild find those rows and make nothing.

Of one record the first version that can be applied is, tried in the order of its chain: the original before
its edits, whichever came first. Later edits change no entity. What waits is tried again when its time has
come: approved by a review, released by what it follows, forced after DAYS_HELD days; then the record is put
into the queue once more, and read from what was received.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from sync import queue
from sync.entities.applying import APPROVED, ARRIVED, RELEASED, Applied, Held, Submitted, apply_submission
from sync.entities.writing import Author
from sync.lineage import Record, Version
from sync.problems import Problem
from sync.seal import Keyring
from sync.steps.values import SubmittedEntity
from sync.store import ReadSession, Store, WriteSession, now
from sync.tables import (
    decision,
    entity_intake,
    entity_source,
    form,
    form_version,
    project,
    submission,
    submission_version,
)
from sync.tables.derived import DecisionKind
from sync.tables.entities import IntakeState

Row = Mapping[Any, Any]

DAYS_HELD = 5
"""After so many days an update made offline is applied without the one it follows."""

_DUE = frozenset({IntakeState.APPROVED, IntakeState.CONVERTED, IntakeState.RELEASED, IntakeState.FORCED})


@dataclass(frozen=True, slots=True)
class Arrival:
    """A record with what the versions of its chain say, the original's first, the one that counts last."""

    record: Record
    said: tuple[tuple[Version, tuple[SubmittedEntity, ...]], ...]


def untaken(session: ReadSession, versions: Sequence[Version]) -> list[Version]:
    """Those of a record's versions that were never taken."""
    ids = [version.id for version in versions]
    known = select(entity_intake.c.submission_version_id).where(
        entity_intake.c.submission_version_id.in_(ids)
    )
    taken = {row["submission_version_id"] for row in session.all(known)}
    return [version for version in versions if version.id not in taken]


def take_in(session: WriteSession, keyring: Keyring, arrivals: Iterable[Arrival]) -> None:
    """Apply what records say about entities, in the order in which their versions were received."""
    for arrival in sorted(arrivals, key=lambda one: one.said[-1][0].id):
        if arrival.record.root is not None:
            _Taking(session, keyring, arrival).take()


class _Taking:
    """One record."""

    def __init__(self, session: WriteSession, keyring: Keyring, arrival: Arrival) -> None:
        assert arrival.record.root is not None
        self._session = session
        self._keyring = keyring
        self._arrival = arrival
        self._root = arrival.record.root
        self._project_id = session.scalar(
            select(project.c.id).where(project.c.uuid == self._root.project_uuid)
        )

    def take(self) -> None:
        if self._project_id is None:  # what was sent to test a draft makes nothing
            return
        mine = select(entity_intake).where(entity_intake.c.root_id == self._root.id)
        known = {row["submission_version_id"]: row for row in self._session.all(mine)}
        for version, said in self._arrival.said:
            row = known.get(version.id)
            if row is None or row["state"] in _DUE:
                self._take(version, said, row["state"] if row is not None else None)

    def _take(self, version: Version, said: tuple[SubmittedEntity, ...], due: str | None) -> None:
        if self._is_used():
            self._note(version, said, IntakeState.SKIPPED, "An earlier version of the record was applied.")
            return
        submitted = self._submitted(version, said, due)
        try:
            with self._session.savepoint():
                applied = apply_submission(self._session, self._keyring, submitted)
        except Held as held:
            self._note(version, said, IntakeState.HELD, held=held)
            self._log("submission.backlog.hold", version, submitted.triggered_by)
            return
        except Problem as problem:
            self._note(version, said, IntakeState.REFUSED, str(problem))
            self._log_error(version, submitted.triggered_by, problem)
            return
        if applied.versions:
            self._note(version, said, IntakeState.APPLIED)
            self._release(applied)
        elif applied.pending:
            self._note(version, said, IntakeState.PENDING)
            if due is None and self._is_approved():  # by somebody who was faster than the worker
                self._take(version, said, IntakeState.APPROVED)
        else:
            self._note(version, said, IntakeState.SKIPPED)

    def _is_used(self) -> bool:
        used = select(entity_source.c.id).where(entity_source.c.submission_id == self._root.id)
        return self._session.scalar(used.limit(1)) is not None

    def _is_approved(self) -> bool:
        mine = select(submission.c.review_state).where(submission.c.id == self._root.id)
        return bool(self._session.scalar(mine) == "approved")

    def _submitted(self, version: Version, said: tuple[SubmittedEntity, ...], due: str | None) -> Submitted:
        trigger, at, by = ARRIVED, version.received_at, version.actor_uuid
        if version.submission_id != self._root.id:
            trigger = "submission.update.version"
        if due == IntakeState.APPROVED:
            trigger, (at, by) = APPROVED, _approval(self._session, self._arrival.record, at, by)
        elif due in (IntakeState.RELEASED, IntakeState.FORCED):
            trigger, at = RELEASED, now()
        return Submitted(
            self._project_id,
            _form_version_id(self._session, self._project_id, self._root.xml_form_id, version.form_version),
            self._root.id,
            version.id,
            Author(version.actor_uuid, _user_agent(self._session, version.id)),
            said,
            trigger,
            at,
            by,
            forced=due == IntakeState.FORCED,
        )

    def _release(self, applied: Applied) -> None:
        """Have the updates that follow tried, which had come before the one they follow."""
        row = entity_intake.c
        for one in applied.versions:
            following = (
                (row.entity_uuid == one.uuid, row.branch_base_version == 1)
                if one.branch_id is None
                else (
                    row.branch_id == one.branch_id,
                    row.branch_base_version == (one.branch_base_version or 0) + 1,
                )
            )
            _set_due(self._session, IntakeState.RELEASED, row.state == IntakeState.HELD, *following)

    def _note(
        self,
        version: Version,
        said: tuple[SubmittedEntity, ...],
        state: IntakeState,
        reason: str | None = None,
        held: Held | None = None,
    ) -> None:
        row = {
            "submission_version_id": version.id,
            "root_id": self._root.id,
            "project_uuid": self._root.project_uuid,
            "datasets": sorted({one.dataset for one in said if one.dataset}),
            "state": str(state),
            "reason": reason,
            "entity_uuid": held.uuid if held else None,
            "branch_id": held.branch_id if held else None,
            "branch_base_version": held.base_version if held else None,
            "at": now(),
        }
        self._session.upsert(entity_intake, [row], key=("submission_version_id",))

    def _log(self, action: str, version: Version, by: str | None) -> None:
        self._session.audit(action, self._root.uuid, by, submissionDefId=version.id)

    def _log_error(self, version: Version, by: str | None, problem: Problem) -> None:
        told = {"kind": type(problem).__name__, "problemDetails": getattr(problem, "details", None)}
        self._session.audit(
            "entity.error", self._root.uuid, by,
            submissionDefId=version.id, errorMessage=str(problem), problem=told,
        )  # fmt: skip


# -- what waits ----------------------------------------------------------------------------------------------


def release_approved(session: WriteSession, root_id: int) -> None:
    """Have a record's entities made that waited for its approval, where it is approved: after a review."""
    state = session.scalar(select(submission.c.review_state).where(submission.c.id == root_id))
    if state == "approved":
        waits = entity_intake.c.state.in_([str(IntakeState.PENDING), str(IntakeState.REFUSED)])
        _set_due(session, IntakeState.APPROVED, entity_intake.c.root_id == root_id, waits)


def count_pending(session: ReadSession, list_row: Row) -> int:
    """How many submissions wait for approval to make entities of a list."""
    return len(_pending(session, list_row))


def convert_pending(session: WriteSession, list_row: Row) -> None:
    """Have entities made of them all the same: the list needs approval no more."""
    versions = _pending(session, list_row)
    _set_due(session, IntakeState.CONVERTED, entity_intake.c.submission_version_id.in_(versions))


def force_overdue(store: Store) -> int:
    """Have the updates applied that have waited DAYS_HELD days for what they follow. How many."""
    before = now() - timedelta(days=DAYS_HELD)
    held = entity_intake.c.state == IntakeState.HELD, entity_intake.c.at < before
    with store.read() as session:
        if session.scalar(select(entity_intake.c.submission_version_id).where(*held).limit(1)) is None:
            return 0
    return store.write(lambda session: force_held(session, before))


def force_held(session: WriteSession, before: datetime) -> int:
    """Have the updates applied that were held before an instant, without what they follow. How many."""
    held = entity_intake.c.state == IntakeState.HELD, entity_intake.c.at < before
    return _set_due(session, IntakeState.FORCED, *held)


def _set_due(session: WriteSession, state: IntakeState, *where: Any) -> int:
    rows = session.all(
        select(entity_intake)
        .where(*where)
        .order_by(entity_intake.c.branch_id, entity_intake.c.branch_base_version)
    )
    ids = [row["submission_version_id"] for row in rows]
    if ids:
        mine = entity_intake.c.submission_version_id.in_(ids)
        session.execute(update(entity_intake).where(mine).values(state=str(state)))
        queue.requeue(session, list(dict.fromkeys(row["root_id"] for row in rows)))
    return len(ids)


def _pending(session: ReadSession, list_row: Row) -> list[int]:
    """The newest version of each record that waits for approval and was not refused it."""
    rows = session.all(
        select(entity_intake.c.submission_version_id, entity_intake.c.root_id, entity_intake.c.datasets)
        .join(submission, submission.c.id == entity_intake.c.root_id)
        .join(project, project.c.uuid == entity_intake.c.project_uuid)
        .where(
            project.c.id == list_row["project_id"],
            entity_intake.c.state == IntakeState.PENDING,
            submission.c.deleted_at.is_(None),
            submission.c.review_state.is_(None) | submission.c.review_state.in_(["edited", "hasIssues"]),
        )
        .order_by(entity_intake.c.submission_version_id)
    )
    newest = {
        row["root_id"]: row["submission_version_id"] for row in rows if list_row["name"] in row["datasets"]
    }
    return list(newest.values())


def _approval(
    session: ReadSession, record: Record, at: datetime, by: str | None
) -> tuple[datetime, str | None]:
    """When a record was approved, and by whom."""
    mine = (
        decision.c.subject_uuid.in_([node.uuid for node in record.nodes]),
        decision.c.kind == DecisionKind.REVIEW,
    )
    newest = session.first(
        select(decision.c.decided_at, decision.c.actor_uuid)
        .where(*mine)
        .order_by(decision.c.decided_at.desc(), decision.c.uuid.desc())
        .limit(1)
    )
    return (newest["decided_at"], newest["actor_uuid"]) if newest is not None else (at, by)


def _form_version_id(session: ReadSession, project_id: int, xml_form_id: str, version: str) -> int | None:
    found: int | None = session.scalar(
        select(form_version.c.id)
        .join(form, form.c.id == form_version.c.form_id)
        .where(
            form.c.project_id == project_id,
            form.c.xml_form_id == xml_form_id,
            form_version.c.version == version,
        )
    )
    return found


def _user_agent(session: ReadSession, version_id: int) -> str | None:
    found: str | None = session.scalar(
        select(submission_version.c.user_agent).where(submission_version.c.id == version_id)
    )
    return found
