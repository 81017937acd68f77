"""Place a project's records anew after a release was activated; the old tags are kept.

Flows in: harmonised rows with the facts their tags keep (declared place, declared area, position). Flows out:
a tag under the active release and the row's place columns, both from the functions a first run uses, so that
a re-tag and a rebuild end in the same rows. A row whose flag changed is sent through the pipeline again,
because quality judged it by its flag.

Small transactions, each row's tag and columns together. A row that names the active release is done, so a
killed run goes on where it stopped, and a run that has nothing to do writes nothing but its end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy import RowMapping, Table, bindparam, func, or_, select, update

from sync.places.index import PlaceIndex
from sync.places.nearest import Sites
from sync.places.releases import Release, active_release, index_for
from sync.places.sites import known_places
from sync.steps.geotag import geotag, tag_columns, tag_row
from sync.steps.values import GeoPoint, GeoTag
from sync.store import ReadSession, Store, WriteSession, now
from sync.tables.derived import tag
from sync.tables.harmonised import HARMONISED
from sync.tables.log import EventState, event
from sync.tables.places import release_activation
from sync.tables.registry import project

BATCH = 500

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class _Under:
    """What rows are placed by."""

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
        if release is None:
            return 0
        project_uuid = session.scalar(select(project.c.uuid).where(project.c.id == project_id))
        places = known_places(session, project_id)
    under = _Under(release, PlaceIndex.open(index_for(store, release)), Sites(places))
    done = 0
    for table in HARMONISED.values():
        cursor: str | None = "" if "geotag_method" in table.c else None
        while cursor is not None:
            step = partial(
                _retag_batch, table=table, project_uuid=project_uuid, under=under, after=cursor, limit=batch
            )
            cursor, number = store.write(step)
            done += number
            progress(done)
    store.write(partial(_finish, release=release))
    return done


def is_pending(store: Store, project_id: int) -> bool:
    """Whether an activation waits for its re-tag."""
    with store.read() as session:
        release = active_release(session, project_id)
    return release is not None and release.retagged_at is None


def pending_retag(session: ReadSession) -> int | None:
    """A project whose newest activation waits for its re-tag, or None."""
    a = release_activation.c
    newest = select(func.max(a.id)).group_by(a.project_id)
    waiting = select(a.project_id).where(a.id.in_(newest), a.retagged_at.is_(None)).limit(1)
    project_id = session.scalar(waiting)
    return None if project_id is None else int(project_id)


def _retag_batch(
    session: WriteSession, table: Table, project_uuid: str, under: _Under, after: str, limit: int
) -> tuple[str | None, int]:
    """The next rows by record_id. Returns where to go on (None: at the end) and how many rows there were."""
    c = table.c
    columns = (
        c.record_id,
        c.root_id,
        c.lat,
        c.lon,
        c.gps_accuracy_m,
        c.geotag_flag,
        c.place_id,
        c.declared_pcode,
    )
    other = or_(c.boundary_release.is_(None), c.boundary_release != under.release.name)
    statement = (
        select(*columns)
        .where(c.project_uuid == project_uuid, c.record_id > after, other)
        .order_by(c.record_id)
        .limit(limit)
        .with_for_update()
    )
    rows = session.all(statement)
    if not rows:
        return None, 0
    declared = _declared(session, [row["record_id"] for row in rows])
    tagged = [(row, _place(row, declared.get(row["record_id"], row), under)) for row in rows]
    session.upsert(
        tag,
        [tag_row(t, row["record_id"], row["root_id"], under.release.id) for row, t in tagged],
        key=("record_id", "release_id"),
    )
    changes = [tag_columns(t, under.release.name) for _, t in tagged]
    statement_of_change = update(table).where(c.record_id == bindparam("the_record"))
    session.execute(
        statement_of_change.values({name: bindparam(name) for name in changes[0]}),
        [
            {"the_record": row["record_id"], **change}
            for (row, _), change in zip(tagged, changes, strict=True)
        ],
    )
    _judge_again(session, [row["root_id"] for row, t in tagged if t.flag != row["geotag_flag"]])
    return (rows[-1]["record_id"] if len(rows) == limit else None), len(rows)


def _declared(session: WriteSession, record_ids: Sequence[str]) -> dict[str, RowMapping]:
    """What each record declared, from its latest tag: every tag of a record keeps the same facts."""
    statement = select(tag.c.record_id, tag.c.declared_place, tag.c.declared_pcode)
    rows = session.all(statement.where(tag.c.record_id.in_(record_ids)).order_by(tag.c.release_id))
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


def _judge_again(session: WriteSession, root_ids: Sequence[int]) -> None:
    at = now()
    session.insert(
        event,
        [
            {"submission_id": root_id, "state": str(EventState.WAITING), "attempts": 0, "created_at": at}
            for root_id in sorted(set(root_ids))
        ],
    )


def _finish(session: WriteSession, release: Release) -> None:
    """Note the end, unless another release was activated meanwhile: that one's own re-tag is then to come."""
    a = release_activation.c
    session.execute(
        update(release_activation)
        .where(a.id == release.activation_id, a.retagged_at.is_(None))
        .values(retagged_at=now())
    )
