"""How things stand: the value behind `waypost status`. Counts and names of forms and devices, no answers."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select, true

from sync.decisions import undecided_pairs
from sync.mentioned_files import binary_questions, mentioned_files
from sync.problems import NotFound
from sync.store import ReadSession, Store
from sync.tables import actor, answer_row, attachment, project, receipt_event, submission, submission_version
from sync.tables.log import EventState
from sync.tables.records import VersionState


def status(store: Store, project_id: int | None = None) -> dict[str, Any]:
    """Counts for one project, or for all; who sent what last.

    held        versions that wait, by reason
    incomplete  records whose answers mention a file that has not arrived
    under_review  pairs of suspected duplicates that nobody has decided
    Raises NotFound (project).
    """
    with store.read() as session:
        uuid = _project_uuid(session, project_id)
        mine = true() if uuid is None else submission.c.project_uuid == uuid
        events = _counted(session, receipt_event.c.state, receipt_event, receipt_event.c.submission_id, mine)
        versions = (submission_version, submission_version.c.submission_id)
        states = _counted(session, submission_version.c.state, *versions, mine)
        held = and_(mine, submission_version.c.state == VersionState.HELD)
        received = select(
            func.count().label("received"),
            func.count(submission.c.erased_at).label("erased"),
            func.max(submission.c.received_at).label("last_received"),
        )
        return {
            **(session.first(received.where(mine)) or {}),
            "waiting": events.get(EventState.WAITING, 0),
            "parked": events.get(EventState.PARKED, 0),
            "held": _counted(session, submission_version.c.hold_reason, *versions, held),
            "conflicts": states.get(VersionState.CONFLICT, 0),
            "incomplete": _incomplete(store, session, mine),
            "under_review": len(undecided_pairs(session, uuid)),
            "forms": _by_form(session, mine),
            "app_users": _by_app_user(session, mine),
        }


def _project_uuid(session: ReadSession, project_id: int | None) -> str | None:
    if project_id is None:
        return None
    uuid = session.scalar(select(project.c.uuid).where(project.c.id == project_id))
    if uuid is None:
        raise NotFound(f"There is no project {project_id}.", "`waypost project list` shows the projects.")
    return str(uuid)


def _counted(
    session: ReadSession,
    column: ColumnElement[Any],
    table: Any,
    submission_id: ColumnElement[Any],
    where: ColumnElement[bool],
) -> dict[str, int]:
    joined = submission.join(table, submission_id == submission.c.id)
    statement = select(column.label("of"), func.count().label("n")).select_from(joined).where(where)
    return {row["of"]: row["n"] for row in session.all(statement.group_by(column).order_by(column))}


def _incomplete(store: Store, session: ReadSession, mine: ColumnElement[bool]) -> int:
    """Only the answers to forms that ask for files are read, one form version after the other."""
    of_form = (submission.c.project_uuid, submission.c.xml_form_id, submission_version.c.form_version)
    read = answer_row.join(submission_version, submission_version.c.id == answer_row.c.version_id).join(
        submission, submission.c.id == submission_version.c.submission_id
    )
    total = 0
    for row in session.all(select(*of_form).select_from(read).where(mine).distinct()):
        project_uuid, form_id, version = map(str, row.values())
        questions = binary_questions(store, project_uuid, form_id, version)
        if not questions:
            continue
        wanted: dict[int, set[str]] = defaultdict(set)
        answers = select(answer_row.c.root_id, answer_row.c.answers).select_from(read)
        answers = answers.where(of_form[0] == project_uuid, of_form[1] == form_id, of_form[2] == version)
        for batch in session.stream(answers):
            for root_id, given in batch:
                wanted[root_id] |= mentioned_files(questions, [given])
        total += _with_gaps(session, {root_id: names for root_id, names in wanted.items() if names})
    return total


def _with_gaps(session: ReadSession, wanted: dict[int, set[str]]) -> int:
    """How many records lack a file they mention. A file that came with an edit counts for the record."""
    roots = sorted(wanted)
    for start in range(0, len(roots), 500):
        part = roots[start : start + 500]
        came = (
            select(submission.c.root_id, attachment.c.name)
            .join(attachment, attachment.c.submission_id == submission.c.id)
            .where(submission.c.root_id.in_(part))
        )
        for row in session.all(came):
            wanted[row["root_id"]].discard(row["name"])
    return sum(bool(names) for names in wanted.values())


def _by_form(session: ReadSession, mine: ColumnElement[bool]) -> list[dict[str, Any]]:
    form = submission.c.xml_form_id
    statement = (
        select(
            project.c.id.label("project"),
            form.label("form_id"),
            func.count().label("received"),
            func.max(submission.c.received_at).label("last_received"),
        )
        .join_from(submission, project, project.c.uuid == submission.c.project_uuid)
        .where(mine)
        .group_by(project.c.id, form)
        .order_by(project.c.id, form)
    )
    return [dict(row) for row in session.all(statement)]


def _by_app_user(session: ReadSession, mine: ColumnElement[bool]) -> list[dict[str, Any]]:
    statement = (
        select(
            actor.c.name,
            func.count().label("received"),
            func.max(submission.c.received_at).label("last_received"),
        )
        .join_from(submission, actor, actor.c.uuid == submission.c.actor_uuid)
        .where(mine)
        .group_by(actor.c.uuid, actor.c.name)
        .order_by(actor.c.name, actor.c.uuid)
    )
    return [dict(row) for row in session.all(statement)]
