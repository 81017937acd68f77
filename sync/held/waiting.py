"""Bodies that do not count: held, orphaned, in conflict. One statement a page, in scope and by key."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import ColumnElement, RowMapping, func, select

from sync.choices import UNDONE, newest_decisions
from sync.held.item import Item
from sync.held.kinds import Kind
from sync.policy.records import records_in
from sync.policy.scope import Scope
from sync.store import ReadSession
from sync.tables import submission, submission_version
from sync.tables.derived import DecisionKind
from sync.tables.records import HoldReason, VersionState

_ABOUT_BODY = (DecisionKind.DISCARD, DecisionKind.KEEP)
_ABOUT_SUBMISSION = (DecisionKind.ADOPT, DecisionKind.USE)

root = submission.alias("root")
_COLUMNS = (
    submission_version.c.id.label("key"),
    submission_version.c.uuid,
    submission_version.c.state,
    submission_version.c.hold_reason,
    submission_version.c.form_version,
    submission_version.c.received_at,
    submission_version.c.actor_uuid,
    submission_version.c.device_id,
    submission.c.id.label("submission_id"),
    submission.c.uuid.label("submission_uuid"),
    submission.c.xml_form_id,
    submission.c.instance_id,
    submission.c.deprecated_id,
    root.c.instance_id.label("record"),
)
_JOINED = submission_version.join(submission, submission.c.id == submission_version.c.submission_id).join(
    root, root.c.id == func.coalesce(submission.c.root_id, submission.c.id)
)


def bodies(
    session: ReadSession,
    seen: Scope,
    kind: Kind,
    wanted: Sequence[ColumnElement[bool]] = (),
    after: int = 0,
    batch: int = 200,
) -> Iterator[Item]:
    """The bodies of a kind that somebody sees, oldest first, decided ones among them.

    wanted  further conditions on `submission` and `submission_version`
    after   the key of the last one that is not wanted again
    """
    statement = (
        select(*_COLUMNS)
        .select_from(_JOINED)
        .where(
            submission.c.project_uuid == seen.project_uuid,
            submission.c.erased_at.is_(None),
            _of_kind(kind),
            records_in(seen, root),
            *wanted,
        )
        .order_by(submission_version.c.id)
        .limit(batch)
    )
    while rows := session.all(statement.where(submission_version.c.id > after)):
        yield from _items(session, kind, rows)
        after = rows[-1]["key"]
        if len(rows) < batch:
            return


def _of_kind(kind: Kind) -> ColumnElement[bool]:
    state, reason = submission_version.c.state, submission_version.c.hold_reason
    if kind is Kind.CONFLICT:
        return state == VersionState.CONFLICT
    missing = reason == HoldReason.ORIGINAL_MISSING
    held = state == VersionState.HELD
    return held & missing if kind is Kind.ORPHAN else held & func.coalesce(~missing, True)


def _items(session: ReadSession, kind: Kind, rows: Sequence[RowMapping]) -> Iterator[Item]:
    about = newest_decisions(session, [row["uuid"] for row in rows], _ABOUT_BODY)
    about |= newest_decisions(session, [row["submission_uuid"] for row in rows], _ABOUT_SUBMISSION)
    for row in rows:
        found = [about.get((k, row["uuid"])) for k in _ABOUT_BODY]
        adopting = DecisionKind.USE if kind is Kind.CONFLICT else DecisionKind.ADOPT
        found.append(about.get((adopting, row["submission_uuid"])))
        decided = next((one for one in found if one is not None and one[1] != UNDONE), None)
        yield Item(
            id=row["uuid"],
            kind=kind,
            reason=row["hold_reason"] or str(kind),
            key=row["key"],
            submission_id=row["submission_id"],
            submission_uuid=row["submission_uuid"],
            xml_form_id=row["xml_form_id"],
            form_version=row["form_version"],
            instance_id=row["instance_id"],
            deprecated_id=row["deprecated_id"],
            since=row["received_at"],
            actor_uuid=row["actor_uuid"],
            device_id=row["device_id"],
            record=row["record"] if row["record"] != row["instance_id"] else None,
            decision=decided[0] if decided else None,
            outcome=decided[1] if decided else None,
        )
