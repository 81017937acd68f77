"""An office adds the codes its partners use to a release."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from sync.places.aliases import import_aliases
from sync.places.index import PlaceIndex
from sync.places.releases import Release, active_release, import_release, index_for
from sync.problems import Invalid, NotFound
from sync.store import Store, new_uuid, now
from sync.tables import change, project
from tests.places.sahelia import cod_ab, geojson


@pytest.fixture
def project_id(store: Store, tmp_path: Path) -> int:
    row = {"uuid": new_uuid(), "name": "Sahelia", "created_at": now(), "settings": {}}
    made = store.write(lambda session: session.insert_returning(project, row))
    files = [geojson(tmp_path / f"xsa_admin{level}.geojson", cod_ab(level)) for level in (0, 1, 2)]
    import_release(store, files, "v01", made)
    return made


def active(store: Store, project_id: int) -> Release:
    with store.read() as session:
        release = active_release(session, project_id)
    assert release is not None
    return release


def placed(store: Store, project_id: int, text: str) -> str | None:
    index = PlaceIndex.open(index_for(store, active(store, project_id)))
    position = index.match(text)
    return index.area(position).code if position is not None else None


def test_old_code_and_local_name_lead_to_the_area(store: Store, project_id: int) -> None:
    assert placed(store, project_id, "OLD-7") is None
    table = (
        "alias,area,level,parent,source\n"
        "OLD-7,XS0201,,,gazette 2019\n"
        "Le Bac,District 203,2,Estara,\n"
        "W,xs01,1,,\n"
    )
    report = import_aliases(store, "v01", table.encode())
    assert (report.added, report.unchanged, report.projects) == (
        {"OLD-7": "XS0201", "Le Bac": "XS0203", "W": "XS01"}, [], [project_id],
    )  # fmt: skip
    assert report.matched == ["District 203 is XS0203", "xs01 was read as XS01 (spelling)"]
    assert [placed(store, project_id, text) for text in ("OLD-7", "le bac", "W", "XS0201")] == [
        "XS0201", "XS0203", "XS01", "XS0201",
    ]  # fmt: skip
    with store.read() as session:
        kinds = [row["kind"] for row in session.all(select(change.c.kind).order_by(change.c.seq))]
    assert kinds == ["release", "activation", "release"]
    first = active(store, project_id).aliases
    again = import_aliases(store, "v01", table.encode())
    assert (again.added, again.unchanged) == ({}, ["OLD-7", "Le Bac", "W"])
    assert active(store, project_id).aliases == first


def test_alias_that_could_mislead_is_refused_with_all_others(store: Store, project_id: int) -> None:
    import_aliases(store, "v01", b"alias,area\nOLD-7,XS0201\n")
    for table, said in (
        (b"alias,area\nXS0202,XS0201\n", "is the code of an area itself"),
        (b"alias,area\nOLD-8,XS0299\n", "XS0299 is not in the release"),
        (b"alias,area\nOLD-7,XS0202\n", "is an alias of XS0201 already"),
        (b"alias,area,level\nOLD-9,XS01,nine\n", "not one of 0 to 4"),
    ):
        with pytest.raises(Invalid) as caught:
            import_aliases(store, "v01", table)
        assert said in str(caught.value.errors[0]["message"])
    with pytest.raises(Invalid, match="columns"):
        import_aliases(store, "v01", b"old,new\nA,B\n")
    with pytest.raises(NotFound):
        import_aliases(store, "v99", b"alias,area\nOLD-9,XS01\n")
    assert placed(store, project_id, "OLD-7") == "XS0201"
