"""What happened, read from the change log: receipt of records, and people's reviews.

In: a stretch of the change log. Out: `Happening`s with the body that is told: ids, states and links. Answers
are never part of it, nor who sent a record: a receiver with a grant asks the API for them, and gets what its
grant shows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from urllib.parse import quote

from sqlalchemy import RowMapping, select

from sync.decided import UNDECIDED
from sync.store import ReadSession
from sync.tables import change, decision, project, submission, submission_version
from sync.tables.derived import DecisionKind
from sync.tables.log import ChangeKind
from sync.tables.records import VersionState

_DEEP = 100  # edits of edits followed back to an original
_AT_ONCE = 500


class Event(StrEnum):
    CREATED = "submission.created"
    UPDATED = "submission.updated"  # an edit came
    CONFLICT = "submission.conflict"  # another body under an instanceID that has one
    HELD = "submission.held"  # it waits: its form is unknown, its original missing
    RELEASED = "submission.released"  # it waits no longer
    REVIEWED = "submission.reviewed"
    TEST = "test"  # asked for; not to be subscribed to


EVENTS = tuple(event for event in Event if event is not Event.TEST)

_OF_STATE = {
    VersionState.CURRENT: Event.CREATED,
    VersionState.EDIT: Event.UPDATED,
    VersionState.CONFLICT: Event.CONFLICT,
    VersionState.HELD: Event.HELD,
}


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing to tell whoever listens to a project."""

    seq: int
    event: Event
    subject_uuid: str
    project_id: int
    xml_form_id: str
    body: Mapping[str, Any]
    held_version_id: int | None = None


def happenings(session: ReadSession, after: int, upto: int, base_url: str) -> list[Happening]:
    """What the changes after one number, up to another, are to those outside; in their order."""
    changes = session.all(
        select(change.c.seq, change.c.kind, change.c.object_uuid, change.c.at)
        .where(change.c.seq > after, change.c.seq <= upto)
        .where(change.c.kind.in_([ChangeKind.SUBMISSION, ChangeKind.DECISION]))
        .order_by(change.c.seq)
    )
    by_uuid = {row["object_uuid"]: row for row in changes}
    versions = _versions(session, submission_version.c.uuid, by_uuid)
    reviews = _reviews(session, by_uuid)
    found = [
        *(_received(session, row, by_uuid[row["version_uuid"]], base_url) for row in versions),
        *(_reviewed(row, by_uuid[row["decision_uuid"]], base_url) for row in reviews),
    ]
    return sorted((one for one in found if one is not None), key=lambda one: one.seq)


def released(
    session: ReadSession, version_ids: Sequence[int], base_url: str, at: datetime
) -> list[Happening]:
    """Of versions that were told as held, those that are held no longer."""
    found = []
    for row in _versions(session, submission_version.c.id, version_ids):
        if row["state"] != VersionState.HELD:
            seen = {"seq": 0, "at": at}
            found.append(_told(session, Event.RELEASED, row["version_uuid"], row, seen, base_url))
    return found


def _received(
    session: ReadSession, row: RowMapping, changed: Mapping[Any, Any], base_url: str
) -> Happening | None:
    event = _OF_STATE.get(VersionState(row["state"]))
    if event is None:
        return None
    return _told(session, event, row["version_uuid"], row, changed, base_url)


def _told(
    session: ReadSession,
    event: Event,
    subject: str,
    row: RowMapping,
    changed: Mapping[Any, Any],
    base_url: str,
) -> Happening:
    held = event is Event.HELD
    body = _body(event, row, changed, base_url, _original(session, row))
    body["submission"]["versionState"] = row["state"]
    body["reason"] = row["hold_reason"] if held else None
    return Happening(
        changed["seq"],
        event,
        subject,
        row["project_id"],
        row["xml_form_id"],
        body,
        row["version_id"] if held else None,
    )


def _reviewed(row: RowMapping, changed: Mapping[Any, Any], base_url: str) -> Happening:
    body = _body(Event.REVIEWED, row, changed, base_url, row["instance_id"])
    body["submission"]["reviewState"] = None if row["outcome"] == UNDECIDED else row["outcome"]
    return Happening(
        changed["seq"], Event.REVIEWED, row["decision_uuid"], row["project_id"], row["xml_form_id"], body
    )


def _body(
    event: Event, row: RowMapping, changed: Mapping[Any, Any], base_url: str, original: str
) -> dict[str, Any]:
    form, instance = quote(row["xml_form_id"], safe=""), quote(original, safe="")
    here = f"{base_url}/v1/projects/{row['project_id']}/forms/{form}/submissions/{instance}"
    return {
        "event": str(event),
        "at": _instant(changed["at"]),
        "sequence": changed["seq"] or None,
        "project": {"id": row["project_id"]},
        "form": {"xmlFormId": row["xml_form_id"], "version": row["form_version"]},
        "submission": {
            "instanceId": original,
            "versionInstanceId": row["instance_id"],
            "reviewState": row["review_state"],
            "receivedAt": _instant(row["received_at"]),
        },
        "links": {"submission": here, "xml": f"{here}.xml", "attachments": f"{here}/attachments"},
    }


def _original(session: ReadSession, row: RowMapping) -> str:
    """The instanceID of the original an edit leads back to, as far as it is here."""
    instance_id, edits = row["instance_id"], row["deprecated_id"]
    for _ in range(_DEEP):
        if edits is None:
            break
        before = session.first(
            select(submission.c.instance_id, submission.c.deprecated_id).where(
                submission.c.project_uuid == row["project_uuid"],
                submission.c.xml_form_id == row["xml_form_id"],
                submission.c.instance_id == edits,
            )
        )
        if before is None:
            break
        instance_id, edits = before["instance_id"], before["deprecated_id"]
    return str(instance_id)


_RECORD = (
    project.c.id.label("project_id"),
    submission.c.project_uuid,
    submission.c.xml_form_id,
    submission.c.instance_id,
    submission.c.deprecated_id,
    submission.c.review_state,
    submission.c.received_at,
)


def _versions(session: ReadSession, by: Any, keys: Iterable[Any]) -> Iterator[RowMapping]:
    """Versions of projects' records; what was sent to try a draft belongs to no project."""
    statement = (
        select(
            *_RECORD,
            submission_version.c.id.label("version_id"),
            submission_version.c.uuid.label("version_uuid"),
            submission_version.c.state,
            submission_version.c.hold_reason,
            submission_version.c.form_version,
        )
        .join(submission, submission.c.id == submission_version.c.submission_id)
        .join(project, project.c.uuid == submission.c.project_uuid)
    )
    for part in _parts(keys):
        yield from session.all(statement.where(by.in_(part)))


def _reviews(session: ReadSession, uuids: Iterable[str]) -> Iterator[RowMapping]:
    newest = (
        select(submission_version.c.form_version)
        .where(submission_version.c.submission_id == submission.c.id)
        .order_by(submission_version.c.id)
        .limit(1)
        .scalar_subquery()
    )
    statement = (
        select(
            *_RECORD, decision.c.uuid.label("decision_uuid"), decision.c.outcome,
            newest.label("form_version"),
        )
        .join(submission, submission.c.uuid == decision.c.subject_uuid)
        .join(project, project.c.uuid == submission.c.project_uuid)
        .where(decision.c.kind == DecisionKind.REVIEW)
    )  # fmt: skip
    for part in _parts(uuids):
        yield from session.all(statement.where(decision.c.uuid.in_(part)))


def _parts(keys: Iterable[Any]) -> Iterator[list[Any]]:
    every = list(keys)
    for at in range(0, len(every), _AT_ONCE):
        yield every[at : at + _AT_ONCE]


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
