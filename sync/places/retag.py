"""Place a project's records anew after a release was activated; the old tags are kept.

Flows in: harmonised rows with the facts their tags keep (declared place, declared area, position). Flows out:
a tag under the active release and the row's place columns, both from the functions a first run uses, so that
a re-tag and a rebuild end in the same rows. A record whose areas or flag changed is also sent through the
pipeline again: quality judged it, and the search of duplicates blocked it, by what it was then.

Small transactions, each row's tag and columns together. A row that names the active release is done, so a
killed run goes on where it stopped, and a run that has nothing to do writes nothing but its end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import RowMapping, Table, bindparam, func, or_, select, update

from sync import queue
from sync.places.index import PlaceIndex
from sync.places.nearest import Sites
from sync.places.releases import Release, active_release, index_for
from sync.places.sites import known_places
from sync.steps.geotag import geotag, tag_columns, tag_row
from sync.steps.values import GeoPoint, GeoTag
from sync.store import ReadSession, Store, WriteSession, now
from sync.tables.derived import tag
from sync.tables.harmonised import HARMONISED
from sync.tables.places import release_activation
from sync.tables.registry import project
from sync.turns import take_turn

BATCH = 500

Progress = Callable[[int], None]


_JUDGED_BY = ("declared_pcode", "geotag_flag", "geotag_distance_m", "adm1_pcode", "adm2_pcode", "adm3_pcode")
"""Columns that quality and the search of duplicates look at. A row that is not plainly `ok` is judged again
in any case: the reason of its flag names an area."""


@dataclass(frozen=True, slots=True)
class _Under:
    """What rows are placed by."""

    project_id: int
    project_uuid: str
    release: Release
    index: PlaceIndex
    sites: Sites


def retag(store: Store, project_id: int, batch: int = BATCH, progress: Progress = lambda _: None) -> int:
    """Bring the project's rows to its active release. Returns how many rows were placed anew.

    progress  called after each transaction with the number so far
    Safe to call at any time, also twice at once, and after a crash: it goes on where it stopped.
    """
    with store.read() as session:
        release = active_release(session, project_id)
        if release is None or release.retagged_at is not None:
            return 0
        project_uuid = session.scalar(select(project.c.uuid).where(project.c.id == project_id))
        places = known_places(session, project_id)
    under = _Under(
        project_id, project_uuid, release, PlaceIndex.open(index_for(store, release)), Sites(places)
    )
    done = 0
    for table in HARMONISED.values():
        cursor: str | None = "" if "geotag_method" in table.c else None
        while cursor is not None:
            step = partial(_retag_batch, table=table, under=under, after=cursor, limit=batch)
            cursor, number = store.write(step)
            done += number
            progress(done)
    store.write(partial(_finish, release=release))
    return done


def pending_retag(session: ReadSession) -> int | None:
    """A project whose newest activation waits for its re-tag; None: no such project."""
    a = release_activation.c
    newest = select(func.max(a.id)).group_by(a.project_id)
    found = session.scalar(
        select(a.project_id).where(a.id.in_(newest), a.retagged_at.is_(None)).order_by(a.id).limit(1)
    )
    return None if found is None else int(found)


def _retag_batch(
    session: WriteSession, table: Table, under: _Under, after: str, limit: int
) -> tuple[str | None, int]:
    """The next rows by record_id. Returns where to go on (None: at the end) and how many rows there were."""
    take_turn(session, [under.project_uuid])
    active = active_release(session, under.project_id)
    if active is None or active.id != under.release.id:
        return None, 0  # another one was activated meanwhile: its own re-tag is to come
    rows = _next_rows(session, table, under, after, limit)
    if not rows:
        return None, 0
    declared = _declared(session, [row["record_id"] for row in rows])
    tags = [_place(row, declared.get(row["record_id"], row), under) for row in rows]
    columns = [tag_columns(t, under.release.name) for t in tags]
    session.upsert(
        tag,
        [tag_row(t, r["record_id"], r["root_id"], under.release.id) for r, t in zip(rows, tags, strict=True)],
        key=("record_id", "release_id"),
    )
    session.execute(
        update(table)
        .where(table.c.record_id == bindparam("the_record"))
        .values({name: bindparam(name) for name in columns[0]}),
        [{"the_record": row["record_id"], **new} for row, new in zip(rows, columns, strict=True)],
    )
    differing = [r["root_id"] for r, new in zip(rows, columns, strict=True) if _is_judged_otherwise(r, new)]
    queue.requeue(session, sorted(set(differing)))
    return (rows[-1]["record_id"] if len(rows) == limit else None), len(rows)


def _next_rows(
    session: WriteSession, table: Table, under: _Under, after: str, limit: int
) -> Sequence[RowMapping]:
    """Rows that do not name the active release; those placed nowhere name none."""
    c = table.c
    columns = [c.record_id, c.root_id, c.lat, c.lon, c.gps_accuracy_m, *(c[name] for name in _JUDGED_BY)]
    other = or_(c.boundary_release.is_(None), c.boundary_release != under.release.name)
    return session.all(
        select(*columns)
        .where(c.project_uuid == under.project_uuid, c.record_id > after, other)
        .order_by(c.record_id)
        .limit(limit)
        .with_for_update()
    )


def _declared(session: WriteSession, record_ids: Sequence[str]) -> dict[str, RowMapping]:
    """What each record declares: every tag of it says the same (sync/derived_rows.py)."""
    statement = select(tag.c.record_id, tag.c.declared_place, tag.c.declared_pcode).distinct()
    rows = session.all(statement.where(tag.c.record_id.in_(record_ids)))
    return {row["record_id"]: row for row in rows}


def _place(row: RowMapping, declared: RowMapping, under: _Under) -> GeoTag:
    code = declared.get("declared_place")
    point = None
    if row["lon"] is not None and row["lat"] is not None:
        point = GeoPoint(row["lon"], row["lat"], accuracy_m=row["gps_accuracy_m"])
    return geotag(
        under.sites.get(code),
        declared["declared_pcode"],
        point,
        under.index,
        under.sites,
        declared_code=code,
    )


def _is_judged_otherwise(row: RowMapping, new: dict[str, Any]) -> bool:
    return new["geotag_flag"] != "ok" or any(row[name] != new[name] for name in _JUDGED_BY)


def _finish(session: WriteSession, release: Release) -> None:
    """Note the end, unless another release was activated meanwhile: that one's own re-tag is then to come."""
    a = release_activation.c
    session.execute(
        update(release_activation)
        .where(a.id == release.activation_id, a.retagged_at.is_(None))
        .values(retagged_at=now())
    )
