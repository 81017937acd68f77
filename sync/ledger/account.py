"""What came from one app user, counted: by device, by form version, how late, with which gaps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from sync.held.item import Item
from sync.held.keeping import is_derived
from sync.held.records import incomplete
from sync.held.waiting import root
from sync.ledger.sequences import COUNTER, Sequence, read_number, sequences
from sync.policy.records import records_in
from sync.policy.scope import Scope
from sync.store import ReadSession, Store
from sync.tables import answer_row, submission, submission_version
from sync.tables.records import VersionState

_END = "end"
_MOST_INCOMPLETE = 100


@dataclass(frozen=True, slots=True)
class DeviceSeen:
    device_id: str | None
    first_received_at: datetime
    last_received_at: datetime
    submissions: int


@dataclass(frozen=True, slots=True)
class VersionInUse:
    xml_form_id: str
    version: str
    submissions: int
    last_received_at: datetime


@dataclass(frozen=True, slots=True)
class Lag:
    """Between the end of an interview by the tablet's clock and receipt, in seconds."""

    records: int
    median_s: float
    longest_s: float
    clock_ahead: int  # records that ended after they came: the tablet's clock is wrong


@dataclass(frozen=True, slots=True)
class Account:
    submissions: int  # originals and edits
    edits: int
    held: int
    conflicts: int
    devices: tuple[DeviceSeen, ...]  # in the order they were first seen
    versions: tuple[VersionInUse, ...]
    sequences: tuple[Sequence, ...]
    lag: Lag | None  # None: no form says when an interview ended
    incomplete: tuple[Item, ...]


def account(session: ReadSession, store: Store, seen: Scope, actor_uuid: str) -> Account:
    """The account of an app user (uuid), as far as `seen` reaches."""
    devices = session.all(_grouped(seen, actor_uuid, submission_version.c.device_id))
    versions = session.all(
        _grouped(seen, actor_uuid, submission.c.xml_form_id, submission_version.c.form_version)
    )
    states = session.all(_grouped(seen, actor_uuid, submission_version.c.state))
    by_state = {row["state"]: row["n"] for row in states}
    numbers, lags = _told(session, seen, actor_uuid)
    lacking = incomplete(session, store, seen, [submission.c.actor_uuid == actor_uuid])
    edits = session.scalar(
        _mine(select(func.count()), seen, actor_uuid).where(
            submission.c.deprecated_id.is_not(None), _first_body()
        )
    )
    return Account(
        submissions=session.scalar(_mine(select(func.count()), seen, actor_uuid).where(_first_body())),
        edits=edits,
        held=by_state.get(VersionState.HELD, 0),
        conflicts=by_state.get(VersionState.CONFLICT, 0),
        devices=tuple(
            DeviceSeen(row["device_id"], row["first"], row["last"], row["n"])
            for row in sorted(devices, key=lambda row: row["first"])
        ),
        versions=tuple(
            VersionInUse(row["xml_form_id"], row["form_version"], row["n"], row["last"]) for row in versions
        ),
        sequences=tuple(sequences(numbers)),
        lag=_lag(lags),
        incomplete=tuple(item for _, item in zip(range(_MOST_INCOMPLETE), lacking, strict=False)),
    )


def _mine(statement: Select[Any], seen: Scope, actor_uuid: str) -> Select[Any]:
    """Of the bodies an app user sent, those of records that are seen."""
    joined = submission_version.join(submission, submission.c.id == submission_version.c.submission_id).join(
        root, root.c.id == func.coalesce(submission.c.root_id, submission.c.id)
    )
    return statement.select_from(joined).where(
        submission.c.project_uuid == seen.project_uuid,
        submission.c.erased_at.is_(None),
        submission_version.c.actor_uuid == actor_uuid,
        ~is_derived(),
        records_in(seen, root),
    )


def _first_body() -> ColumnElement[bool]:
    """One row for each submission: a second body under one instanceID is no second one."""
    return submission_version.c.state != VersionState.CONFLICT


def _grouped(seen: Scope, actor_uuid: str, *by: ColumnElement[Any]) -> Select[Any]:
    at = submission_version.c.received_at
    columns = (*by, func.count().label("n"), func.min(at).label("first"), func.max(at).label("last"))
    return _mine(select(*columns), seen, actor_uuid).group_by(*by).order_by(*by)


def _told(
    session: ReadSession, seen: Scope, actor_uuid: str
) -> tuple[list[tuple[str | None, str, int]], list[float]]:
    """The numbers forms gave to records, and how long after their end they came. Originals only: a correction
    keeps the number, and is made later."""
    statement = _mine(
        select(
            submission.c.xml_form_id,
            submission_version.c.device_id,
            submission.c.received_at,
            answer_row.c.answers,
        ),
        seen,
        actor_uuid,
    )
    statement = statement.join(answer_row, answer_row.c.root_id == submission.c.id).where(
        answer_row.c.table_path == "", submission.c.deprecated_id.is_(None), _first_body()
    )
    numbers, lags = [], []
    for batch in session.stream(statement):
        for form, device, received_at, answers in batch:
            number = read_number(_answer(answers, COUNTER))
            if number is not None:
                numbers.append((device, form, number))
            ended = _instant(_answer(answers, _END))
            if ended is not None:
                lags.append((received_at - ended).total_seconds())
    return numbers, lags


def _answer(answers: Mapping[str, Any], name: str) -> Any:
    """The answer of a question of the form's first level with this name."""
    return next(
        (v for path, v in answers.items() if path.count("/") == 2 and path.endswith(f"/{name}")), None
    )


def _instant(value: Any) -> datetime | None:
    """A device's time that says its offset."""
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return at if at is not None and at.tzinfo is not None else None


def _lag(lags: list[float]) -> Lag | None:
    if not lags:
        return None
    late = [max(seconds, 0.0) for seconds in lags]
    return Lag(len(lags), median(late), max(late), sum(seconds < 0 for seconds in lags))
