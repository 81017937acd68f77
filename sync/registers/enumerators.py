"""Enumerators, by pseudonym: who types, as forms carry it in `entered_by`. No name is kept here.

A pseudonym has a digit and no blank, so that no name passes for one. One that was retired stays in the
register for ever: given again, it would make one person of two.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from sync import queue
from sync.problems import Conflict, NotFound
from sync.registers.entries import (
    Entries,
    Plan,
    Register,
    Report,
    later_than,
    project_uuid_of,
    records_with,
    records_with_any,
    write_entries,
)
from sync.registers.table import Line, read_entries, read_lines, refuse
from sync.store import ReadSession, Store, WriteSession, now
from sync.tables import enumerator, organisation
from sync.tables.log import ChangeKind
from sync.turns import take_turn

COLUMNS = ("pseudonym", "organisation", "sex", "team")

REGISTER = Register(
    name="enumerator",
    plural="enumerators",
    table=enumerator,
    key=("pseudonym",),
    kind=ChangeKind.ENUMERATOR,
    carried_as="entered_by",
    columns=COLUMNS,
)

MOST_AT_ONCE = 1000
_PSEUDONYM = re.compile(r"(?=.*[0-9])[A-Za-z0-9][A-Za-z0-9._-]{1,31}")
_LETTERS = "23456789ACDEFGHJKLMNPQRTUVWXYZ"  # none that is read as another
_DIGITS = "23456789"


def add_enumerators(
    store: Store,
    project_id: int,
    count: int = 1,
    pseudonym: str | None = None,
    organisation_code: str | None = None,
    sex: str | None = None,
    team: str | None = None,
    *,
    update: bool = False,
    by: str | None = None,
) -> Report:
    """Register enumerators: `count` of them by generated pseudonyms, or one by a given one.

    Raises  Invalid (a pseudonym that could be a name, more than MOST_AT_ONCE), NotFound (project),
            Conflict (there, with other values, without `update`)
    """
    further = {"organisation": organisation_code, "sex": sex, "team": team}
    names = [pseudonym] if pseudonym is not None else _generated(store, project_id, count)
    lines = [Line({"pseudonym": name, **further}) for name in names]
    entries = read_entries(lines, _read, REGISTER.label)
    return write_entries(store, REGISTER, project_id, entries, _concerned, _check, update=update, by=by)


def import_enumerators(
    store: Store, project_id: int, data: bytes, *, dry_run: bool = False, by: str | None = None
) -> Report:
    """Register enumerators from a CSV with the columns of COLUMNS. Raises Invalid, row by row."""
    lines = read_lines(data, COLUMNS, ("pseudonym",), REGISTER.plural)
    entries = read_entries(lines, _read, REGISTER.label)
    return write_entries(store, REGISTER, project_id, entries, _concerned, _check, dry_run=dry_run, by=by)


def retire_enumerator(
    store: Store, project_id: int, pseudonym: str, at: datetime | None = None, by: str | None = None
) -> Report:
    """Say that nobody types as `pseudonym` any more; what was typed stays theirs.

    at      aware; rows of later days are flagged. None: now
    Raises  NotFound, Conflict (retired before)
    """

    def work(session: WriteSession) -> Report:
        uuid = project_uuid_of(session, project_id)
        take_turn(session, [uuid])
        mine = (enumerator.c.project_id == project_id) & (enumerator.c.pseudonym == pseudonym)
        row = session.first(select(enumerator).where(mine))
        if row is None:
            hint = "`waypost enumerator list` shows those there are."
            raise NotFound(f"No enumerator {pseudonym} is registered.", hint)
        if row["retired_at"] is not None:
            raise Conflict(
                f"{pseudonym} was retired on {row['retired_at']:%Y-%m-%d}.", "Nothing needs doing."
            )
        values = {"retired_at": at or now(), "updated_at": later_than(session, enumerator)}
        session.execute(update(enumerator).where(enumerator.c.id == row["id"]).values(**values))
        session.change(ChangeKind.ENUMERATOR, row["uuid"])
        session.audit("enumerator.retire", row["uuid"], by, pseudonym=pseudonym)
        roots = sorted(records_with(session, uuid, REGISTER.carried_as, [pseudonym]))
        queue.requeue(session, roots)
        return Report(changed=[pseudonym], queued=len(roots))

    return store.write(work)


def list_enumerators(session: ReadSession, project_id: int) -> list[dict[str, Any]]:
    """The project's enumerators by pseudonym, retired ones included. Raises NotFound (project)."""
    project_uuid_of(session, project_id)
    e = enumerator.c
    columns = (*(e[name] for name in COLUMNS), e.created_at, e.retired_at)
    rows = session.all(select(*columns).where(e.project_id == project_id).order_by(e.pseudonym))
    return [dict(row) for row in rows]


def _read(line: Line) -> dict[str, Any]:
    pseudonym = line.required("pseudonym")
    if pseudonym and not _PSEUDONYM.fullmatch(pseudonym):
        line.problem(
            "pseudonym",
            f"{pseudonym[:40]!r} could be a name or cannot be typed",
            "Use 2 to 32 letters, digits and -._ with a digit among them and no blank, as EN-4K7.",
        )
    return {
        "pseudonym": pseudonym,
        "organisation": line.code("organisation", required=False) or None,
        "sex": line.of_list("sex", "sex"),
        "team": line.text("team"),
    }


def _check(session: ReadSession, plan: Plan, entries: Entries) -> None:
    organisations = {row["code"] for row in session.all(select(organisation.c.code))}
    spelled = {key[0].casefold(): row for key, row in plan.before.items()}
    for line, values in entries:
        pseudonym, named = values["pseudonym"], values["organisation"]
        there = spelled.get(pseudonym.casefold())
        if there is not None and there["retired_at"] is not None:
            day = f"{there['retired_at']:%Y-%m-%d}"
            line.problem(
                "pseudonym", f"{pseudonym} was retired on {day}", "It is never given again: take another."
            )
        elif there is not None and there["pseudonym"] != pseudonym:
            hint = "Take another, or write it as it is registered."
            line.problem("pseudonym", f"{pseudonym} is registered as {there['pseudonym']}", hint)
        if named and named not in organisations:
            hint = "Register it first: `waypost organisation add`."
            line.problem("organisation", f"{named} is not registered", hint)


def _generated(store: Store, project_id: int, count: int) -> list[str]:
    """New pseudonyms that nobody has or had in this project."""
    if not 1 <= count <= MOST_AT_ONCE:
        line = Line({})
        line.problem("count", f"{count} is not between 1 and {MOST_AT_ONCE}", "Register them in parts.")
        refuse(line.problems, REGISTER.plural)
    with store.read() as session:
        project_uuid_of(session, project_id)
        mine = select(enumerator.c.pseudonym).where(enumerator.c.project_id == project_id)
        taken = {row["pseudonym"].casefold() for row in session.all(mine)}
    made: list[str] = []
    while len(made) < count:
        made.append(_new_pseudonym(taken))
        taken.add(made[-1].casefold())
    return made


def _new_pseudonym(taken: Collection[str]) -> str:
    """EN- and three signs, a digit first; longer when most of those are taken."""
    length = 2
    while True:
        for _ in range(20):
            rest = "".join(secrets.choice(_LETTERS) for _ in range(length))
            found = f"EN-{secrets.choice(_DIGITS)}{rest}"
            if found.casefold() not in taken:
                return found
        length += 1


def _concerned(session: ReadSession, plan: Plan) -> set[int]:
    """A new pseudonym concerns the rows that carry it, and the first one all that carry any."""
    if plan.new and not plan.before:
        return records_with_any(session, plan.project_uuid, REGISTER.carried_as)
    names = [entry["pseudonym"] for entry in plan.new]
    return records_with(session, plan.project_uuid, REGISTER.carried_as, names)
