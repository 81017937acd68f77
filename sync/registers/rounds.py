"""The rounds of a project's operations: one period of one kind of assessment, with the places to cover."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, select, true

from sync.problems import Ambiguous, NotFound
from sync.registers.entries import (
    Check,
    Entries,
    Plan,
    Register,
    Report,
    project_uuid_of,
    records_where,
    records_with,
    records_with_any,
    write_entries,
)
from sync.registers.table import Line, read_entries, read_lines
from sync.store import ReadSession, Store
from sync.tables import operation, project, round_
from sync.tables.log import ChangeKind

COLUMNS = ("operation", "assessment_type", "code", "period_start", "period_end", "status", "pcodes")

REGISTER = Register(
    name="round",
    plural="rounds",
    table=round_,
    key=("operation", "assessment_type", "code"),
    kind=ChangeKind.ROUND,
    carried_as="round",
    columns=COLUMNS,
    first_status="draft",
)


def add_round(
    store: Store,
    project_id: int,
    code: str,
    assessment_type: str,
    period_start: str | None = None,
    period_end: str | None = None,
    operation_code: str | None = None,
    status: str | None = None,
    pcodes: Sequence[str] = (),
    *,
    overlapping: bool = False,
    update: bool = False,
    by: str | None = None,
) -> Report:
    """Register a round.

    period_start, period_end  ISO dates, both days within it
    status       code list round_status; None: as it is, `draft` for a new one
    overlapping  whether its period may share days with another of the operation and assessment type
    Raises       Invalid, NotFound (project), Conflict (there, with other values, without `update`)
    """
    cells = {
        "operation": operation_code,
        "assessment_type": assessment_type,
        "code": code,
        "period_start": period_start,
        "period_end": period_end,
        "status": status,
        "pcodes": " ".join(pcodes),
    }
    entries = read_entries([Line(cells)], _read, REGISTER.label)
    check = _checks(overlapping)
    return write_entries(store, REGISTER, project_id, entries, _concerned, check, update=update, by=by)


def import_rounds(
    store: Store,
    project_id: int,
    data: bytes,
    *,
    overlapping: bool = False,
    dry_run: bool = False,
    by: str | None = None,
) -> Report:
    """Register rounds from a CSV with the columns of COLUMNS. Raises Invalid, row by row."""
    lines = read_lines(data, COLUMNS, ("assessment_type", "code"), REGISTER.plural)
    entries = read_entries(lines, _read, REGISTER.label)
    check = _checks(overlapping)
    return write_entries(store, REGISTER, project_id, entries, _concerned, check, dry_run=dry_run, by=by)


def set_round_status(
    store: Store,
    project_id: int,
    code: str,
    status: str,
    assessment_type: str | None = None,
    operation_code: str | None = None,
    by: str | None = None,
) -> Report:
    """Say how far a round is. Raises NotFound, Ambiguous (name its type or operation), Invalid (status)."""
    with store.read() as session:
        found = [
            one
            for one in list_rounds(session, project_id)
            if one["code"] == code
            and assessment_type in (None, one["assessment_type"])
            and operation_code in (None, one["operation"])
        ]
    if not found:
        raise NotFound(f"No such round {code} is registered.", "`waypost round list` shows those there are.")
    if len(found) > 1:
        candidates: list[dict[str, object]] = [
            {name: one[name] or None for name in REGISTER.key} for one in found
        ]
        raise Ambiguous(f"{len(found)} rounds are called {code}.", "Add --type or --operation.", candidates)
    line = Line({name: _cell(value) for name, value in (found[0] | {"status": status}).items()})
    entries = read_entries([line], _read, REGISTER.label)
    return write_entries(store, REGISTER, project_id, entries, _concerned, by=by)


def list_rounds(session: ReadSession, project_id: int) -> list[dict[str, Any]]:
    """The project's rounds by operation, type and begin, with the columns of COLUMNS. Raises NotFound."""
    project_uuid_of(session, project_id)
    r = round_.c
    statement = select(*(r[name] for name in COLUMNS)).where(r.project_id == project_id)
    rows = session.all(statement.order_by(r.operation, r.assessment_type, r.code))
    return sorted(
        (dict(row) for row in rows),
        key=lambda row: (row["operation"], row["assessment_type"], row["period_start"] or date.min),
    )


def _cell(value: Any) -> str | None:
    if isinstance(value, list):
        return " ".join(value)
    return None if value is None else str(value)


def _read(line: Line) -> dict[str, Any]:
    begins, ends = line.day("period_start"), line.day("period_end")
    if begins and ends and ends < begins:
        line.problem("period_end", f"{ends} is before period_start {begins}", "Exchange or correct them.")
    return {
        "operation": line.code("operation", required=False),
        "assessment_type": line.of_list("assessment_type", "assessment_type", required=True) or "",
        "code": line.code("code"),
        "period_start": begins,
        "period_end": ends,
        "status": line.of_list("status", "round_status"),
        "pcodes": line.several("pcodes"),
    }


def _checks(overlapping: bool) -> Check:
    def check(session: ReadSession, plan: Plan, entries: Entries) -> None:
        _check_operations(session, plan, entries)
        if not overlapping:
            _check_periods(plan, entries)

    return check


def _check_operations(session: ReadSession, plan: Plan, entries: Entries) -> None:
    mine = select(operation.c.code).join(project, project.c.id == operation.c.project_id)
    known = {row["code"] for row in session.all(mine.where(project.c.uuid == plan.project_uuid))}
    seen: set[tuple[str, ...]] = set()
    for line, values in entries:
        key = tuple(values[name] for name in REGISTER.key)
        if not values["operation"] and len(known) == 1 and key not in plan.before:
            (values["operation"],) = known  # the only one: said now, as there may be others later
            key = tuple(values[name] for name in REGISTER.key)
        if key in seen and not line.problems:
            line.problem("code", f"{REGISTER.label(values)} stands twice", "Leave one of the two.")
        seen.add(key)
        named = values["operation"]
        if named and named not in known:
            hint = f"Registered are {', '.join(sorted(known))}." if known else "Register it first:"
            line.problem("operation", f"{named} is not registered", f"{hint} `waypost operation add`.")
        elif not named and len(known) > 1:
            hint = f"Give one of {', '.join(sorted(known))}."
            line.problem("operation", "is empty, and the project has several", hint)


def _check_periods(plan: Plan, entries: Entries) -> None:
    """No day belongs to two rounds of one operation and assessment type: it could not be told to which."""
    ours = {tuple(values[name] for name in REGISTER.key) for _, values in entries}
    others: list[Mapping[str, Any]] = [dict(row) for key, row in plan.before.items() if key not in ours]
    for line, values in entries:
        shared = [other for other in others if _overlap(values, other)]
        others.append(values)
        if shared and not line.problems:
            told = ", ".join(f"{other['code']} ({_period(other)})" for other in shared)
            line.problem(
                "period_start",
                f"{_period(values)} shares days with round {told}",
                "Correct the period, or say that it may overlap (--overlapping).",
            )


def _overlap(a: Mapping[str, Any], b: Mapping[str, Any]) -> bool:
    if not all(one["period_start"] or one["period_end"] for one in (a, b)):
        return False  # a round without a period holds no day
    if a["assessment_type"] != b["assessment_type"] or not _may_be_one(a["operation"], b["operation"]):
        return False
    return _begin(a) <= _end(b) and _begin(b) <= _end(a)


def _may_be_one(a: str, b: str) -> bool:
    return a == b or not a or not b


def _begin(of: Mapping[str, Any]) -> date:
    return of["period_start"] or date.min


def _end(of: Mapping[str, Any]) -> date:
    return of["period_end"] or date.max


def _period(of: Mapping[str, Any]) -> str:
    return f"{of['period_start'] or '...'} to {of['period_end'] or '...'}"


def _concerned(session: ReadSession, plan: Plan) -> set[int]:
    """The rows that carry the code of a new round or of one whose period changed, those of its type on the
    days it has or had, and with the first round all that carry any."""
    moved = [
        (old, new)
        for old, new in plan.changed
        if (old["period_start"], old["period_end"]) != (new["period_start"], new["period_end"])
    ]
    rounds: list[Any] = [*plan.new, *(one for pair in moved for one in pair)]
    found = records_with(session, plan.project_uuid, REGISTER.carried_as, {one["code"] for one in rounds})
    found |= _on_days_of(session, plan.project_uuid, rounds)
    if plan.new and not plan.before:
        found |= records_with_any(session, plan.project_uuid, REGISTER.carried_as)
    return found


def _on_days_of(
    session: ReadSession, project_uuid: str | None, rounds: Iterable[Mapping[str, Any]]
) -> set[int]:
    found: set[int] = set()
    for one in rounds:
        if one["period_start"] or one["period_end"]:
            found |= records_where(session, project_uuid, lambda table, r=one: _within(table, r))  # type: ignore[misc]
    return found


def _within(table: Table, one: Mapping[str, Any]) -> ColumnElement[bool]:
    day = table.c.reporting_date
    return and_(
        table.c.assessment_type == one["assessment_type"],
        day >= one["period_start"] if one["period_start"] else true(),
        day <= one["period_end"] if one["period_end"] else true(),
    )
