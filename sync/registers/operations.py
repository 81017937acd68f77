"""The operations of a project. Figures of two operations in one country are never summed (DOMAIN 2.6)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, true

from sync.problems import NotFound
from sync.registers.entries import (
    Plan,
    Register,
    Report,
    project_uuid_of,
    records_where,
    records_with,
    write_entries,
)
from sync.registers.table import Line, read_entries, read_lines
from sync.store import ReadSession, Store
from sync.tables import operation
from sync.tables.log import ChangeKind

COLUMNS = ("code", "name", "status", "countries")

REGISTER = Register(
    name="operation",
    plural="operations",
    table=operation,
    key=("code",),
    kind=ChangeKind.OPERATION,
    carried_as="operation",
    columns=COLUMNS,
    first_status="active",
)


def add_operation(
    store: Store,
    project_id: int,
    code: str,
    name: str,
    status: str | None = None,
    countries: Sequence[str] = (),
    *,
    update: bool = False,
    by: str | None = None,
) -> Report:
    """Register an operation.

    status     code list operation_status; None: as it is, `active` for a new one
    countries  ISO 3166 alpha-3
    Raises     Invalid, NotFound (project), Conflict (there, with other values, without `update`)
    """
    cells = {"code": code, "name": name, "status": status, "countries": " ".join(countries)}
    entries = read_entries([Line(cells)], _read, REGISTER.label)
    return write_entries(store, REGISTER, project_id, entries, _concerned, update=update, by=by)


def import_operations(
    store: Store, project_id: int, data: bytes, *, dry_run: bool = False, by: str | None = None
) -> Report:
    """Register operations from a CSV with the columns of COLUMNS. Raises Invalid, row by row."""
    lines = read_lines(data, COLUMNS, ("code", "name"), REGISTER.plural)
    entries = read_entries(lines, _read, REGISTER.label)
    return write_entries(store, REGISTER, project_id, entries, _concerned, dry_run=dry_run, by=by)


def set_operation_status(
    store: Store, project_id: int, code: str, status: str, by: str | None = None
) -> Report:
    """Make an operation active or inactive. Raises NotFound, Invalid (status)."""
    with store.read() as session:
        found = [one for one in list_operations(session, project_id) if one["code"] == code]
    if not found:
        raise NotFound(
            f"No operation {code} is registered.", "`waypost operation list` shows those there are."
        )
    one = found[0]
    return add_operation(store, project_id, code, one["name"], status, one["countries"], update=True, by=by)


def list_operations(session: ReadSession, project_id: int) -> list[dict[str, Any]]:
    """The project's operations by code: code, name, status, countries. Raises NotFound (project)."""
    project_uuid_of(session, project_id)
    o = operation.c
    statement = select(o.code, o.name, o.status, o.countries).where(o.project_id == project_id)
    return [dict(row) for row in session.all(statement.order_by(o.code))]


def _read(line: Line) -> dict[str, Any]:
    return {
        "code": line.code("code"),
        "name": line.required("name"),
        "status": line.of_list("status", "operation_status"),
        "countries": line.countries("countries"),
    }


def _concerned(session: ReadSession, plan: Plan) -> set[int]:
    """A new code concerns the rows that carry it. With the first one the others become unknown, and the first
    and the second change what rows without an operation belong to: then all records are concerned."""
    if plan.new and len(plan.before) < 2:
        return records_where(session, plan.project_uuid, lambda table: true())
    return records_with(session, plan.project_uuid, REGISTER.carried_as, [e["code"] for e in plan.new])
