"""A boundary release is imported once, whole or not at all, and activated for a project."""

from __future__ import annotations

from pathlib import Path

import pytest
from shapely.geometry import box
from sqlalchemy import func, select, update

from sync.places.index import PlaceIndex
from sync.places.releases import active_release, import_release, index_for
from sync.problems import Conflict, Invalid, NotFound
from sync.store import Store, new_uuid, now
from sync.tables import admin_area, boundary_release, change, project, release_activation
from tests.places.sahelia import cod_ab, geojson


@pytest.fixture
def project_id(store: Store) -> int:
    row = {"uuid": new_uuid(), "name": "Sahelia", "created_at": now(), "settings": {}}
    return store.write(lambda session: session.insert_returning(project, row))


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    return [geojson(tmp_path / f"xsa_admin{level}.geojson", cod_ab(level)) for level in (0, 1, 2)]


def kinds_of_change(store: Store) -> list[str]:
    with store.read() as session:
        return [row["kind"] for row in session.all(select(change.c.kind).order_by(change.c.seq))]


def count(store: Store, table: object) -> int:
    with store.read() as session:
        return int(session.scalar(select(func.count()).select_from(table)))  # type: ignore[arg-type]


def test_release_is_imported_activated_and_found_again(
    store: Store, project_id: int, files: list[Path]
) -> None:
    told: list[str] = []
    report = import_release(store, files, "v01", project_id, source="survey office", progress=told.append)
    assert (report.areas, report.lines, report.is_new, report.is_activated) == (
        {0: 1, 1: 2, 2: 8},
        [],
        True,
        True,
    )
    assert told == [
        "reading 3 files", "1 of 11 areas written", "3 of 11 areas written", "11 of 11 areas written",
        "building the place index",
    ]  # fmt: skip
    with store.read() as session:
        active = active_release(session, project_id)
        upper = admin_area.alias()
        tree = select(admin_area.c.code, upper.c.code.label("parent")).join_from(
            admin_area, upper, upper.c.id == admin_area.c.parent_id, isouter=True
        )
        parents = {row["code"]: row["parent"] for row in session.all(tree)}
    assert active is not None
    assert (active.id, active.name, active.retagged_at) == (report.release.id, "v01", None)
    assert parents == {
        "XS": None, "XS01": "XS", "XS02": "XS",
        **{f"XS0{region}0{n}": f"XS0{region}" for region in (1, 2) for n in (1, 2, 3, 4)},
    }  # fmt: skip
    assert kinds_of_change(store) == ["release", "activation"]
    located = PlaceIndex.open(index_for(store, active)).locate(2.5, 1.5)
    assert [(a.code, a.name) for a in located.areas.values()] == [
        ("XS", "Sahelia"), ("XS02", "Estara"), ("XS0203", "District 203"),
    ]  # fmt: skip


def test_same_content_again_changes_nothing(store: Store, project_id: int, files: list[Path]) -> None:
    first = import_release(store, files, "v01", project_id)
    again = import_release(store, files[::-1], "v01-again", project_id)
    assert (again.release.id, again.release.name) == (first.release.id, "v01")
    assert (again.is_new, again.is_activated) == (False, False)
    assert (count(store, boundary_release), count(store, admin_area), count(store, release_activation)) == (
        1,
        11,
        1,
    )
    assert kinds_of_change(store) == ["release", "activation"]


def test_name_of_a_release_is_never_given_to_other_content(
    store: Store, project_id: int, files: list[Path], tmp_path: Path
) -> None:
    import_release(store, files, "v01", project_id)
    with pytest.raises(Conflict) as caught:
        import_release(store, files[:2], "v01", project_id)
    assert "Give this one another name" in caught.value.hint
    assert import_release(store, files[:2], "v02", project_id).areas == {0: 1, 1: 2}


def test_unusable_file_stops_the_import_before_anything_is_written(
    store: Store, project_id: int, files: list[Path], tmp_path: Path
) -> None:
    rows = [{"adm1_name": "A", "adm1_pcode": "A1", "geometry": box(300_000, 0, 400_000, 100_000)}]
    wrong = geojson(tmp_path / "projected.geojson", rows)
    with pytest.raises(Invalid) as caught:
        import_release(store, [*files, wrong], "v01", project_id)
    assert caught.value.errors[0]["message"] == caught.value.detail
    assert "reproject it to EPSG:4326" in caught.value.detail
    with pytest.raises(Invalid, match="No such boundary file"):
        import_release(store, [tmp_path / "absent.gpkg"], "v01", project_id)
    with pytest.raises(NotFound):
        import_release(store, files, "v01", 99)
    assert (count(store, boundary_release), count(store, admin_area)) == (0, 0)
    assert import_release(store, files, "v01", project_id).is_new


def test_what_a_killed_import_left_is_replaced(store: Store, project_id: int, files: list[Path]) -> None:
    release = import_release(store, files, "v01").release
    unfinished = {"name": "importing:v01", "content_hash": "importing:" + release.content_hash}
    store.write(lambda session: session.execute(update(boundary_release).values(unfinished)))
    report = import_release(store, files, "v01", project_id)
    assert (report.is_new, report.areas) == (True, {0: 1, 1: 2, 2: 8})
    assert (count(store, boundary_release), count(store, admin_area)) == (1, 11)


def test_lost_or_damaged_index_is_built_again(store: Store, files: list[Path]) -> None:
    release = import_release(store, files, "v01").release
    path = index_for(store, release)
    whole = path.read_bytes()
    path.write_bytes(whole[:-9])
    assert index_for(store, release).read_bytes() == whole
    path.unlink()
    assert index_for(store, release).read_bytes() == whole
    assert [p.name for p in path.parent.iterdir()] == [path.name]
