"""Organisations: who owns records under an agreement. The one register that all projects share."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update

from sync.problems import Invalid, NotFound
from sync.registers.entries import (
    Plan,
    Register,
    Report,
    records_with,
    records_with_any,
    write_entries,
)
from sync.registers.table import Line, read_entries, read_lines
from sync.store import ReadSession, Store, WriteSession, now
from sync.tables import organisation
from sync.tables.log import ChangeKind

COLUMNS = ("code", "name")

LONGEST_DELAY_DAYS = 36_525
"""A hundred years: who means never takes the release back."""

REGISTER = Register(
    name="organisation",
    plural="organisations",
    table=organisation,
    key=("code",),
    kind=ChangeKind.ORGANISATION,
    carried_as="organisation",
    columns=COLUMNS,
)


def add_organisation(
    store: Store, code: str, name: str, *, update: bool = False, by: str | None = None
) -> Report:
    """Register an organisation. Raises Invalid (code, name), Conflict (there, with another name)."""
    entries = read_entries([Line({"code": code, "name": name})], _read, REGISTER.label)
    return write_entries(store, REGISTER, None, entries, _concerned, update=update, by=by)


def import_organisations(
    store: Store, data: bytes, *, dry_run: bool = False, by: str | None = None
) -> Report:
    """Register organisations from a CSV with the columns `code` and `name`. Raises Invalid, row by row."""
    lines = read_lines(data, COLUMNS, COLUMNS, REGISTER.plural)
    entries = read_entries(lines, _read, REGISTER.label)
    return write_entries(store, REGISTER, None, entries, _concerned, dry_run=dry_run, by=by)


def release_transhumance(store: Store, code: str, after_days: int | None, by: str | None = None) -> None:
    """Let an organisation's records of transhumance be published after so many days, or (None) no more.

    Raises NotFound, Invalid (less than 0 days, more than LONGEST_DELAY_DAYS).
    """
    if after_days is not None and not 0 <= after_days <= LONGEST_DELAY_DAYS:
        raise Invalid(
            f"{after_days} days are not between 0 and {LONGEST_DELAY_DAYS}.",
            "Give the days; to publish nothing any more, take the release back.",
        )

    def work(session: WriteSession) -> None:
        uuid = session.scalar(select(organisation.c.uuid).where(organisation.c.code == code))
        if uuid is None:
            raise NotFound(
                f"No organisation {code} is registered.", "`waypost organisation list` shows those there are."
            )
        released = update(organisation).where(organisation.c.code == code)
        session.execute(released.values(release_after_days=after_days, updated_at=now()))
        session.change(REGISTER.kind, uuid)
        session.audit("organisation.release", uuid, by, after_days=after_days)

    store.write(work)


def list_organisations(session: ReadSession) -> list[dict[str, Any]]:
    """Every organisation by code: code, name, uuid, release_after_days (None: not released)."""
    o = organisation.c
    statement = select(o.code, o.name, o.uuid, o.release_after_days).order_by(o.code)
    return [dict(row) for row in session.all(statement)]


def _read(line: Line) -> dict[str, Any]:
    return {"code": line.code("code"), "name": line.required("name")}


def _concerned(session: ReadSession, plan: Plan) -> set[int]:
    """A name concerns no row; a new code those that carry it, and the first one all that carry any."""
    if plan.new and not plan.before:
        return records_with_any(session, None, REGISTER.carried_as)
    return records_with(session, None, REGISTER.carried_as, [entry["code"] for entry in plan.new])
