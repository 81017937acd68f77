"""What all registers have in common: entries are compared with what is there, written in one transaction with
their change-log and audit entries, and the records they concern are sent through the pipeline again.

A dry run takes the same way up to the writing, so that it says what the import would say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Table, func, select, true

from sync import queue
from sync.decided import DECIDED_TABLES, parts
from sync.problems import Conflict, NotFound
from sync.registers.table import Line, refuse
from sync.store import ReadSession, Store, WriteSession, new_uuid, now
from sync.tables import project
from sync.tables.log import ChangeKind
from sync.turns import take_turn

_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Report:
    """What registering did, or with `dry_run` would do. The lists hold codes."""

    new: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    queued: int = 0  # records that are processed again, because their rows carry one of the codes
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Register:
    """One register: its table, and which column of the harmonised rows carries its codes."""

    name: str  # "operation": of its audit entries
    plural: str  # of its sentences
    table: Table
    key: tuple[str, ...]  # of an entry within its project
    kind: ChangeKind
    carried_as: str  # variable of the rows
    columns: tuple[str, ...]  # what an entry sets; the rest of a row is kept
    first_status: str | None = None  # of an entry that says none

    def label(self, entry: Mapping[str, Any]) -> str:
        return " ".join(str(entry[name]) for name in self.key if entry[name])


@dataclass(slots=True)
class Plan:
    """Entries against what is there. before: the register as it was, by the entries' key."""

    project_uuid: str | None  # None: of a register that belongs to no project
    before: dict[tuple[Any, ...], RowMapping]
    writing: list[dict[str, Any]]
    new: list[dict[str, Any]] = field(default_factory=list)
    changed: list[tuple[RowMapping, dict[str, Any]]] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)


Entries = Sequence[tuple[Line, dict[str, Any]]]
Check = Callable[[ReadSession, "Plan", Entries], None]
"""Looks at the entries beside what is there and notes problems on their lines."""
Concerned = Callable[[ReadSession, "Plan"], set[int]]
"""The records (submission ids of originals) that have to be processed again."""


def project_uuid_of(session: ReadSession, project_id: int) -> str:
    """The project's uuid. Raises NotFound."""
    found = session.scalar(select(project.c.uuid).where(project.c.id == project_id))
    if found is None:
        raise NotFound(f"There is no project {project_id}.", "`waypost project list` shows those there are.")
    return str(found)


def write_entries(
    store: Store,
    register: Register,
    project_id: int | None,
    entries: Entries,
    concerned: Concerned,
    check: Check = lambda session, plan, entries: None,
    *,
    update: bool = True,
    dry_run: bool = False,
    by: str | None = None,
) -> Report:
    """Add entries to a register and change those that are there already; others stay as they are.

    project_id  None for the one register that belongs to no project
    update      False: an entry that is there and differs is a Conflict
    dry_run     True: nothing is written
    Raises      Invalid with every problem by row and column, NotFound (project), Conflict
    """

    def work(session: WriteSession) -> Report:
        turns = session.all(select(project.c.uuid).where(_mine(project.c.id, project_id)))
        take_turn(session, [row["uuid"] for row in turns])
        plan = _plan(session, register, project_id, entries, check, update=update)
        _write(session, register, project_id, plan)
        roots = sorted(concerned(session, plan)) if plan.writing else []
        queue.requeue(session, roots)
        if plan.writing:
            changed = [register.label(entry) for _, entry in plan.changed]
            session.audit(
                f"{register.name}.register",
                plan.project_uuid,
                by,
                new=[register.label(entry) for entry in plan.new],
                changed=changed,
            )
        return _report(register, plan, len(roots))

    if not dry_run:
        return store.write(work)
    with store.read() as session:
        plan = _plan(session, register, project_id, entries, check, update=update)
        return _report(register, plan, len(concerned(session, plan)) if plan.writing else 0, dry_run=True)


def _plan(
    session: ReadSession,
    register: Register,
    project_id: int | None,
    entries: Entries,
    check: Check,
    *,
    update: bool,
) -> Plan:
    table = register.table
    mine = true() if project_id is None else table.c.project_id == project_id
    rows = session.all(select(table).where(mine).order_by(table.c.id))
    before = {tuple(row[name] for name in register.key): row for row in rows}
    project_uuid = None if project_id is None else project_uuid_of(session, project_id)
    plan = Plan(project_uuid, before, [])
    check(session, plan, entries)
    refuse([problem for line, _ in entries for problem in line.problems], register.plural)
    for _, values in entries:
        old = before.get(tuple(values[name] for name in register.key))
        entry = {name: values[name] for name in register.columns}
        if "status" in entry and entry["status"] is None:  # nobody said: it stays as it is
            entry["status"] = old["status"] if old is not None else register.first_status
        label = register.label(entry)
        if old is None:
            plan.new.append(entry)
        elif all(old[name] == value for name, value in entry.items()):
            plan.unchanged.append(label)
            continue
        elif not update:
            raise Conflict(
                f"{label} is registered already, with other values.",
                "Add --update to change it; its code cannot be given to something else.",
            )
        else:
            plan.changed.append((old, entry))
        plan.writing.append({**entry, "uuid": old["uuid"] if old else new_uuid()})
    return plan


def _write(session: WriteSession, register: Register, project_id: int | None, plan: Plan) -> None:
    at = later_than(session, register.table)
    names = [column.name for column in register.table.columns if column.name != "id"]
    rows = []
    for entry in plan.writing:
        old = plan.before.get(tuple(entry[name] for name in register.key))
        row = {name: old[name] if old is not None else None for name in names} | entry
        row |= {"updated_at": at} | ({} if project_id is None else {"project_id": project_id})
        if "created_at" in names and old is None:
            row["created_at"] = at
        rows.append(row)
    key = register.key if project_id is None else ("project_id", *register.key)
    session.upsert(register.table, rows, key=key)
    seqs = session.take_seqs(len(plan.writing))
    session.changes(
        [(seq, register.kind, row["uuid"], None) for seq, row in zip(seqs, plan.writing, strict=True)]
    )


def later_than(session: ReadSession, table: Table) -> datetime:
    """Now, or a moment after the newest entry where the clock has been put back: workers look at it to know
    that a register changed."""
    newest: datetime | None = session.scalar(select(func.max(table.c.updated_at)))
    at = now()
    return at if newest is None or at > newest else newest + _TICK


def _report(register: Register, plan: Plan, queued: int, *, dry_run: bool = False) -> Report:
    return Report(
        new=[register.label(entry) for entry in plan.new],
        changed=[register.label(entry) for _, entry in plan.changed],
        unchanged=plan.unchanged,
        queued=queued,
        dry_run=dry_run,
    )


def _mine(column: ColumnElement[int], project_id: int | None) -> ColumnElement[bool]:
    return true() if project_id is None else column == project_id


# --- the records an entry concerns ---


def records_where(
    session: ReadSession,
    project_uuid: str | None,
    condition: Callable[[Table], ColumnElement[bool]],
) -> set[int]:
    """The records that have a harmonised row for which the condition holds; of all projects for None."""
    found: set[int] = set()
    for table in DECIDED_TABLES.values():
        mine = true() if project_uuid is None else table.c.project_uuid == project_uuid
        rows = session.all(select(table.c.root_id).where(mine, condition(table)).distinct())
        found.update(row["root_id"] for row in rows)
    return found


def records_with(
    session: ReadSession, project_uuid: str | None, variable: str, codes: Iterable[str]
) -> set[int]:
    """The records that have a row which carries one of the codes."""
    found: set[int] = set()
    for part in parts(set(codes)):
        found |= records_where(session, project_uuid, lambda table, p=part: table.c[variable].in_(p))  # type: ignore[misc]
    return found


def records_with_any(session: ReadSession, project_uuid: str | None, variable: str) -> set[int]:
    """The records that have a row which carries any code: the first entry makes all others unknown."""
    return records_where(session, project_uuid, lambda table: table.c[variable].is_not(None))
