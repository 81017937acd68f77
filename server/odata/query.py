"""The statement of one table: which rows, in which order, after which one.

In: a table of the service, the reader's scope, a filter. Out: a select of rows as `Fetched` names them, and
the count of the same rows. Rows are the answers of the version that counts of each record, as the pipeline
left them: an edit replaces, a conflicting or held version is not there, an erased record neither, and a
withdrawn one only where the filter asks for `__system/deletedAt`.

The order is Central's, newest first, and a page goes on after the last row of the one before, so that the
thousandth page costs what the first does. Along the indexes no row is sorted: those of the form's submissions
and of each record's answers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
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
)
from sqlalchemy.types import BigInteger

from server.odata.columns import OF_STAFF, Askable
from server.odata.expression import And, Bound, Call, Compare, Expression, In, Not, Or
from server.odata.options import Cursor
from server.odata.record_scope import RecordScope
from server.odata.sql import Compiler, answer_value
from server.odata.tables import Table
from sync.decided import UNDECIDED
from sync.store import ReadSession
from sync.tables import actor, answer_row, decision, submission, submission_version
from sync.tables.base import UtcInstant
from sync.tables.derived import DecisionKind

BATCH = 1000
Order = tuple[tuple[Expression, bool], ...]

_MOMENTS = frozenset({"system:submissionDate", "system:updatedAt", "system:deletedAt"})
_OF_VERSION = frozenset({"system:updatedAt", "system:formVersion", "system:edits"})
_OF_SENDER = frozenset({"system:submitterId", "system:submitterName"})


@dataclass(frozen=True, slots=True)
class FormRecords:
    """The records of one form that one reader has, on their way to a statement."""

    project_uuid: str
    xml_form_id: str
    scope: RecordScope
    dialect: str
    now: datetime
    any_withdrawn: bool  # whether the project ever withdrew a record


class TableQuery:
    """One table of a form's records. Columns come as FIXED, then the system's, then the flags of `shown`."""

    def __init__(
        self,
        records: FormRecords,
        table: Table,
        may_ask: Askable,
        condition: Expression | None = None,
        order: Order = (),
        system: bool = False,
    ) -> None:
        self._records = records
        self._table = table
        self._asked = _keys(condition) | {key for tree, _ in order for key in _keys(tree)}
        self._condition = condition
        self._order = order
        self._system = system
        self.original = submission.alias("original")
        self.rows = answer_row.alias("rows")
        self._version = submission_version.alias("version")
        self._winner = submission.alias("winner")
        self._sender = actor.alias("sender")
        self._top = answer_row.alias("top")
        self._shown = records.scope.answers(self.original)
        self._compiler = Compiler(records.dialect, self._columns(may_ask), _MOMENTS, records.now)

    @property
    def shown(self) -> tuple[str, ...]:
        """The sensitivities whose answers are shown in some of the rows only: a flag of each is selected."""
        return tuple(sorted(self._shown))

    def statement(self, after: Cursor | None, limit: int | None, offset: int) -> Select[Any]:
        """The rows, `limit` at most."""
        columns = [*self._fixed(), *(self._of_system() if self._system else ())]
        columns += [self._shown[name].label(f"shows_{name}") for name in self.shown]
        statement = self._where(select(*columns), after).order_by(*self._ordered())
        if limit is not None:
            statement = statement.limit(limit)
        return statement.offset(offset) if offset else statement

    def count(self) -> Select[Any]:
        """How many rows there are, whatever the page."""
        return self._where(select(func.count()), None)

    # -- what is selected ------------------------------------------------------------------------------------

    def _fixed(self) -> Iterator[ColumnElement[Any]]:
        yield self.original.c.id
        yield self.original.c.received_at
        yield self.original.c.instance_id
        yield self.rows.c.version_id
        yield self.rows.c.ordinal
        yield cast(self.rows.c.answers, Text)

    def _of_system(self) -> Iterator[ColumnElement[Any]]:
        yield self._winner.c.id
        yield self._winner.c.instance_id
        yield self._version.c.form_version
        yield self._version.c.received_at
        yield self._sender.c.id
        yield self._sender.c.name
        yield self.original.c.device_id
        yield self._deleted_at()

    # -- from and where --------------------------------------------------------------------------------------

    def _where(self, statement: Select[Any], after: Cursor | None) -> Select[Any]:
        records, original = self._records, self.original
        wanted = [
            original.c.project_uuid == records.project_uuid,
            original.c.xml_form_id == records.xml_form_id,
            self.rows.c.table_path == self._table.path,
            records.scope.records(original),
        ]
        if "system:deletedAt" not in self._asked and records.any_withdrawn:
            wanted.append(self._deleted_at().is_(None))
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
        if self._system or self._asked & _OF_VERSION:
            joined = joined.join(self._version, self._version.c.id == rows.c.version_id)
            joined = joined.join(self._winner, self._winner.c.id == self._version.c.submission_id)
        if self._system or self._asked & _OF_SENDER:
            joined = joined.outerjoin(self._sender, self._sender.c.uuid == original.c.actor_uuid)
        return joined

    def _after(self, cursor: Cursor) -> ColumnElement[bool]:
        received_at, key = self.original.c.received_at, self.original.c.id
        at, submission_id = literal(cursor.received_at, UtcInstant), literal(cursor.submission, BigInteger)
        later = tuple_(received_at, key) < tuple_(at, submission_id)
        if cursor.ordinal is not None:
            later = or_(later, and_(key == submission_id, self.rows.c.ordinal > cursor.ordinal))
        return and_(received_at <= at, later)  # the first alone is what an index can be entered by

    def _ordered(self) -> Iterator[Any]:
        for tree, descending in self._order:
            value = self._compiler.worth(tree)
            yield value.desc().nulls_last() if descending else value.asc().nulls_first()
        yield self.original.c.received_at.desc()
        yield self.original.c.id.desc()
        yield self.rows.c.ordinal

    # -- what a filter may name ------------------------------------------------------------------------------

    def _columns(self, may_ask: Askable) -> Mapping[str, ColumnElement[Any]]:
        found: dict[str, ColumnElement[Any]] = {}
        for key in self._asked:
            if key in may_ask.answers:
                column = may_ask.answers[key]
                source = self._top if column.of_root else self.rows
                value = answer_value(source.c.answers, column.path, column.type, self._records.dialect)
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
        columns: dict[str, ColumnElement[Any]] = {
            "submissionDate": original.c.received_at,
            "updatedAt": case((is_edited, version.c.received_at), else_=null()),
            "submitterId": cast(self._sender.c.id, Text),
            "submitterName": self._sender.c.name,
            "reviewState": cast(null(), Text),
            "deviceId": original.c.device_id,
            "formVersion": version.c.form_version,
            "deletedAt": self._deleted_at(),
        }
        if name == "edits":
            return cast(edits_of(original.c.id), BigInteger)
        value = columns[name]
        is_shown = self._shown.get("internal") if name in OF_STAFF else None
        return value if is_shown is None else case((is_shown, value), else_=null())

    def _deleted_at(self) -> ColumnElement[Any]:
        """When a decision in force withdrew the record (sync.decided says which); null as a rule."""
        if not self._records.any_withdrawn:
            return cast(null(), UtcInstant)
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


def edits_of(root_id: ColumnElement[Any]) -> ColumnElement[Any]:
    """How many edits of a record were applied or may still be: all but the original."""
    member = submission.alias("edit")
    counting = select(func.count()).where(member.c.root_id == root_id, member.c.id != root_id)
    return counting.scalar_subquery()


def form_records(
    session: ReadSession, project_uuid: str, xml_form_id: str, scope: RecordScope, now: datetime
) -> FormRecords:
    """What statements of a form's records begin with."""
    withdrawn = select(decision.c.id).where(
        decision.c.project_uuid == project_uuid, decision.c.kind == DecisionKind.WITHDRAW
    )
    found = session.scalar(withdrawn.limit(1)) is not None
    return FormRecords(project_uuid, xml_form_id, scope, session.dialect, now, found)


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
