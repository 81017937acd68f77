"""Boundary releases: import, activation, and the index file of each.

Flows in: boundary files, read in a child process. Flows out: a release with its areas and report, an
activation for the project, and `DATA/places/<content hash>.places`, which is a cache of the tables.

An import is create, verify, switch: areas are written in small transactions under a release whose name and
hash say that it is under way; the last transaction gives it its name and activates it. What a killed import
left behind is removed by the next one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, update

from sync.places.areas import Boundaries, BoundaryArea, ReportLine, content_hash
from sync.places.index import PlaceIndex
from sync.places.index_file import IndexDamaged, build_index
from sync.places.release_rows import (
    UNDER_WAY,
    area_ids,
    batches,
    geometries,
    index_entries,
    remove_abandoned,
    write_areas,
)
from sync.problems import Conflict, Invalid, NotFound
from sync.sandbox import SandboxFailure, run_once
from sync.store import ReadSession, Store, WriteSession, new_uuid, now
from sync.tables.log import ChangeKind
from sync.tables.places import admin_area, boundary_release, release_activation
from sync.tables.registry import project
from sync.turns import take_turn

READING_MB = 6144
READING_SECONDS = 900.0

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Release:
    id: int
    uuid: str
    name: str
    content_hash: str
    aliases: str | None = None  # digest of the aliases added since the import; None: none
    activation_id: int | None = None
    retagged_at: datetime | None = None  # None while records still carry the release before


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did. `lines`: each ReportLine (sync/places/areas.py) as a dict of what it says."""

    release: Release
    areas: dict[int, int]  # number by level
    lines: list[dict[str, Any]]
    is_new: bool  # False: the same content was there already
    is_activated: bool  # False: it was the project's active one already


def import_release(
    store: Store,
    paths: Sequence[Path],
    name: str,
    project_id: int | None = None,
    level: int | None = None,
    source: str | None = None,
    licence: str | None = None,
    progress: Progress = lambda _: None,
) -> ImportReport:
    """Import boundary files as a release and make it the project's active one.

    project_id  None: import only
    level       of features whose columns and file name do not say it
    Raises  Invalid: a file cannot be imported; `errors` lists the files and what to do
            Conflict: the name belongs to a release with other content
            NotFound: no such project
    Re-tag the project's records afterwards (sync/places/retag.py).
    """
    with store.read() as session:
        if project_id is not None:
            _project_uuid(session, project_id)
    progress(f"reading {len(paths)} file{'s' if len(paths) != 1 else ''}")
    boundaries = _read(paths, level)
    digest = content_hash(boundaries.areas)
    release = _existing(store, name, digest)
    is_new = release is None
    if release is None:
        release = _write_release(store, boundaries, name, digest, source, licence, progress)
    activated = project_id is not None and activate(store, release, project_id)
    progress("building the place index")
    index_for(store, release)
    with store.read() as session:
        return ImportReport(release, _levels(session, release), _report(session, release), is_new, activated)


def activate(store: Store, release: Release, project_id: int, actor_uuid: str | None = None) -> bool:
    """Make a release the project's active one. False: it is already."""

    def work(session: WriteSession) -> bool:
        take_turn(session, [_project_uuid(session, project_id)])  # no worker places rows by the one before
        active = active_release(session, project_id)
        if active is not None and active.id == release.id:
            return False
        row = {
            "uuid": new_uuid(),
            "project_id": project_id,
            "release_id": release.id,
            "activated_at": now(),
            "actor_uuid": actor_uuid,
        }
        session.insert(release_activation, [row])
        session.change(ChangeKind.ACTIVATION, str(row["uuid"]), bytes.fromhex(release.content_hash))
        session.audit("places.activate", _project_uuid(session, project_id), actor_uuid, release=release.name)
        return True

    return store.write(work)


def active_release(session: ReadSession, project_id: int) -> Release | None:
    """The release the project's records are placed by: that of its newest activation."""
    statement = (
        select(
            boundary_release.c.id,
            boundary_release.c.uuid,
            boundary_release.c.name,
            boundary_release.c.content_hash,
            boundary_release.c.aliases,
            release_activation.c.id.label("activation_id"),
            release_activation.c.retagged_at,
        )
        .join(boundary_release, boundary_release.c.id == release_activation.c.release_id)
        .where(release_activation.c.project_id == project_id)
        .order_by(release_activation.c.id.desc())
        .limit(1)
    )
    row = session.first(statement)
    return Release(**row) if row else None


def index_for(store: Store, release: Release) -> Path:
    """The release's index file, built from the tables where it is missing or damaged."""
    named = f"{release.content_hash}-{release.aliases[:16]}" if release.aliases else release.content_hash
    path = store.data / "places" / f"{named}.places"
    try:
        if PlaceIndex.open(path).content_hash == release.content_hash:
            return path
    except (FileNotFoundError, IndexDamaged):
        pass
    with store.read() as session:
        entries, ids = index_entries(session, release.id)
        build_index(entries, geometries(session, ids), path, release.content_hash)
    return path


def _read(paths: Sequence[Path], level: int | None) -> Boundaries:
    missing = [path for path in paths if not path.is_file()]
    if missing or not paths:
        names = ", ".join(str(p) for p in missing) or "none given"
        raise Invalid(f"No such boundary file: {names}.", "Name files that exist: GeoJSON, GeoPackage, zip.")
    from sync.places.reading import read_boundaries  # GDAL: not for a server that only places points

    try:
        boundaries = run_once(
            read_boundaries,
            [path.resolve() for path in paths],
            level,
            memory_mb=READING_MB,
            seconds=READING_SECONDS,
        )
    except SandboxFailure as failure:
        raise Invalid(
            f"The boundary files could not be read: {failure} {failure.message}".strip() + ".",
            "Import them one by one to find the one at fault, and save that one again in QGIS as GeoPackage.",
        ) from failure
    if boundaries.refusals:
        errors: list[dict[str, object]] = [{"message": text} for text in boundaries.refusals]
        errors += [{"message": _placed(line)} for line in boundaries.report]
        raise Invalid(boundaries.refusals[0], "Nothing was imported.", errors)
    return boundaries


def _placed(line: ReportLine) -> str:
    """A line of the report with its file and area in front."""
    area = " ".join(filter(None, (line.code, line.name)))
    return ": ".join(filter(None, (line.file, area, line.text)))


def _existing(store: Store, name: str, digest: str) -> Release | None:
    """The release with this content. Raises Conflict when the name belongs to other content."""
    columns = (boundary_release.c.id, boundary_release.c.uuid, boundary_release.c.name)
    statement = select(*columns, boundary_release.c.content_hash, boundary_release.c.aliases)
    with store.read() as session:
        same = session.first(statement.where(boundary_release.c.content_hash == digest))
        namesake = session.first(statement.where(boundary_release.c.name == name))
    if same is not None:
        return Release(**same)
    if namesake is not None:
        raise Conflict(
            f"Release {name} is already here with other content.",
            "A release never changes, because published figures name it. Give this one another name.",
        )
    return None


def _write_release(
    store: Store,
    boundaries: Boundaries,
    name: str,
    digest: str,
    source: str | None,
    licence: str | None,
    progress: Progress,
) -> Release:
    row = {
        "uuid": new_uuid(),
        "name": UNDER_WAY + name,
        "content_hash": UNDER_WAY + digest,
        "source": source,
        "licence": licence,
        "imported_at": now(),
        "report": {"lines": [_said(line) for line in boundaries.report]},
    }
    store.write(remove_abandoned)
    release_id = store.write(lambda session: session.insert_returning(boundary_release, row))
    parents: dict[tuple[int, str], int] = {}
    by_level: dict[int, list[BoundaryArea]] = defaultdict(list)
    for area in boundaries.areas:
        by_level[area.level].append(area)
    done = 0
    for level in sorted(by_level):
        for batch in batches(by_level[level]):
            store.write(partial(write_areas, release_id=release_id, areas=batch, parents=parents))
            done += len(batch)
            progress(f"{done} of {len(boundaries.areas)} areas written")
        with store.read() as session:
            parents |= area_ids(session, release_id, level)

    def finish(session: WriteSession) -> None:
        values = {"name": name, "content_hash": digest}
        session.execute(update(boundary_release).where(boundary_release.c.id == release_id).values(values))
        session.change(ChangeKind.RELEASE, str(row["uuid"]), bytes.fromhex(digest))
        session.audit("places.import", str(row["uuid"]), areas=len(boundaries.areas), release=name)

    store.write(finish)
    return Release(release_id, str(row["uuid"]), name, digest)


def _said(line: ReportLine) -> dict[str, Any]:
    return {name: value for name, value in asdict(line).items() if value is not None}


def _levels(session: ReadSession, release: Release) -> dict[int, int]:
    level = admin_area.c.level
    statement = (
        select(level, func.count().label("number"))
        .where(admin_area.c.release_id == release.id)
        .group_by(level)
    )
    return {row["level"]: row["number"] for row in session.all(statement.order_by(level))}


def _report(session: ReadSession, release: Release) -> list[dict[str, Any]]:
    statement = select(boundary_release.c.report).where(boundary_release.c.id == release.id)
    lines: list[dict[str, Any]] = session.scalar(statement)["lines"]
    return lines


def _project_uuid(session: ReadSession, project_id: int) -> str:
    found = session.scalar(select(project.c.uuid).where(project.c.id == project_id))
    if found is None:
        raise NotFound(f"There is no project {project_id}.", "`waypost project list` shows those there are.")
    return str(found)
