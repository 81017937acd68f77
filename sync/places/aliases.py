"""Older p-codes and other names of areas, added to a release after its import.

Flows in: a CSV an office keeps (alias, area, level, parent, source). Flows out: `admin_alias` rows and the
release's new digest of them, which makes every process build its index anew; the records of the projects
that are placed by the release go through the pipeline again.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, update

from sync.places.gazetteer import Gazetteer
from sync.places.matching import match_area
from sync.places.release_gazetteer import gazetteer_of
from sync.places.sites import derive_again
from sync.problems import Invalid, NotFound
from sync.store import ReadSession, Store, WriteSession
from sync.tables.log import ChangeKind
from sync.tables.places import admin_alias, boundary_release, release_activation
from sync.tables.registry import project

COLUMNS = ("alias", "area", "level", "parent", "source")


@dataclass(frozen=True, slots=True)
class AliasReport:
    """What was added: alias -> code. `matched`: areas given otherwise than by their code, in words."""

    added: dict[str, str]
    unchanged: list[str]
    matched: list[str]
    projects: list[int]  # whose records are placed again


def import_aliases(store: Store, release: str, data: bytes, by: str | None = None) -> AliasReport:
    """Add aliases to a release.

    data    CSV, UTF-8: alias; area (p-code or name); level, parent and source where known
    Raises  NotFound: no such release; Invalid: with every problem in `errors`, and nothing is written
    """
    with store.read() as session:
        release_id = session.scalar(select(boundary_release.c.id).where(boundary_release.c.name == release))
        if release_id is None:
            raise NotFound(f"There is no release {release}.", "`waypost places import` makes one.")
        gazetteer = gazetteer_of(session, release_id)
    rows, matched = _rows(data, gazetteer)
    return store.write(lambda session: _write(session, release_id, rows, matched, by))


def _rows(data: bytes, gazetteer: Gazetteer) -> tuple[list[dict[str, Any]], list[str]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid("The table is not UTF-8.", 'Save it as "CSV UTF-8" and import that.') from error
    header = text.split("\n", 1)[0]
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=";" if ";" in header else ",")
    names = [(name or "").strip().lower() for name in reader.fieldnames or []]
    reader.fieldnames = names
    wrong = [name for name in names if name not in COLUMNS]
    if wrong or not {"alias", "area"} <= set(names):
        raise Invalid(
            f"The table has the columns {', '.join(names) or 'none'}.",
            f"It needs alias and area, and may have level, parent and source; not {', '.join(wrong)}."
            if wrong
            else "It needs alias and area, and may have level, parent and source.",
        )
    rows: list[dict[str, Any]] = []
    matched: list[str] = []
    errors: list[dict[str, object]] = []
    for record in reader:
        cells = {name: (record.get(name) or "").strip() for name in COLUMNS}
        if not any(cells.values()):
            continue
        found = _row(cells, gazetteer)
        if isinstance(found, str):
            errors.append({"row": reader.line_num, "message": found})
            continue
        row, note = found
        rows.append(row)
        matched += [note] if note else []
    if errors or not rows:
        raise Invalid(
            f"The table of aliases has {len(errors)} problems." if errors else "No alias in the table.",
            "Nothing was imported. Correct them all.",
            errors,
        )
    return rows, matched


def _row(cells: dict[str, str], gazetteer: Gazetteer) -> tuple[dict[str, Any], str] | str:
    """The row and how its area was found, or what is wrong."""
    if not cells["alias"]:
        return "alias is empty"
    if cells["level"] and cells["level"] not in "01234":
        return f"level {cells['level']!r} is not one of 0 to 4"
    level = int(cells["level"]) if cells["level"] else None
    match = match_area(cells["area"], level, cells["parent"] or None, gazetteer, names=True)
    if match.area is None:
        return f"area: {match.note}"
    own = gazetteer.by_code(cells["alias"], match.area.level)
    if own:
        return f"{cells['alias']} is the code of an area itself and can be no other name of {match.area.code}"
    row = {
        "level": match.area.level,
        "alias": cells["alias"],
        "code": match.area.code,
        "source": cells["source"] or "office",
    }
    return row, "" if match.how == "code" else match.note or f"{cells['area']} is {match.area.code}"


def _write(
    session: WriteSession,
    release_id: int,
    rows: Sequence[dict[str, Any]],
    matched: list[str],
    by: str | None,
) -> AliasReport:
    known = _known(session, release_id)
    report = AliasReport({}, [], matched, [])
    errors: list[dict[str, object]] = []
    adding: dict[tuple[int, str], dict[str, Any]] = {}
    for row in rows:
        key = (row["level"], row["alias"])
        before = known.get(key) or (adding[key]["code"] if key in adding else None)
        if before is None:
            adding[key] = row
            report.added[row["alias"]] = row["code"]
        elif before == row["code"]:
            report.unchanged.append(row["alias"])
        else:
            errors.append(
                {"message": f"{row['alias']} is an alias of {before} already, not of {row['code']}"}
            )
    if errors:
        raise Invalid("An alias means one area only.", "Nothing was imported. Correct them all.", errors)
    if not adding:
        return report
    session.insert(admin_alias, [{**row, "release_id": release_id} for row in adding.values()])
    every = sorted((*key, code) for key, code in _known(session, release_id).items())
    digest = hashlib.sha256(repr(every).encode()).digest()
    own = boundary_release.c.id == release_id
    session.execute(update(boundary_release).where(own).values(aliases=digest.hex()))
    uuid = session.scalar(select(boundary_release.c.uuid).where(own))
    session.change(ChangeKind.RELEASE, str(uuid), digest)
    session.audit("places.alias", str(uuid), by, added=len(adding))
    for row in _projects(session, release_id):
        derive_again(session, row["uuid"])
        report.projects.append(row["id"])
    return report


def _known(session: ReadSession, release_id: int) -> dict[tuple[int, str], str]:
    a = admin_alias.c
    rows = session.all(select(a.level, a.alias, a.code).where(a.release_id == release_id))
    return {(row["level"], row["alias"]): row["code"] for row in rows}


def _projects(session: ReadSession, release_id: int) -> Sequence[Any]:
    """Projects whose active release this is."""
    a = release_activation.c
    newest = select(func.max(a.id)).group_by(a.project_id)
    return session.all(
        select(project.c.id, project.c.uuid)
        .join(release_activation, a.project_id == project.c.id)
        .where(a.id.in_(newest), a.release_id == release_id)
        .order_by(project.c.id)
    )
