"""An office's own codes and ours: a statistics office's areas, ages and lists, imported for a project.

Flows in: CSV with the columns of COLUMNS. Flows out: a `Crosswalk` that importers and exports ask. What this
version ships (forms/vocabulary/crosswalks/) is for all projects and cannot be changed here: an office gives
its source a name of its own.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import delete, select

from forms import crosswalks, vocabulary
from forms.crosswalks import Crossing, Crosswalk, normalised
from sync.places.releases import active_release
from sync.problems import Invalid, NotFound
from sync.registers.entries import Report, project_uuid_of
from sync.registers.table import Line, read_lines, refuse
from sync.store import ReadSession, Store, WriteSession
from sync.tables import admin_area, code_crosswalk
from sync.tables.log import ChangeKind

COLUMNS = ("list_name", "foreign_code", "code", "valid_from", "valid_to", "note")
AREAS = {"admin1": 1, "admin2": 2, "admin3": 3}
"""What stands for a list where the codes are those of areas, with the level."""

NULL = "-"
"""Written as our code: the foreign one is known and says nothing."""

_SOURCE = re.compile(r"[a-z][a-z0-9_]{1,40}")
_Placed = tuple[Line, Crossing]


def import_crosswalk(
    store: Store,
    project_id: int,
    source: str,
    data: bytes,
    *,
    dry_run: bool = False,
    by: str | None = None,
) -> Report:
    """Add codes of a source to a project's crosswalk, or change what they stand for; others stay.

    source  a name of the office's list: "insae_areas"
    Raises  Invalid with every problem by row and column: a code of ours that is not in its list or retired,
            an area that is not in the active boundaries, two meanings of one code on one day
            NotFound: no such project
    """
    _check_source(source)
    lines = read_lines(data, COLUMNS, ("list_name", "foreign_code", "code"), "crosswalk rows")

    def plan(session: ReadSession) -> tuple[str, Report, list[Crossing]]:
        uuid = project_uuid_of(session, project_id)
        before = {_key(one): one for one in project_crosswalk(session, uuid, source).crossings}
        placed = [(line, _read(session, project_id, line)) for line in lines]
        _check_conflicts(before, placed)
        refuse([problem for line in lines for problem in line.problems], "crosswalk rows")
        report = Report(dry_run=dry_run)
        for _, one in placed:
            old = before.get(_key(one))
            into = report.new if old is None else report.unchanged if old == one else report.changed
            into.append(f"{one.list_name} {one.foreign_code}")
        return uuid, report, [one for _, one in placed]

    def work(session: WriteSession) -> Report:
        uuid, report, crossings = plan(session)
        if report.new or report.changed:
            _write(session, uuid, source, crossings)
            session.change(ChangeKind.CROSSWALK, uuid)
            counts = {"new": len(report.new), "changed": len(report.changed)}
            session.audit("crosswalk.import", uuid, by, source=source, **counts)
        return report

    if dry_run:
        with store.read() as session:
            return plan(session)[1]
    return store.write(work)


def project_crosswalk(session: ReadSession, project_uuid: str, source: str) -> Crosswalk:
    """The crosswalk of a source: the project's own rows, else what this version ships; empty for neither."""
    c = code_crosswalk.c
    mine = select(code_crosswalk).where(c.project_uuid == project_uuid, c.source == source)
    rows = session.all(mine.order_by(c.list_name, c.foreign_code, c.valid_from))
    if not rows and source in crosswalks.sources():
        return crosswalks.shipped(source)
    return Crosswalk(source, (_crossing(row) for row in rows))


def list_crosswalks(session: ReadSession, project_id: int) -> list[dict[str, Any]]:
    """The sources a project can use: source, ours (shipped with this version), lists, codes (how many)."""
    uuid = project_uuid_of(session, project_id)
    c = code_crosswalk.c
    rows = session.all(
        select(c.project_uuid, c.source, c.list_name)
        .where(c.project_uuid.in_(["", uuid]))
        .order_by(c.source, c.list_name)
    )
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        shipped = row["project_uuid"] == ""
        one = found.setdefault(
            row["source"], {"source": row["source"], "shipped": shipped, "lists": [], "codes": 0}
        )
        one["codes"] += 1
        if row["list_name"] not in one["lists"]:
            one["lists"].append(row["list_name"])
    return list(found.values())


def export_crosswalk(session: ReadSession, project_id: int, source: str) -> str:
    """A source's crosswalk as the CSV that `import_crosswalk` reads. Raises NotFound (project, source)."""
    found = project_crosswalk(session, project_uuid_of(session, project_id), source).crossings
    if not found:
        raise NotFound(f"There is no crosswalk {source}.", "`waypost crosswalk list` shows those there are.")
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in found:
        days = (one.valid_from or "", one.valid_to or "")
        writer.writerow((one.list_name, one.foreign_code, one.code or NULL, *days, one.note))
    return out.getvalue()


def crosswalk_row(project_uuid: str, source: str, one: Crossing) -> dict[str, Any]:
    """A crossing as a row of `code_crosswalk`."""
    return {
        "project_uuid": project_uuid,
        "source": source,
        "list_name": one.list_name,
        "foreign_code": one.foreign_code,
        "valid_from": one.valid_from.isoformat() if one.valid_from else "",
        "valid_to": one.valid_to.isoformat() if one.valid_to else None,
        "code": one.code,
        "note": one.note,
    }


def _crossing(row: Any) -> Crossing:
    begins, ends = (date.fromisoformat(row[n]) if row[n] else None for n in ("valid_from", "valid_to"))
    return Crossing(row["list_name"], row["foreign_code"], row["code"], begins, ends, row["note"])


def _check_source(source: str) -> None:
    if source in crosswalks.sources():
        raise Invalid(f"{source} is a crosswalk of Waypost itself.", "Give yours a name of its own.")
    if not _SOURCE.fullmatch(source):
        hint = "Use lower-case letters, digits and _: insae_areas."
        raise Invalid(f"{source[:60]!r} is not a name of a source.", hint)


def _read(session: ReadSession, project_id: int, line: Line) -> Crossing:
    list_name, code = line.required("list_name"), line.required("code")
    begins, ends = line.day("valid_from"), line.day("valid_to")
    if begins and ends and ends < begins:
        line.problem("valid_to", f"{ends} is before valid_from {begins}", "Exchange or correct them.")
    if list_name in AREAS:
        if code not in ("", NULL):
            _check_area(session, project_id, line, AREAS[list_name], code)
    elif list_name and list_name not in vocabulary.code_lists():
        hint = f"`waypost codes list` shows the lists; areas are {', '.join(AREAS)}."
        line.problem("list_name", f"there is no list {list_name}", hint)
    elif list_name and code not in ("", NULL):
        known = vocabulary.codes(list_name).get(code)
        show = f"`waypost codes list {list_name}` shows its codes."
        if known is None:
            line.problem("code", f"{code!r} is not in the list {list_name}", show)
        elif known.retired_in:
            line.problem("code", f"{code} is retired since {known.retired_in}", show)
    foreign = line.required("foreign_code")
    return Crossing(list_name, foreign, "" if code == NULL else code, begins, ends, line.text("note") or "")


def _check_area(session: ReadSession, project_id: int, line: Line, level: int, code: str) -> None:
    release = active_release(session, project_id)
    a = admin_area.c
    there = select(a.level).where(a.release_id == (release.id if release else None), a.code == code)
    found = session.scalar(there.limit(1))
    if found is None:
        hint = "Import the boundaries (waypost places import), or correct the code."
        line.problem("code", f"there is no area {code} in the project's boundaries", hint)
    elif found != level:
        line.problem(
            "code", f"{code} is of level {found}, not {level}", f"Write admin{found}, or correct it."
        )


def _check_conflicts(before: dict[tuple[Any, ...], Crossing], placed: Sequence[_Placed]) -> None:
    """One foreign code has one meaning on a day: rows that share days contradict, or stand twice."""
    ours = {_key(one) for _, one in placed}
    others: dict[tuple[str, str], list[tuple[int | None, Crossing]]] = {}
    for key, one in before.items():
        if key not in ours:
            others.setdefault(key[:2], []).append((None, one))
    for line, one in placed:
        same = others.setdefault(_key(one)[:2], [])
        for row, other in same if one.foreign_code else ():
            if _share_days(one, other):
                where = f"row {row}" if row is not None else "what is imported already"
                told = f"{one.foreign_code!r} is {other.code or NULL} in {where}"
                line.problem("foreign_code", told, "Leave one, or give each its days (valid_from, valid_to).")
                break
        same.append((line.row, one))


def _key(one: Crossing) -> tuple[Any, ...]:
    return one.list_name, normalised(one.foreign_code), one.valid_from


def _share_days(a: Crossing, b: Crossing) -> bool:
    begins = max(a.valid_from or date.min, b.valid_from or date.min)
    return begins <= min(a.valid_to or date.max, b.valid_to or date.max)


def _write(session: WriteSession, project_uuid: str, source: str, crossings: Sequence[Crossing]) -> None:
    """The rows of the source with these in the place of those of the same code and first day, however they
    were spelled."""
    merged = {_key(one): one for one in project_crosswalk(session, project_uuid, source).crossings}
    merged |= {_key(one): one for one in crossings}
    c = code_crosswalk.c
    session.execute(delete(code_crosswalk).where(c.project_uuid == project_uuid, c.source == source))
    session.insert(code_crosswalk, [crosswalk_row(project_uuid, source, one) for one in merged.values()])
