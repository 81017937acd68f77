"""Corridor lines are registered with the areas they pass, and their geometry leaves by no way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from shapely.geometry import LineString, MultiLineString, Point

from sync.listing import listings
from sync.places.corridors import import_corridors, list_corridors
from sync.places.releases import import_release
from sync.problems import Invalid, NotFound
from sync.store import Store, new_uuid, now
from sync.tables import change, corridor, project
from tests.places.sahelia import cod_ab, geojson


@pytest.fixture
def project_id(store: Store, tmp_path: Path) -> int:
    row = {"uuid": new_uuid(), "name": "Sahelia", "created_at": now(), "settings": {}}
    made = store.write(lambda session: session.insert_returning(project, row))
    files = [geojson(tmp_path / f"xsa_admin{level}.geojson", cod_ab(level)) for level in (0, 1, 2)]
    import_release(store, files, "v01", made)
    return made


def line(code: str, shape: Any, **more: Any) -> dict[str, Any]:
    row = {"code": code, "name": f"Corridor {code}", "kind": "transhumance", "organisation": "AREN"}
    return row | {"official": "yes", "geometry": shape} | more


EAST_WEST = LineString([(0.5, 0.5), (2.5, 0.5)])
ALONG_THE_BORDER = MultiLineString([[(3.0, 0.2), (3.0, 0.8)], [(3.5, 1.2), (3.5, 1.8)]])


def test_lines_are_registered_with_the_areas_they_pass(store: Store, project_id: int, tmp_path: Path) -> None:
    path = geojson(tmp_path / "corridors.geojson", [line("C1", EAST_WEST), line("C2", ALONG_THE_BORDER)])
    dry = import_corridors(store, project_id, path, dry_run=True)
    assert (dry.new, dry.changed, dry.unchanged, dry.release, dry.is_dry) == (
        ["C1", "C2"],
        [],
        [],
        "v01",
        True,
    )
    with store.read() as session:
        assert list_corridors(session, project_id) == []
    done = import_corridors(store, project_id, path)
    assert done.areas == {
        "C1": ["XS01", "XS02", "XS0101", "XS0102", "XS0201"],
        "C2": ["XS02", "XS0204"],
    }
    with store.read() as session:
        first = dict(list_corridors(session, project_id)[0])
        kinds = [r["kind"] for r in session.all(change.select().order_by(change.c.seq))]
    assert first == {
        "code": "C1", "name": "Corridor C1", "kind": "transhumance", "official": True, "organisation": "AREN",
        "pcodes": done.areas["C1"], "valid_from": None, "valid_to": None,
    }  # fmt: skip
    assert kinds[-2:] == ["corridor", "corridor"]
    moved = [line("C1", EAST_WEST), line("C2", EAST_WEST)]
    again = import_corridors(store, project_id, geojson(tmp_path / "again.geojson", moved))
    assert (again.new, again.changed, again.unchanged) == ([], ["C2"], ["C1"])


def test_line_is_in_no_list(store: Store, project_id: int, tmp_path: Path) -> None:
    import_corridors(store, project_id, geojson(tmp_path / "c.geojson", [line("C1", EAST_WEST)]))
    with store.read() as session:
        content = listings(store).content(session, project_id, "corridors.csv", None)
        stored = session.first(corridor.select())
    assert content == b"name,label,kind\nC1,Corridor C1,transhumance\n"
    assert stored is not None
    assert stored["geometry"]


def test_all_problems_of_a_file_are_listed_and_nothing_is_written(
    store: Store, project_id: int, tmp_path: Path
) -> None:
    rows = [
        line("C 1", EAST_WEST), line("C2", Point(1, 1)), line("C3", EAST_WEST, kind="railway"),
        line("C4", LineString([(300000, 1), (300001, 2)])), line("C5", EAST_WEST), line("C5", EAST_WEST),
    ]  # fmt: skip
    with pytest.raises(Invalid) as caught:
        import_corridors(store, project_id, geojson(tmp_path / "bad.geojson", rows))
    said = [str(error["message"]) for error in caught.value.errors]
    assert [text.split(":")[0] for text in said] == [f"bad.geojson, line {n}" for n in (1, 2, 3, 4, 6)]
    for text, part in zip(said, ("blank", "not a line", "railway", "not degrees", "twice"), strict=True):
        assert part in text
    with store.read() as session:
        assert list_corridors(session, project_id) == []
    with pytest.raises(Invalid, match="1 problem"):
        import_corridors(
            store, project_id, geojson(tmp_path / "no.geojson", [{"x": 1, "geometry": EAST_WEST}])
        )
    with pytest.raises(NotFound):
        import_corridors(store, 99, geojson(tmp_path / "c.geojson", [line("C1", EAST_WEST)]))
