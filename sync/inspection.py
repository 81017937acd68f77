"""What became of a record: the value behind `waypost submission show`.

Nothing here tells an answer: identities, states, counts, reasons and file names only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import RowMapping, Select, func, select

from sync.mentioned_files import binary_questions, mentioned_files
from sync.problems import Ambiguous, NotFound
from sync.status import status
from sync.store import ReadSession, Store
from sync.tables import (
    HARMONISED,
    answer_row,
    attachment,
    decision,
    flag,
    project,
    receipt_event,
    submission,
    submission_version,
)
from sync.tables.log import EventState
from sync.tables.records import VersionState

__all__ = ["find_submission", "list_submissions", "show_submission", "status"]


def find_submission(
    session: ReadSession, instance_id: str, project_id: int | None = None, form_id: str | None = None
) -> RowMapping:
    """The one submission of that instanceID, in a project and of a form where they are given.

    Raises NotFound, Ambiguous (`errors` holds the candidates: project, form_id, instance_id, received_at).
    """
    wanted = [submission.c.instance_id == instance_id]
    if project_id is not None:
        wanted.append(project.c.id == project_id)
    if form_id is not None:
        wanted.append(submission.c.xml_form_id == form_id)
    mine = select(submission, project.c.id.label("project_id")).join(
        project, project.c.uuid == submission.c.project_uuid
    )
    found = session.all(mine.where(*wanted).order_by(project.c.id, submission.c.xml_form_id))
    if not found:
        raise NotFound(
            f"No submission {instance_id} was received here.",
            "Check the instanceID, with its `uuid:` prefix, and the project and form if you gave them.",
        )
    if len(found) > 1:
        candidates = [
            {
                "project": row["project_id"],
                "form_id": row["xml_form_id"],
                "instance_id": row["instance_id"],
                "received_at": row["received_at"].isoformat(),
            }
            for row in found
        ]
        raise Ambiguous(
            f"{len(found)} submissions have the instanceID {instance_id}.",
            "Name the project and the form: --project N --form ID.",
            candidates,
        )
    return found[0]


def show_submission(
    store: Store, instance_id: str, project_id: int | None = None, form_id: str | None = None
) -> dict[str, Any]:
    """Everything known about one submission, as `waypost submission show` prints it.

    `state` is erased, parked, held, conflict, received (waits for the pipeline) or processed.
    `attachments_expected` counts the files that the answers mention; None before they were read.
    Raises NotFound, Ambiguous.
    """
    with store.read() as session:
        row = find_submission(session, instance_id, project_id, form_id)
        root_id = row["root_id"] or row["id"]
        members = _members(session, root_id, row["id"])
        versions = _versions(session, members)
        events = _events(session, [member["id"] for member in members])
        names = _names_received(session, [member["id"] for member in members])
        mentioned = _binary_answers(session, root_id)
        own = [version for version in versions if version["instance_id"] == instance_id]
        value: dict[str, Any] = {
            "instance_id": instance_id,
            "uuid": row["uuid"],
            "project": row["project_id"],
            "form_id": row["xml_form_id"],
            "state": _state(row, own, events),
            "received_at": row["received_at"],
            "erased_at": row["erased_at"],
            "attachments_received": len(names),
            "attachments_expected": None,
            "attachments_missing": [],
            "versions": versions,
            "record": {
                "root": next((m["instance_id"] for m in members if m["id"] == row["root_id"]), None),
                "edits": [m["instance_id"] for m in members if m["deprecated_id"]],
            },
            "decisions": _decisions(session, [member["uuid"] for member in members]),
            "rows": _row_counts(session, root_id),
            "flags": _flags(session, root_id),
            "events": [
                {name: one[name] for name in ("state", "step", "reason", "attempts", "created_at", "done_at")}
                for one in events
            ],
        }
    expected = _expected(store, row, mentioned)
    if expected is not None:
        value["attachments_expected"] = len(expected)
        value["attachments_missing"] = sorted(expected - names)
    return value


def list_submissions(store: Store, state: str, project_id: int | None = None) -> list[dict[str, Any]]:
    """The submissions that need somebody, oldest first. `state` is held, parked or conflict."""
    columns = (
        submission.c.instance_id,
        submission.c.xml_form_id.label("form_id"),
        project.c.id.label("project"),
    )
    rows = _parked(columns) if state == EventState.PARKED else _in_state(columns, state)
    rows = rows.join(project, project.c.uuid == submission.c.project_uuid)
    if project_id is not None:
        rows = rows.where(project.c.id == project_id)
    with store.read() as session:
        return [dict(row) for row in session.all(rows)]


def _parked(columns: tuple[Any, ...]) -> Select[Any]:
    why = (receipt_event.c.reason, receipt_event.c.step, receipt_event.c.created_at.label("received_at"))
    rows: Select[Any] = select(*columns, *why).select_from(submission)
    return (
        rows.join(receipt_event, receipt_event.c.submission_id == submission.c.id)
        .where(receipt_event.c.state == EventState.PARKED)
        .order_by(receipt_event.c.id)
    )


def _in_state(columns: tuple[Any, ...], state: str) -> Select[Any]:
    reason = func.coalesce(submission_version.c.hold_reason, state).label("reason")
    rows: Select[Any] = select(*columns, reason, submission_version.c.received_at).select_from(submission)
    return (
        rows.join(submission_version, submission_version.c.submission_id == submission.c.id)
        .where(submission_version.c.state == state)
        .order_by(submission_version.c.id)
    )


# -- one record -----------------------------------------------------------------------------------------


def _state(row: RowMapping, versions: Sequence[dict[str, Any]], events: Sequence[RowMapping]) -> str:
    states = {version["state"] for version in versions}
    latest = next((one["state"] for one in reversed(events) if one["submission_id"] == row["id"]), None)
    if row["erased_at"] is not None:
        return "erased"
    if latest == EventState.PARKED:
        return "parked"
    if states == {VersionState.HELD}:
        return "held"
    if VersionState.CONFLICT in states:
        return "conflict"
    return "received" if latest == EventState.WAITING else "processed"


def _members(session: ReadSession, root_id: int, own_id: int) -> Sequence[RowMapping]:
    """The submissions of a record in order of receipt: the original and its edits."""
    mine = (submission.c.root_id == root_id) | (submission.c.id == own_id)
    return session.all(select(submission).where(mine).order_by(submission.c.id))


def _versions(session: ReadSession, members: Sequence[RowMapping]) -> list[dict[str, Any]]:
    by_id = {member["id"]: member for member in members}
    mine = select(submission_version).where(submission_version.c.submission_id.in_(list(by_id)))
    return [
        {
            "state": row["state"],
            "form_version": row["form_version"],
            "received_at": row["received_at"],
            "size": row["size"],
            "hold_reason": row["hold_reason"],
            "deprecated_id": by_id[row["submission_id"]]["deprecated_id"],
            "instance_id": by_id[row["submission_id"]]["instance_id"],
        }
        for row in session.all(mine.order_by(submission_version.c.id))
    ]


def _events(session: ReadSession, ids: Sequence[int]) -> Sequence[RowMapping]:
    return session.all(
        select(receipt_event).where(receipt_event.c.submission_id.in_(ids)).order_by(receipt_event.c.id)
    )


def _decisions(session: ReadSession, uuids: Sequence[str]) -> list[dict[str, Any]]:
    """What was decided about the record's submissions, oldest first; a note may repeat an answer."""
    columns = (
        decision.c.uuid.label("decision"),
        decision.c.kind,
        decision.c.outcome,
        decision.c.decided_at,
        decision.c.reverses_uuid.label("replaces"),
    )
    mine = select(*columns).where(decision.c.subject_uuid.in_(uuids))
    return [dict(row) for row in session.all(mine.order_by(decision.c.decided_at, decision.c.uuid))]


def _names_received(session: ReadSession, ids: Sequence[int]) -> set[str]:
    mine = select(attachment.c.name).where(attachment.c.submission_id.in_(ids)).distinct()
    return {row["name"] for row in session.all(mine)}


def _row_counts(session: ReadSession, root_id: int) -> dict[str, int]:
    counts = {
        name: session.scalar(select(func.count()).select_from(table).where(table.c.root_id == root_id))
        for name, table in HARMONISED.items()
    }
    return {name: count for name, count in counts.items() if count}


def _flags(session: ReadSession, root_id: int) -> list[dict[str, Any]]:
    columns = (flag.c.code, flag.c.step, flag.c.reason, flag.c.record_id)
    return [
        dict(row)
        for row in session.all(select(*columns).where(flag.c.root_id == root_id).order_by(flag.c.id))
    ]


def _binary_answers(session: ReadSession, root_id: int) -> tuple[str, list[dict[str, Any]]] | None:
    """Form version and answers of the version that counts; None before they were read."""
    rows = session.all(
        select(answer_row.c.answers, submission_version.c.form_version)
        .join(submission_version, submission_version.c.id == answer_row.c.version_id)
        .where(answer_row.c.root_id == root_id)
    )
    return (rows[0]["form_version"], [row["answers"] for row in rows]) if rows else None


def _expected(
    store: Store, row: RowMapping, mentioned: tuple[str, list[dict[str, Any]]] | None
) -> set[str] | None:
    """The files that answers to binary questions name, the audit log among them."""
    if mentioned is None:
        return None
    version, answers = mentioned
    binary = binary_questions(store, row["project_uuid"], row["xml_form_id"], version)
    return None if binary is None else mentioned_files(binary, answers)
