"""Registered places: a table of them to rows, and rows to what the steps need.

Flows in: CSV as an office keeps it. Flows out: `place`, `expected_observation` and `place_status`, all or
nothing: every problem of the table is listed with its row and column before anything is written. A p-code
that is written otherwise than in the active release is stored as the release has it, and reported.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import RowMapping, select

from sync import queue
from sync.places.matching import match_area
from sync.places.place_states import set_state
from sync.places.release_gazetteer import gazetteer_of
from sync.places.releases import active_release
from sync.places.site_table import COLUMNS, SiteProblem, SiteRow, read_row
from sync.problems import Invalid, NotFound
from sync.steps.values import KnownPlace
from sync.store import ReadSession, Store, WriteSession, new_uuid, now
from sync.tables.log import ChangeKind
from sync.tables.places import expected_observation, place
from sync.tables.records import submission
from sync.tables.registry import project

ALWAYS = date(2000, 1, 1)
"""Since when a place is expected to be observed where the table gives no date."""


@dataclass(frozen=True, slots=True)
class SitesReport:
    new: list[str]  # codes
    changed: list[str]
    unchanged: list[str]
    warnings: list[str]


def import_sites(store: Store, project_id: int, data: bytes) -> SitesReport:
    """Register or change a project's places. Those the table does not name stay as they are.

    data    CSV, UTF-8, separated by comma or semicolon, columns as in sync/places/site_table.py
    Raises  Invalid with all problems in `errors` (row, column, message); nothing is written then
            NotFound: no such project
    """
    rows = read_sites(data)
    with store.read() as session:
        rows = _with_official_codes(session, project_id, rows)
    return store.write(lambda session: _write(session, project_id, rows))


def _with_official_codes(session: ReadSession, project_id: int, rows: Sequence[SiteRow]) -> list[SiteRow]:
    """The rows with their p-codes as the active release writes them, and a warning for each that is not."""
    release = active_release(session, project_id)
    if release is None or not any(row.values["pcode"] for row in rows):
        return list(rows)
    gazetteer = gazetteer_of(session, release.id)
    found = []
    for row in rows:
        given = row.values["pcode"]
        match = match_area(given, None, None, gazetteer) if given else None
        if match is not None and match.area is None:
            note = f"{row.code}: pcode {match.note} {release.name}"
            row = replace(row, warnings=[*row.warnings, note])
        elif match is not None and match.area is not None and match.area.code != given:
            note = f"{row.code}: pcode {match.note}"
            values = row.values | {"pcode": match.area.code}
            row = replace(row, values=values, warnings=[*row.warnings, note])
        found.append(row)
    return found


def known_places(session: ReadSession, project_id: int) -> dict[str, KnownPlace]:
    """The project's registered places by code, as the steps take them."""
    p = place.c
    statement = select(p.code, p.kind, p.name, p.lon, p.lat, p.pcode, p.timezone)
    rows = session.all(statement.where(p.project_id == project_id).order_by(p.code))
    return {row["code"]: KnownPlace(**row) for row in rows}


def read_sites(data: bytes) -> list[SiteRow]:
    """The table's rows. Raises Invalid listing everything that is wrong in it."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise Invalid(
            f"The table is not UTF-8: line {line} has a byte that is no letter.",
            'Save it as "CSV UTF-8" and import that.',
        ) from error
    header = text.split("\n", 1)[0]
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=";" if ";" in header else ",")
    names = [(name or "").strip().lower() for name in reader.fieldnames or []]
    reader.fieldnames = names
    problems = _header_problems(names)
    rows: list[SiteRow] = []
    first_line: dict[str, int] = {}
    for record in reader if not problems else ():
        line = reader.line_num
        if not any((value or "").strip() for value in record.values() if not isinstance(value, list)):
            continue
        if None in record:
            problems.append(
                SiteProblem(line, "", "more cells than columns: quote a text that holds the separator")
            )
            continue
        row, found = read_row(record, line)
        problems += found
        if row is not None and row.code in first_line:
            text = f"{row.code} stands in row {first_line[row.code]} already: each place has one row"
            problems.append(SiteProblem(line, "place_id", text))
        elif row is not None:
            first_line[row.code] = line
            rows.append(row)
    if not problems and not rows:
        problems.append(SiteProblem(1, "", "no place in the table"))
    if problems:
        errors: list[dict[str, object]] = [
            {"row": p.row, "column": p.column, "message": p.text} for p in problems
        ]
        number = f"{len(problems)} problem{'s' if len(problems) != 1 else ''}"
        raise Invalid(f"The table of places has {number}.", "Nothing was imported. Correct them all.", errors)
    return rows


def _header_problems(names: Sequence[str]) -> list[SiteProblem]:
    problems = []
    for needed in ("place_id", "name", "kind"):
        if needed not in names:
            problems.append(SiteProblem(1, needed, f"column {needed} is missing"))
    for name in names:
        if name not in COLUMNS:
            text = f"unknown column {name or '(empty)'}: known are {', '.join(COLUMNS)}"
            problems.append(SiteProblem(1, name, text))
        elif names.count(name) > 1 and f"column {name} stands twice" not in [p.text for p in problems]:
            problems.append(SiteProblem(1, name, f"column {name} stands twice"))
    return problems


def _write(session: WriteSession, project_id: int, rows: Sequence[SiteRow]) -> SitesReport:
    project_uuid = session.scalar(select(project.c.uuid).where(project.c.id == project_id))
    if project_uuid is None:
        raise NotFound(f"There is no project {project_id}.", "`waypost project list` shows those there are.")
    before = {row["code"]: row for row in session.all(select(place).where(place.c.project_id == project_id))}
    report = SitesReport([], [], [], [w for row in rows for w in row.warnings])
    writing = []
    for row in rows:
        old = before.get(row.code)
        values = row.values | {"properties": old["properties"] if old else {}}
        if old is None:
            report.new.append(row.code)
        elif _differs(old, values):
            report.changed.append(row.code)
        else:
            report.unchanged.append(row.code)
            continue
        writing.append(
            {
                **values,
                "project_id": project_id,
                "uuid": old["uuid"] if old else new_uuid(),
                "updated_at": now(),
            }
        )
    session.upsert(place, writing, key=("project_id", "code"))
    seqs = session.take_seqs(len(writing))
    session.changes(
        [(seq, ChangeKind.PLACE, str(row["uuid"]), None) for seq, row in zip(seqs, writing, strict=True)]
    )
    _expect(session, project_id, rows)
    _set_states(session, project_id, rows)
    if writing:
        derive_again(session, str(project_uuid))
    session.audit("sites.import", str(project_uuid), new=len(report.new), changed=len(report.changed))
    return report


def _set_states(session: WriteSession, project_id: int, rows: Sequence[SiteRow]) -> None:
    states = {row.code: row.state for row in rows if row.state is not None}
    known = session.all(
        select(place.c.id, place.c.uuid, place.c.code)
        .where(place.c.project_id == project_id, place.c.code.in_(states))
        .order_by(place.c.code)
    )
    for row in known:
        state = states[row["code"]]
        assert state is not None
        set_state(session, row["id"], row["uuid"], state)


def derive_again(session: WriteSession, project_uuid: str) -> None:
    """Send all records through the pipeline: a place gives rows their name, area, site and local date, and a
    new one may be the nearest of any of them."""
    s = submission.c
    mine = select(s.id).where(s.project_uuid == project_uuid, s.erased_at.is_(None)).order_by(s.id)
    queue.requeue(session, [row["id"] for row in session.all(mine)])


def _differs(old: RowMapping, values: Mapping[str, Any]) -> bool:
    return any(old[name] != value for name, value in values.items())


def _expect(session: WriteSession, project_id: int, rows: Sequence[SiteRow]) -> None:
    """When each place should be observed. Expectations that began on other days stay, as history."""
    ids = {r["code"]: r["id"] for r in session.all(select(place).where(place.c.project_id == project_id))}
    expected = [row for row in rows if row.expected is not None]
    known = {
        (row["place_id"], row["valid_from"]): row["uuid"]
        for row in session.all(
            select(expected_observation).where(expected_observation.c.place_id.in_(ids.values()))
        )
    }
    writing = []
    for row in expected:
        assert row.expected is not None
        weekdays, opens, closes = row.expected
        begins = row.values["valid_from"] or ALWAYS
        place_id = ids[row.code]
        writing.append(
            {
                "uuid": known.get((place_id, begins)) or new_uuid(),
                "place_id": place_id,
                "weekdays": weekdays,
                "opens": opens,
                "closes": closes,
                "valid_from": begins,
                "valid_to": row.values["valid_to"],
            }
        )
    session.upsert(expected_observation, writing, key=("place_id", "valid_from"))
