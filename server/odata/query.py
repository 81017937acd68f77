"""The statement of one table: which rows, in which order, after which one.

In: a table of the service, the reader's scope, a filter. Out: a select of rows as `Layout` names them, and
the count of the same rows. Rows are the answers of the version that counts of each record, as the pipeline
left them: an edit replaces, a conflicting or held version is not there, an erased record neither, and a
deleted or withdrawn one only where the filter asks for `__system/deletedAt`.

The order is Central's, newest first, and a page goes on after the last row of the one before, so that the
thousandth page costs what the first does. Along the indexes no row is sorted: those of the form's submissions
and of each record's answers. Moments come as the engine keeps them (`iso` writes them): a date and time made
of each would cost as much as its row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    tuple_,
    type_coerce,
)
from sqlalchemy.types import BigInteger

from server.odata.columns import OF_STAFF, Askable
from server.odata.expression import And, Bound, Call, Compare, Expression, In, Not, Or
from server.odata.record_scope import RecordScope
from server.odata.sql import Compiler, answer_value
from sync.decided import UNDECIDED
from sync.odata.kept import KEY_LENGTH
from sync.odata.tables import Table
from sync.store import ReadSession
from sync.tables import actor, answer_row, decision, submission, submission_version
from sync.tables.base import UtcInstant
from sync.tables.derived import DecisionKind
from sync.tables.records import VersionState

BATCH = 500
Order = tuple[tuple[Expression, bool], ...]
Instant = int | datetime
"""A moment as a statement gives it: microseconds since 1970 on SQLite, aware on PostgreSQL."""

_MOMENTS = frozenset({"system:submissionDate", "system:updatedAt", "system:deletedAt"})
_OF_VERSION = frozenset({"system:updatedAt", "system:formVersion"})
_OF_SENDER = frozenset({"system:submitterId", "system:submitterName"})
_DELETED = "system:deletedAt"


@dataclass(frozen=True, slots=True)
class Cursor:
    """A row's place in the order of its table: what a page goes on after."""

    received_at: Instant
    submission: int
    ordinal: int | None = None  # in a repeat's table


@dataclass(frozen=True, slots=True)
class FormRecords:
    """The records of one form that one reader has, on their way to a statement."""

    space: str  # the project's, or a draft's (sync/drafts.py)
    xml_form_id: str
    scope: RecordScope
    dialect: str
    now: datetime
    any_withdrawn: bool  # whether the project ever withdrew a record
    reader: str = ""  # equal for readers of one scope


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is selected beside the answers."""

    system: bool = False  # what the server knows of a submission
    own_id: bool = False  # the instanceID of the edit that counts
    texts: bool = False  # answers as they were sent
    links: tuple[str, ...] = ()  # of each of these repeats, whether it has a row in the record
    kept: str | None = None  # rows as they are kept under this key; answers and links of the others alone


FIXED = ("id", "received_at", "instance_id", "version_id", "ordinal", "answers")
SYSTEM_COLUMNS = (
    "form_version", "updated_at", "sender_id", "sender_name", "device_id", "review_state", "deleted_at",
    "edits", "files", "encrypted_file",
)  # fmt: skip


@dataclass(slots=True)
class Layout:
    """Where the columns of a row stand: FIXED first, then groups by name."""

    width: int = len(FIXED)
    at: dict[str, slice] = field(default_factory=dict)

    def add(self, name: str, columns: Sequence[Any]) -> Sequence[Any]:
        self.at[name] = slice(self.width, self.width + len(columns))
        self.width += len(columns)
        return columns


class TableQuery:
    """One table of a form's records."""

    def __init__(
        self,
        records: FormRecords,
        table: Table,
        may_ask: Askable,
        condition: Expression | None = None,
        order: Order = (),
        wanted: Wanted = Wanted(),
        with_deleted: bool = False,
    ) -> None:
        self.records = records
        self._table = table
        self._asked = _keys(condition) | {key for tree, _ in order for key in _keys(tree)}
        self._condition = condition
        self._order = order
        self._wanted = wanted
        self._with_deleted = with_deleted or _DELETED in self._asked
        self.original = submission.alias("original")
        self.rows = answer_row.alias("rows")
        self._version = submission_version.alias("version")
        self._sender = actor.alias("sender")
        self._top = answer_row.alias("top")
        self._shown = records.scope.answers(self.original)
        key = func.substr(self.rows.c.odata, 1, KEY_LENGTH)
        self._is_kept = None if wanted.kept is None else key == wanted.kept
        self._compiler = Compiler(records.dialect, self._columns(may_ask), _MOMENTS, records.now)
        self.layout = Layout()
        self._selected = self._select()

    @property
    def shown(self) -> tuple[str, ...]:
        """The sensitivities whose answers are shown in some of the rows only: a flag of each is selected."""
        return tuple(sorted(self._shown))

    def statement(self, after: Cursor | None, limit: int | None, offset: int) -> Select[Any]:
        """The rows, `limit` at most."""
        statement = self._where(select(*self._selected), after).order_by(*self._ordered())
        if limit is not None:
            statement = statement.limit(limit)
        return statement.offset(offset) if offset else statement

    def count(self) -> Select[Any]:
        """How many rows there are, whatever the page."""
        return self._where(select(func.count()), None)

    # -- what is selected ------------------------------------------------------------------------------------

    def _select(self) -> list[ColumnElement[Any]]:
        original, rows, wanted, layout = self.original, self.rows, self._wanted, self.layout
        columns = [original.c.id, self._plain(original.c.received_at), original.c.instance_id]
        columns += [rows.c.version_id, rows.c.ordinal, self._unless_kept(cast(rows.c.answers, Text))]
        if wanted.kept is not None:
            columns += layout.add("kept", [rows.c.odata])
        if wanted.texts:
            columns += layout.add("texts", [cast(rows.c.texts, Text)])
        if wanted.own_id:
            columns += layout.add("own_id", [self._own_id()])
        if wanted.system:
            columns += layout.add("system", list(self._of_system()))
        links = [self._unless_kept(self._has_rows(path)) for path in wanted.links]
        columns += layout.add("links", links)
        columns += layout.add("shown", [self._shown[name].label(f"shows_{name}") for name in self.shown])
        return columns

    def _of_system(self) -> Iterator[ColumnElement[Any]]:
        for name in ("formVersion", "updatedAt"):
            yield self._plain(self._system_column(name))
        yield self._sender.c.id
        yield self._sender.c.name
        yield self.original.c.device_id
        yield self.original.c.review_state
        yield self._plain(self._deleted_at())
        yield self._edits()
        yield cast(self.rows.c.files, Text)
        yield self.rows.c.encrypted_file

    def _plain(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        """A moment as the engine keeps it."""
        is_moment = isinstance(column.type, UtcInstant) and self.records.dialect == "sqlite"
        return type_coerce(column, BigInteger) if is_moment else column

    def _unless_kept(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        """Null where the row is kept as it is written: what would be made of the column is in there."""
        return column if self._is_kept is None else case((self._is_kept, null()), else_=column)

    def _own_id(self) -> ColumnElement[Any]:
        """The instanceID of the edit that counts, looked for in edited records alone."""
        winner, version = submission.alias("winner"), self._version
        of_winner = select(winner.c.instance_id).where(winner.c.id == version.c.submission_id)
        is_edited = version.c.submission_id != self.original.c.id
        return case(
            (is_edited, of_winner.correlate(version).scalar_subquery()), else_=self.original.c.instance_id
        )

    def _has_rows(self, path: str) -> ColumnElement[bool]:
        inner = answer_row.alias("inner")
        first = (inner.c.version_id == self.rows.c.version_id, inner.c.table_path == path)
        return exists().where(*first, inner.c.ordinal == 0).correlate(self.rows)

    # -- from and where --------------------------------------------------------------------------------------

    def _where(self, statement: Select[Any], after: Cursor | None) -> Select[Any]:
        records, original = self.records, self.original
        wanted = [
            original.c.project_uuid == records.space,
            original.c.xml_form_id == records.xml_form_id,
            self.rows.c.table_path == self._table.path,
            records.scope.records(original),
        ]
        if not self._with_deleted:
            wanted.append(original.c.deleted_at.is_(None))
            if records.any_withdrawn:
                wanted.append(self._withdrawn_at().is_(None))
        if self._condition is not None:
            wanted.append(self._compiler.condition(self._condition))
        if after is not None:
            wanted.append(self._after(after))
        return statement.select_from(self._from()).where(and_(*wanted))

    def _from(self) -> Any:
        original, rows = self.original, self.rows
        joined: Any = original.join(rows, rows.c.root_id == original.c.id)
        if any(key.startswith("root:") for key in self._asked):
            at_top = and_(self._top.c.root_id == original.c.id, self._top.c.table_path == "")
            joined = joined.join(self._top, at_top)
        if self._wanted.system or self._wanted.own_id or self._asked & _OF_VERSION:
            joined = joined.join(self._version, self._version.c.id == rows.c.version_id)
        if self._wanted.system or self._asked & _OF_SENDER:
            joined = joined.outerjoin(self._sender, self._sender.c.uuid == original.c.actor_uuid)
        return joined

    def _after(self, cursor: Cursor) -> ColumnElement[bool]:
        received_at, key = self._plain(self.original.c.received_at), self.original.c.id
        kind = received_at.type
        at, submission_id = literal(cursor.received_at, kind), literal(cursor.submission, BigInteger)
        later = tuple_(received_at, key) < tuple_(at, submission_id)
        if cursor.ordinal is not None:
            later = or_(later, and_(key == submission_id, self.rows.c.ordinal > cursor.ordinal))
        return and_(received_at <= at, later)  # the first alone is what an index can be entered by

    def _ordered(self) -> Iterator[Any]:
        original = self.original
        for tree, descending in self._order:
            value = self._compiler.worth(tree)
            yield value.desc().nulls_last() if descending else value.asc().nulls_first()
        if self._order:  # as Central: in the direction of the first
            yield original.c.id.desc() if self._order[0][1] else original.c.id.asc()
        else:
            yield self._plain(original.c.received_at).desc()
            yield original.c.id.desc()
        yield self.rows.c.ordinal

    # -- what a filter may name ------------------------------------------------------------------------------

    def _columns(self, may_ask: Askable) -> Mapping[str, ColumnElement[Any]]:
        found: dict[str, ColumnElement[Any]] = {}
        for key in self._asked:
            if key in may_ask.answers:
                column = may_ask.answers[key]
                source = self._top if column.of_root else self.rows
                value = answer_value(source.c.answers, column.path, column.type, self.records.dialect)
                is_shown = self._shown.get(column.sensitivity)
                found[key] = value if is_shown is None else case((is_shown, value), else_=null())
            elif key == "id":
                found[key] = self.original.c.instance_id
            else:
                found[key] = self._system_column(key.removeprefix("system:"))
        return found

    def _system_column(self, name: str) -> ColumnElement[Any]:
        original, version = self.original, self._version
        is_edited = version.c.submission_id != original.c.id
        edited_at = case((is_edited, version.c.received_at), else_=null())
        first_version = case((is_edited, self._first_version()), else_=version.c.form_version)
        columns: dict[str, ColumnElement[Any]] = {
            "submissionDate": original.c.received_at,
            "updatedAt": func.coalesce(original.c.updated_at, edited_at, type_=UtcInstant()),
            "submitterId": cast(self._sender.c.id, Text),
            "submitterName": self._sender.c.name,
            "reviewState": original.c.review_state,
            "deviceId": original.c.device_id,
            "edits": cast(self._edits(), BigInteger),
            "formVersion": first_version,
            "deletedAt": self._deleted_at(),
        }
        value = columns[name]
        is_shown = self._shown.get("internal") if name in OF_STAFF else None
        return value if is_shown is None else case((is_shown, value), else_=null())

    def _first_version(self) -> ColumnElement[Any]:
        """The form version an edited record was first filled in with."""
        body = submission_version.alias("first")
        mine = select(body.c.form_version).where(body.c.submission_id == self.original.c.id)
        is_other = case((body.c.state == VersionState.CURRENT, 0), else_=1)
        return mine.order_by(is_other, body.c.id).limit(1).correlate(self.original).scalar_subquery()

    def _edits(self) -> ColumnElement[Any]:
        """How many edits of a record were applied: those that wait or were refused are none of it yet."""
        member, body, original = submission.alias("edit"), submission_version.alias("body"), self.original
        is_applied = exists().where(body.c.submission_id == member.c.id, body.c.state == VersionState.EDIT)
        counting = select(func.count()).where(
            member.c.root_id == original.c.id, member.c.id != original.c.id, is_applied
        )
        return counting.correlate(original).scalar_subquery()

    def _deleted_at(self) -> ColumnElement[Any]:
        """When a record was deleted, or withdrawn; null as a rule."""
        if not self.records.any_withdrawn:
            return self.original.c.deleted_at
        return func.coalesce(self.original.c.deleted_at, self._withdrawn_at(), type_=UtcInstant())

    def _withdrawn_at(self) -> ColumnElement[Any]:
        """When a decision in force withdrew the record (sync.decided says which)."""
        made, newer, member = decision.alias("made"), decision.alias("newer"), submission.alias("member")
        is_newer = tuple_(newer.c.decided_at, newer.c.uuid) > tuple_(made.c.decided_at, made.c.uuid)
        overruled = exists().where(
            newer.c.subject_uuid == made.c.subject_uuid, newer.c.kind == DecisionKind.WITHDRAW, is_newer
        )
        return (
            select(func.max(made.c.decided_at, type_=UtcInstant()))
            .join(member, member.c.uuid == made.c.subject_uuid)
            .where(
                member.c.root_id == self.original.c.id,
                made.c.kind == DecisionKind.WITHDRAW,
                made.c.outcome != UNDECIDED,
                ~overruled,
            )
            .correlate(self.original)
            .scalar_subquery()
        )


_ORIGIN = datetime(1970, 1, 1)  # noqa: DTZ001  UTC, whose days alone are asked for


def iso(moment: Instant) -> str:
    """`2026-11-22T09:30:00.000Z`, as Central writes moments."""
    if isinstance(moment, int):
        day, inside = divmod(moment, _DAY)
        milliseconds = inside // 1000
        minutes, milliseconds = divmod(milliseconds, 60_000)
        return f"{_day(day)}{_MINUTES[minutes]}{milliseconds // 1000:02}.{milliseconds % 1000:03}Z"
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


_DAY = 86_400_000_000
_MINUTES = tuple(f"{minute // 60:02}:{minute % 60:02}:" for minute in range(24 * 60))


@lru_cache(maxsize=4096)
def _day(day: int) -> str:
    """`2026-11-22T`, of a day since 1970."""
    return (_ORIGIN + timedelta(day)).date().isoformat() + "T"


def form_records(
    session: ReadSession, space: str, xml_form_id: str, scope: RecordScope, now: datetime, reader: str = ""
) -> FormRecords:
    """What statements of a form's records begin with."""
    withdrawn = select(decision.c.id).where(
        decision.c.project_uuid == space, decision.c.kind == DecisionKind.WITHDRAW
    )
    found = session.scalar(withdrawn.limit(1)) is not None
    return FormRecords(space, xml_form_id, scope, session.dialect, now, found, reader)


def _keys(tree: Expression | None) -> set[str]:
    """The keys of the columns an expression names."""
    if isinstance(tree, Bound):
        return {tree.key}
    below: Sequence[Expression] = ()
    if isinstance(tree, Call):
        below = tree.arguments
    elif isinstance(tree, Compare):
        below = (tree.left, tree.right)
    elif isinstance(tree, In):
        below = (tree.value, *tree.among)
    elif isinstance(tree, And | Or):
        below = tree.terms
    elif isinstance(tree, Not):
        below = (tree.term,)
    return {key for one in below for key in _keys(one)}
