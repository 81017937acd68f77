"""Records that count with a doubt, or could not be worked out: parked, branched, without a file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Select, exists, func, select

from forms.model import CompiledForm
from sync.catalogue import compiled_form
from sync.choices import UNDONE, newest_decisions
from sync.held.item import Item
from sync.held.kinds import Kind
from sync.held.waiting import root
from sync.mentioned_files import mentioned_files
from sync.policy.records import records_in
from sync.policy.scope import Scope
from sync.store import ReadSession, Store
from sync.tables import answer_row, attachment, flag, receipt_event, submission, submission_version
from sync.tables.derived import DecisionKind
from sync.tables.log import EventState

Wanted = Sequence[ColumnElement[bool]]
"""Further conditions on `submission`."""

_IDENTITY = (
    submission.c.id.label("submission_id"),
    submission.c.uuid.label("submission_uuid"),
    submission.c.xml_form_id,
    submission.c.instance_id,
    submission.c.deprecated_id,
    submission.c.received_at,
    submission.c.actor_uuid,
    submission.c.device_id,
)


def parked(
    session: ReadSession,
    seen: Scope,
    wanted: Sequence[ColumnElement[bool]] = (),
    after: int = 0,
    batch: int = 200,
) -> Iterator[Item]:
    """Submissions whose newest event is parked, in the order they were parked in."""
    newer = receipt_event.alias("newer")
    is_newest = ~exists().where(
        newer.c.submission_id == receipt_event.c.submission_id, newer.c.id > receipt_event.c.id
    )
    statement = (
        select(*_IDENTITY, receipt_event.c.id.label("key"), receipt_event.c.step, receipt_event.c.reason)
        .select_from(_with_root().join(receipt_event, receipt_event.c.submission_id == submission.c.id))
        .where(receipt_event.c.state == EventState.PARKED, is_newest)
    )
    for row in _paged(session, seen, statement, receipt_event.c.id, wanted, after, batch):
        detail = ": ".join(filter(None, (row["step"], row["reason"])))
        yield _item(row, Kind.PARKED, detail=detail)


def branched(
    session: ReadSession,
    seen: Scope,
    wanted: Sequence[ColumnElement[bool]] = (),
    after: int = 0,
    batch: int = 200,
) -> Iterator[Item]:
    """Originals whose edits branch, by their age."""
    has_flag = exists().where(flag.c.root_id == submission.c.id, flag.c.code == "branched_edits")
    statement = select(*_IDENTITY, submission.c.id.label("key")).select_from(_with_root()).where(has_flag)
    for row in _paged(session, seen, statement, submission.c.id, wanted, after, batch):
        edits = session.all(
            select(submission.c.instance_id)
            .where(submission.c.root_id == row["submission_id"], submission.c.id != row["submission_id"])
            .order_by(submission.c.id)
        )
        item = _item(row, Kind.BRANCHED, edits=tuple(edit["instance_id"] for edit in edits))
        yield _settled(session, item)


def incomplete(
    session: ReadSession,
    store: Store,
    seen: Scope,
    wanted: Sequence[ColumnElement[bool]] = (),
    after: int = 0,
    batch: int = 200,
) -> Iterator[Item]:
    """Records whose answers mention a file that has not come, by their age; those processed so far."""
    statement = (
        select(*_IDENTITY, submission.c.id.label("key"))
        .select_from(_with_root())
        .where(submission.c.root_id == submission.c.id)
        .where(exists().where(answer_row.c.root_id == submission.c.id))
    )
    pages = _pages(session, seen, statement, submission.c.id, wanted, after, batch)
    for rows in pages:
        lacking = missing_files(session, store, seen, {row["submission_id"] for row in rows})
        for row in rows:
            if row["submission_id"] in lacking:
                shown, withheld, version = lacking[row["submission_id"]]
                item = _item(row, Kind.INCOMPLETE, missing=shown, withheld=withheld)
                yield _settled(session, replace(item, form_version=version))


def missing_files(
    session: ReadSession, store: Store, seen: Scope, root_ids: Collection[int]
) -> dict[int, tuple[tuple[str, ...], int, str]]:
    """By record that lacks a file: the names that may be told, how many may not, and the version of the form
    that asks for them."""
    ids = list(root_ids)
    answers = select(
        answer_row.c.root_id,
        answer_row.c.answers,
        submission.c.xml_form_id,
        submission_version.c.form_version,
    ).select_from(
        answer_row.join(submission_version, submission_version.c.id == answer_row.c.version_id).join(
            submission, submission.c.id == submission_version.c.submission_id
        )
    )
    shown: dict[int, set[str]] = defaultdict(set)
    closed: dict[int, set[str]] = defaultdict(set)
    versions: dict[int, str] = {}
    for row in session.all(answers.where(answer_row.c.root_id.in_(ids))):
        form = compiled_form(store, seen.project_uuid, row["xml_form_id"], row["form_version"])
        if form is None:
            continue
        versions[row["root_id"]] = row["form_version"]
        tellable, other = _file_questions(form, seen.sees)
        shown[row["root_id"]] |= mentioned_files(tellable, [row["answers"]])
        closed[row["root_id"]] |= mentioned_files(other, [row["answers"]])
    came = session.all(
        select(submission.c.root_id, attachment.c.name)
        .join(attachment, attachment.c.submission_id == submission.c.id)
        .where(submission.c.root_id.in_(ids))
    )
    for row in came:
        shown[row["root_id"]].discard(row["name"])
        closed[row["root_id"]].discard(row["name"])
    return {
        key: (tuple(sorted(shown[key])), len(closed[key] - shown[key]), version)
        for key, version in versions.items()
        if shown[key] or closed[key]
    }


def _file_questions(form: CompiledForm, sees: frozenset[str]) -> tuple[frozenset[str], frozenset[str]]:
    """The paths of questions answered by a file: those whose file names may be told, and the others."""
    binary = {field.path: field.sensitivity for field in form.fields if field.binary}
    tellable = frozenset(path for path, kind in binary.items() if kind in sees)
    return tellable, frozenset(binary) - tellable


def _with_root() -> Any:
    return submission.join(root, root.c.id == func.coalesce(submission.c.root_id, submission.c.id))


def _pages(
    session: ReadSession,
    seen: Scope,
    statement: Select[Any],
    key: ColumnElement[Any],
    wanted: Sequence[ColumnElement[bool]],
    after: int,
    batch: int,
) -> Iterator[Sequence[RowMapping]]:
    mine = statement.where(
        submission.c.project_uuid == seen.project_uuid,
        submission.c.erased_at.is_(None),
        submission.c.deleted_at.is_(None),
        records_in(seen, root),
        *wanted,
    )
    while rows := session.all(mine.where(key > after).order_by(key).limit(batch)):
        yield rows
        after = rows[-1]["key"]
        if len(rows) < batch:
            return


def _paged(*how: Any) -> Iterator[RowMapping]:
    for rows in _pages(*how):
        yield from rows


def _item(row: Mapping[Any, Any], kind: Kind, **further: Any) -> Item:
    return Item(
        id=row["submission_uuid"],
        kind=kind,
        reason=str(kind),
        key=row["key"],
        submission_id=row["submission_id"],
        submission_uuid=row["submission_uuid"],
        xml_form_id=row["xml_form_id"],
        form_version=None,
        instance_id=row["instance_id"],
        deprecated_id=row["deprecated_id"],
        since=row["received_at"],
        actor_uuid=row["actor_uuid"],
        device_id=row["device_id"],
        **further,
    )


def settled_subject(kind: str, submission_uuid: str) -> str:
    """What a decision to look no more is about: of an original, one kind of doubt."""
    return f"{submission_uuid}:{kind}"


def _settled(session: ReadSession, item: Item) -> Item:
    subject = settled_subject(item.kind, item.submission_uuid)
    newest = newest_decisions(session, [subject], (DecisionKind.SETTLE,))
    decided = newest.get((DecisionKind.SETTLE, subject))
    if decided is None or decided[1] == UNDONE:
        return item
    return replace(item, decision=decided[0], outcome=decided[1])
