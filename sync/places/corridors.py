"""Corridors: routes of herds or of migrants, imported as lines, with the areas they pass.

Flows in: GeoJSON or GeoPackage. Flows out: `corridor` rows, upserted by code, all or nothing. The line itself
is restricted (DOMAIN 2.8, 8): it stays in the table, and nothing here gives it out. What lists and row scope
use are the code, the name and the areas passed, which are worked out anew with every import.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import RowMapping, select

from forms import vocabulary
from sync.places.releases import active_release, index_for
from sync.problems import Invalid, NotFound
from sync.sandbox import SandboxFailure, run_once
from sync.store import ReadSession, Store, WriteSession, new_uuid, now
from sync.tables.log import ChangeKind
from sync.tables.places import corridor
from sync.tables.registry import project

READING_MB = 2048
READING_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class CorridorsReport:
    """What an import did, or would do. Codes, but for `areas`: the areas each corridor passes."""

    new: list[str]
    changed: list[str]
    unchanged: list[str]
    areas: dict[str, list[str]]
    release: str | None  # that says the areas; None: the project has none
    is_dry: bool


def import_corridors(
    store: Store, project_id: int, path: Path, dry_run: bool = False, by: str | None = None
) -> CorridorsReport:
    """Register or change a project's corridors. Those the file does not name stay as they are.

    Raises Invalid: with every problem of the file in `errors`, and nothing is written; NotFound: no project
    """
    from sync.places.corridor_file import CorridorFile, read_corridors  # GDAL: for the child only

    with store.read() as session:
        if session.scalar(select(project.c.id).where(project.c.id == project_id)) is None:
            raise NotFound(f"There is no project {project_id}.", "`waypost project list` shows the ids.")
        release = active_release(session, project_id)
    index_path = index_for(store, release) if release is not None else None
    kinds = tuple(each.code for each in vocabulary.codes("corridor_kind").values() if not each.retired_in)
    try:
        found: CorridorFile = run_once(
            read_corridors,
            path.resolve(),
            kinds,
            index_path,
            memory_mb=READING_MB,
            seconds=READING_SECONDS,
        )
    except SandboxFailure as failure:
        raise Invalid(
            f"{path.name} could not be read: {failure} {failure.message}".strip() + ".",
            "Save it again in QGIS as GeoPackage in EPSG:4326.",
        ) from failure
    if found.problems:
        raise Invalid(
            f"{path.name} has {len(found.problems)} problem{'s' if len(found.problems) != 1 else ''}.",
            "Nothing was imported. Correct them all.",
            [{"message": text} for text in found.problems],
        )
    rows = [{name: getattr(line, name) for name in line.__slots__} for line in found.lines]
    for row in rows:
        row["pcodes"] = list(row["pcodes"])
    name = release.name if release is not None else None
    if dry_run:
        with store.read() as session:
            return _compared(session, project_id, rows, name, True)[0]
    return store.write(lambda session: _write(session, project_id, rows, name, by))


def list_corridors(session: ReadSession, project_id: int) -> list[RowMapping]:
    """A project's corridors by code, without their lines."""
    columns = [c for c in corridor.c if c.name not in ("id", "project_id", "geometry", "updated_at", "uuid")]
    return list(
        session.all(select(*columns).where(corridor.c.project_id == project_id).order_by(corridor.c.code))
    )


def _compared(
    session: ReadSession,
    project_id: int,
    rows: Sequence[dict[str, Any]],
    release: str | None,
    is_dry: bool,
) -> tuple[CorridorsReport, dict[str, RowMapping]]:
    mine = select(corridor).where(corridor.c.project_id == project_id)
    before = {row["code"]: row for row in session.all(mine)}
    report = CorridorsReport([], [], [], {row["code"]: row["pcodes"] for row in rows}, release, is_dry)
    for row in rows:
        old = before.get(row["code"])
        if old is None:
            report.new.append(row["code"])
        elif any(old[name] != value for name, value in row.items()):
            report.changed.append(row["code"])
        else:
            report.unchanged.append(row["code"])
    return report, before


def _write(
    session: WriteSession,
    project_id: int,
    rows: Sequence[dict[str, Any]],
    release: str | None,
    by: str | None,
) -> CorridorsReport:
    report, before = _compared(session, project_id, rows, release, False)
    writing = [
        {
            **row,
            "project_id": project_id,
            "uuid": before[row["code"]]["uuid"] if row["code"] in before else new_uuid(),
            "updated_at": now(),
        }
        for row in rows
        if row["code"] not in report.unchanged
    ]
    session.upsert(corridor, writing, key=("project_id", "code"))
    seqs = session.take_seqs(len(writing))
    session.changes(
        [(seq, ChangeKind.CORRIDOR, row["uuid"], None) for seq, row in zip(seqs, writing, strict=True)]
    )
    uuid = session.scalar(select(project.c.uuid).where(project.c.id == project_id))
    session.audit("corridor.import", uuid, by, new=len(report.new), changed=len(report.changed))
    return report
