"""A new boundary release places records anew, keeps the old tags, and survives being killed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from shapely.geometry import box
from sqlalchemy import select, update

from forms import vocabulary
from sync.places.index import PlaceIndex
from sync.places.nearest import Sites
from sync.places.releases import Release, active_release, import_release, index_for
from sync.places.retag import pending_retag, retag
from sync.places.sites import import_sites, known_places
from sync.steps.geotag import geotag, tag_columns, tag_row
from sync.steps.values import GeoPoint
from sync.store import Store, new_uuid, now
from sync.tables import flow, project, receipt_event, submission, tag
from tests.places.sahelia import cod_ab, districts, geojson

SITES = b"place_id,name,kind,lon,lat\nFMP-03,Pont,fmp,1.99,0.5\n"

ROOT = Path(__file__).resolve().parents[2]

Facts = tuple[str | None, str | None, GeoPoint | None]  # declared place, declared area, position

FACTS: list[Facts] = [
    ("FMP-03", None, GeoPoint(1.985, 0.5, None, 8.0)),
    ("FMP-03", None, GeoPoint(3.5, 1.5, None, 8.0)),
    ("FMP-99", None, GeoPoint(2.6, 0.5, None, None)),
    (None, "XS0201", None),
    (None, "XS0203", None),
    (None, "XS0201", GeoPoint(2.7, 0.4, None, 12.0)),
    (None, None, GeoPoint(40.0, 40.0, None, 5.0)),
    (None, None, None),
    *((None, None, GeoPoint(0.013 * n, 0.5, None, 8.0)) for n in range(300)),
]


@pytest.fixture
def project_id(store: Store) -> int:
    row = {"uuid": new_uuid(), "name": "Sahelia", "created_at": now(), "settings": {}}
    made = store.write(lambda session: session.insert_returning(project, row))
    import_sites(store, made, SITES)
    return made


@pytest.fixture
def first_release(tmp_path: Path) -> list[Path]:
    return [geojson(tmp_path / f"a_admin{level}.geojson", cod_ab(level)) for level in (0, 1, 2)]


@pytest.fixture
def second_release(tmp_path: Path) -> list[Path]:
    """District XS0201 was split in two: XS0211 to the west of XS0212."""
    rows = [row for row in cod_ab(2) if row["adm2_pcode"] != "XS0201"]
    west, south, east, north = districts()["XS0201"].bounds
    for code, shape in (("XS0211", box(west, south, 2.5, north)), ("XS0212", box(2.5, south, east, north))):
        rows.append(cod_ab(2)[4] | {"adm2_pcode": code, "adm2_name": f"New {code}", "geometry": shape})
    return [
        *(geojson(tmp_path / f"b_admin{level}.geojson", cod_ab(level)) for level in (0, 1)),
        geojson(tmp_path / "b_admin2.geojson", rows),
    ]


def active(store: Store, project_id: int) -> Release:
    with store.read() as session:
        found = active_release(session, project_id)
    assert found is not None
    return found


def fresh(store: Store, project_id: int) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Rows and tags of a first run under the active release."""
    release = active(store, project_id)
    index = PlaceIndex.open(index_for(store, release))
    with store.read() as session:
        sites = Sites(known_places(session, project_id))
        project_uuid = session.scalar(select(project.c.uuid).where(project.c.id == project_id))
    made = []
    for number, (place, pcode, point) in enumerate(FACTS):
        found = geotag(sites.get(place), pcode, point, index, sites, declared_code=place)
        row = dict.fromkeys(column.name for column in flow.columns)
        row |= tag_columns(found, release.name)
        row |= {"record_id": f"r{number:04}", "root_id": number + 1, "project_uuid": project_uuid}
        row |= {"instance_id": "uuid:1", "form_id": "fmr", "form_version": "1", "n_ind": number}
        row |= {"status": "valid", "under_review": False, "sensitivity": "public"}
        row |= {"vocabulary_version": vocabulary.VERSION}
        made.append((row, tag_row(found, row["record_id"], number + 1, release.id)))
    return made


def stored(store: Store) -> list[dict[str, Any]]:
    with store.read() as session:
        return [dict(row) for row in session.all(select(flow).order_by(flow.c.record_id))]


def tags(store: Store, release: Release) -> list[dict[str, Any]]:
    statement = select(tag).where(tag.c.release_id == release.id).order_by(tag.c.record_id)
    with store.read() as session:
        return [dict(row) for row in session.all(statement)]


def waiting(store: Store) -> set[int]:
    with store.read() as session:
        return {row["submission_id"] for row in session.all(select(receipt_event.c.submission_id))}


@pytest.fixture
def processed(store: Store, project_id: int, first_release: list[Path]) -> Release:
    """All records placed by the first release."""
    import_release(store, first_release, "v01", project_id)
    retag(store, project_id)
    made = fresh(store, project_id)
    store.write(lambda session: session.insert(flow, [row for row, _ in made]))
    store.write(lambda session: session.insert(tag, [row for _, row in made]))
    return active(store, project_id)


class Killed(Exception):
    pass


def test_new_release_places_records_like_a_fresh_run_and_keeps_the_old_tags(
    store: Store, project_id: int, processed: Release, second_release: list[Path]
) -> None:
    before, old_tags = stored(store), tags(store, processed)
    import_release(store, second_release, "v02", project_id)
    with store.read() as session:
        assert pending_retag(session) == project_id
    assert retag(store, project_id, batch=50) == len(FACTS)
    expected = fresh(store, project_id)
    assert stored(store) == [row for row, _ in expected]
    assert tags(store, active(store, project_id)) == [row for _, row in expected]
    assert tags(store, processed) == old_tags
    moved = {
        r["adm2_pcode"]
        for r, b in zip(stored(store), before, strict=True)
        if r["adm2_pcode"] != b["adm2_pcode"]
    }
    assert moved == {"XS0211", "XS0212", None}  # None: who chose XS0201, which is no more
    with store.read() as session:
        assert pending_retag(session) is None


def test_records_whose_areas_or_flag_changed_are_judged_again(
    store: Store, project_id: int, processed: Release, second_release: list[Path]
) -> None:
    before = stored(store)
    import_release(store, second_release, "v02", project_id)
    retag(store, project_id)
    changed = {
        new["root_id"]
        for new, old in zip(stored(store), before, strict=True)
        if any(new[c] != old[c] for c in ("adm2_pcode", "geotag_flag")) or new["geotag_flag"] != "ok"
    }
    assert waiting(store) == changed
    assert 0 < len(changed) < len(FACTS)


def test_killed_retag_goes_on_where_it_stopped(
    store: Store, project_id: int, processed: Release, second_release: list[Path]
) -> None:
    import_release(store, second_release, "v02", project_id)

    def kill(done: int) -> None:
        if done >= 100:
            raise Killed

    with pytest.raises(Killed):
        retag(store, project_id, batch=50, progress=kill)
    with store.read() as session:
        assert pending_retag(session) == project_id
    assert 0 < retag(store, project_id, batch=50) < len(FACTS)
    assert stored(store) == [row for row, _ in fresh(store, project_id)]
    again = stored(store)
    assert retag(store, project_id) == 0
    assert stored(store) == again


def test_retag_survives_kill_9_of_its_process(
    store: Store, project_id: int, processed: Release, second_release: list[Path], data: Path, database: str
) -> None:
    """Killed at four depths: every row is then placed by one release or the other, never by half."""
    import_release(store, second_release, "v02", project_id)
    expected = {row["record_id"]: row for row, _ in fresh(store, project_id)}
    before = {row["record_id"]: row for row in stored(store)}
    script = (
        "import sys, time; from pathlib import Path; from sync.store import open_store\n"
        "from sync.places.retag import retag\n"
        "def told(done): print(done, flush=True); time.sleep(0.01)\n"
        "retag(open_store(Path(sys.argv[1]), sys.argv[2]), int(sys.argv[3]), batch=10, progress=told)\n"
    )
    for depth in (2, 5, 9, 4):
        command = [sys.executable, "-c", script, str(data), database, str(project_id)]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        for _ in range(depth):
            process.stdout.readline()
        process.kill()
        process.wait()
        process.stdout.close()
        rows = stored(store)
        assert all(row in (expected[row["record_id"]], before[row["record_id"]]) for row in rows)
    assert len([row for row in rows if row["boundary_release"] == "v01"]) > 0
    retag(store, project_id)
    assert stored(store) == list(expected.values())


def test_going_back_to_the_first_release_gives_its_rows_again(
    store: Store, project_id: int, processed: Release, first_release: list[Path], second_release: list[Path]
) -> None:
    before, old_tags = stored(store), tags(store, processed)
    import_release(store, second_release, "v02", project_id)
    retag(store, project_id)
    assert import_release(store, first_release, "v01", project_id).is_activated
    retag(store, project_id)
    assert stored(store) == before
    assert tags(store, processed) == old_tags


def test_release_activated_meanwhile_is_the_one_that_counts(
    store: Store, project_id: int, processed: Release, first_release: list[Path], second_release: list[Path]
) -> None:
    before = stored(store)
    import_release(store, second_release, "v02", project_id)

    def activate_the_other(done: int) -> None:
        if done == 50:
            import_release(store, first_release, "v01", project_id)

    assert retag(store, project_id, batch=50, progress=activate_the_other) == 50
    with store.read() as session:
        assert pending_retag(session) == project_id
    retag(store, project_id)
    assert stored(store) == before


def test_place_that_moved_sends_its_records_through_the_pipeline(store: Store, project_id: int) -> None:
    with store.read() as session:
        project_uuid = session.scalar(select(project.c.uuid).where(project.c.id == project_id))
    common = {"project_uuid": project_uuid, "xml_form_id": "fmr", "received_at": now()}
    rows = [common | {"uuid": new_uuid(), "instance_id": f"uuid:{n}"} for n in range(2)]
    ids = [store.write(lambda session, row=row: session.insert_returning(submission, row)) for row in rows]  # type: ignore[misc]
    erased = update(submission).where(submission.c.id == ids[1]).values(erased_at=now())
    store.write(lambda session: session.execute(erased))
    import_sites(store, project_id, SITES)
    assert waiting(store) == set()
    import_sites(store, project_id, SITES.replace(b"1.99", b"1.95"))
    assert waiting(store) == {ids[0]}
