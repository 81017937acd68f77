"""How many records there are, and when the last came, as far as somebody sees: for lists of forms.

A count, a day or a list of states tells of every record behind it, so that these pass the same predicate as
the records themselves. Who reads no record is told of none.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, func, select

from sync.policy.records import records_in
from sync.policy.scope import Scope
from sync.store import ReadSession
from sync.tables import submission, submission_version
from sync.tables.records import VersionState

_COUNTS = (VersionState.CURRENT, VersionState.DRAFT)


@dataclass(frozen=True, slots=True)
class RecordFigures:
    """Of one form. `review_states` counts by state; None: nobody has reviewed them."""

    records: int = 0
    last_received_at: datetime | None = None
    review_states: Mapping[str | None, int] = field(default_factory=dict)


def record_figures(
    session: ReadSession, seen: Scope | None, space: str, form_ids: Collection[str] | None = None
) -> dict[str, RecordFigures]:
    """The figures of each form of a space that has records somebody sees. What is held is no record yet.

    seen      what they see; None: nothing
    space     a project's uuid, or a draft's
    form_ids  of these forms only; None: of all
    """
    if seen is None:
        return {}
    form, state = submission.c.xml_form_id, submission.c.review_state
    statement = (
        select(form, state, func.count().label("n"), func.max(submission.c.received_at).label("last"))
        .where(submission.c.project_uuid == space, is_record(), records_in(seen, submission))
        .group_by(form, state)
    )
    if form_ids is not None:
        statement = statement.where(form.in_(list(form_ids)))
    found: dict[str, RecordFigures] = {}
    for row in session.all(statement):
        before = found.get(row["xml_form_id"], RecordFigures())
        last = max(filter(None, (before.last_received_at, row["last"])), default=None)
        states = {**before.review_states, row["review_state"]: row["n"]}
        found[row["xml_form_id"]] = RecordFigures(before.records + row["n"], last, states)
    return found


def is_record() -> ColumnElement[bool]:
    """Whether a row of `submission` is the original of a record that is there: not an edit, not held, not
    deleted and not erased."""
    has_body = exists().where(
        submission_version.c.submission_id == submission.c.id, submission_version.c.state.in_(_COUNTS)
    )
    there = submission.c.deleted_at.is_(None), submission.c.erased_at.is_(None)
    return and_(*there, has_body)
