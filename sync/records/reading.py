"""The records of a form, newest first, each with the version that counts now.

In: a space, a form id, what the reader sees. Out: `RecordView`s. A record is listed when its original was
taken: what is held, in conflict or erased is not, and what was deleted only when it is asked for. The version
that counts is worked out from what is stored, so that an edit is seen as soon as it was received.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select

from sync.catalogue import form_states
from sync.lineage import Record, Version, resolve
from sync.records.sight import SENSITIVITIES, Sight
from sync.store import ReadSession
from sync.tables import submission, submission_version
from sync.tables.records import VersionState

_CHUNK = 500  # records looked at together

ACCEPTED = (VersionState.CURRENT, VersionState.EDIT)
"""The states of versions that are part of a record; held and conflicting ones wait beside it."""


@dataclass(frozen=True, slots=True)
class Body:
    """One version of a record."""

    id: int
    uuid: str
    submission_id: int
    submission_uuid: str
    instance_id: str
    received_at: datetime
    actor_uuid: str | None
    device_id: str | None
    user_agent: str | None
    form_version: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class RecordView:
    """A record as one reader has it. `hidden`: the sensitivities of answers that are not shown to them."""

    id: int  # of the original
    uuid: str
    space: str
    xml_form_id: str
    instance_id: str
    review_state: str | None
    updated_at: datetime | None
    deleted_at: datetime | None
    first: Body  # as it was sent
    current: Body  # as it counts
    hidden: frozenset[str]


def list_records(
    session: ReadSession,
    space: str,
    xml_form_id: str,
    sight: Sight,
    deleted: bool = False,
    limit: int | None = None,
    offset: int = 0,
) -> list[RecordView]:
    """The records of a form, newest first; those that were deleted instead when `deleted`."""
    statement = _records(space, xml_form_id, sight)
    gone = _ORIGINAL.c.deleted_at.is_not(None) if deleted else _ORIGINAL.c.deleted_at.is_(None)
    statement = statement.where(gone)
    if limit is not None:
        statement = statement.limit(limit)
    rows = session.all(statement.offset(offset) if offset else statement)
    found: list[RecordView] = []
    for start in range(0, len(rows), _CHUNK):
        found += _views(session, rows[start : start + _CHUNK], sight)
    return found


def find_record(
    session: ReadSession,
    space: str,
    xml_form_id: str,
    instance_id: str,
    sight: Sight,
    deleted: bool | None = False,
) -> RecordView | None:
    """The record whose original has this instanceID; None where there is none, or none for this reader.

    deleted  whether it has to be one that was deleted; None: either
    """
    statement = _records(space, xml_form_id, sight).where(_ORIGINAL.c.instance_id == instance_id)
    if deleted is not None:
        gone = _ORIGINAL.c.deleted_at.is_not(None) if deleted else _ORIGINAL.c.deleted_at.is_(None)
        statement = statement.where(gone)
    found = _views(session, session.all(statement), sight)
    return found[0] if found else None


def original_of(session: ReadSession, space: str, xml_form_id: str, instance_id: str) -> str | None:
    """The instanceID of the original that an edit belongs to; None for what is no edit of a record here."""
    mine = _of_form(space, xml_form_id).where(submission.c.instance_id == instance_id)
    row = session.first(mine)
    if row is None or row["deprecated_id"] is None:
        return None
    record = _whole(session, [row["id"]])[0]
    if record.root is None or record.root.id == row["id"]:
        return None
    own = [version for node in record.nodes if node.id == row["id"] for version in node.versions]
    accepted = any(record.states[version.id][0] in ACCEPTED for version in own)
    return record.root.instance_id if accepted else None


def versions_of(session: ReadSession, record: RecordView) -> list[Body]:
    """Every version of a record that was accepted, the newest first."""
    whole = _whole(session, [record.id])[0]
    accepted = [v for node in whole.nodes for v in node.versions if whole.states[v.id][0] in ACCEPTED]
    found = _bodies(session, accepted, record.current.id)
    return [found[v.id] for v in sorted(accepted, key=lambda version: version.id, reverse=True)]


def whole_record(session: ReadSession, record_id: int) -> Record:
    """The submissions a record is made of, as sync/lineage.py resolves them."""
    return _whole(session, [record_id])[0]


_ORIGINAL = submission.alias("original")
_FIRST = submission_version.alias("first")
_OF_ORIGINAL = ("id", "uuid", "project_uuid", "xml_form_id", "instance_id", "review_state", "updated_at")
_OF_FIRST = ("received_at", "actor_uuid", "device_id", "user_agent", "form_version")


def _of_form(space: str, xml_form_id: str) -> Select[Any]:
    return select(submission.c.id, submission.c.instance_id, submission.c.deprecated_id).where(
        submission.c.project_uuid == space, submission.c.xml_form_id == xml_form_id
    )


def _records(space: str, xml_form_id: str, sight: Sight) -> Select[Any]:
    flags = [shown.label(f"shows_{name}") for name, shown in sorted(sight.answers(_ORIGINAL).items())]
    columns = (
        *(_ORIGINAL.c[name] for name in _OF_ORIGINAL),
        _ORIGINAL.c.deleted_at,
        *(_FIRST.c[name] for name in _OF_FIRST),
        _FIRST.c.id.label("version_id"),
        _FIRST.c.uuid.label("version_uuid"),
        *flags,
    )
    return (
        select(*columns)
        .join(
            _FIRST,
            (_FIRST.c.submission_id == _ORIGINAL.c.id) & (_FIRST.c.state == VersionState.CURRENT),
        )
        .where(
            _ORIGINAL.c.project_uuid == space,
            _ORIGINAL.c.xml_form_id == xml_form_id,
            _ORIGINAL.c.erased_at.is_(None),
            sight.records(_ORIGINAL),
        )
        .order_by(_ORIGINAL.c.received_at.desc(), _ORIGINAL.c.id.desc())
    )


def _views(session: ReadSession, rows: Sequence[Mapping[Any, Any]], sight: Sight) -> list[RecordView]:
    if not rows:
        return []
    edited = _edited(session, rows)
    closed = SENSITIVITIES - sight.sees
    found = []
    for row in rows:
        current = edited.get(row["id"])
        first = Body(
            id=row["version_id"],
            uuid=row["version_uuid"],
            submission_id=row["id"],
            submission_uuid=row["uuid"],
            instance_id=row["instance_id"],
            is_current=current is None,
            **{name: row[name] for name in _OF_FIRST},
        )
        flags = {key.removeprefix("shows_") for key in row if str(key).startswith("shows_") and not row[key]}
        found.append(
            RecordView(
                id=row["id"],
                uuid=row["uuid"],
                space=row["project_uuid"],
                xml_form_id=row["xml_form_id"],
                instance_id=row["instance_id"],
                review_state=row["review_state"],
                updated_at=row["updated_at"],
                deleted_at=row["deleted_at"],
                first=first,
                current=current or first,
                hidden=closed | flags,
            )
        )
    return found


def _edited(session: ReadSession, rows: Sequence[Mapping[Any, Any]]) -> dict[int, Body]:
    """The version that counts of those records that were edited, by the original's id."""
    space, form = rows[0]["project_uuid"], rows[0]["xml_form_id"]
    ids = {row["instance_id"]: row["id"] for row in rows}
    edits = session.all(_of_form(space, form).where(submission.c.deprecated_id.in_(list(ids))))
    touched = sorted({ids[row["deprecated_id"]] for row in edits})
    winners = {
        record.root.id: record.winner
        for record in (_whole(session, touched) if touched else [])
        if record.root is not None and record.winner is not None
    }
    changed = {root_id: winner for root_id, winner in winners.items() if winner.submission_id != root_id}
    bodies = _bodies(session, changed.values(), None)
    return {root_id: bodies[winner.id] for root_id, winner in changed.items()}


def _bodies(session: ReadSession, versions: Iterable[Version], current: int | None) -> dict[int, Body]:
    """current  the version that counts; None: all of them do"""
    ids = [version.id for version in versions]
    statement = (
        select(
            submission_version.c.id,
            submission_version.c.uuid,
            submission_version.c.submission_id,
            submission.c.uuid.label("submission_uuid"),
            submission.c.instance_id,
            *(submission_version.c[name] for name in _OF_FIRST),
        )
        .join(submission, submission.c.id == submission_version.c.submission_id)
        .where(submission_version.c.id.in_(ids))
    )
    rows = session.all(statement) if ids else []
    return {row["id"]: Body(**row, is_current=current in (None, row["id"])) for row in rows}


def _whole(session: ReadSession, ids: Sequence[int]) -> list[Record]:
    return resolve(session, ids, form_states(session))
