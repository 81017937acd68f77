"""Boundary files come as they come; what was repaired, derived or left out is said."""

from __future__ import annotations

import json
import zipfile
from datetime import date
from pathlib import Path

import pytest
import shapely
from shapely.geometry import LineString, Point, box, mapping

from sync.places.areas import Boundaries, content_hash
from sync.places.reading import read_boundaries
from tests.places.sahelia import NAMES, REGIONS, cod_ab, districts, geojson, written

EVERYWHERE = {
    (0, "XS"): ("Sahelia", None),
    (1, "XS01"): ("Ouestra", (0, "XS")),
    (1, "XS02"): ("Estara", (0, "XS")),
    **{(2, code): (f"District {code[3:]}", (1, code[:4])) for code in districts()},
}


def found(boundaries: Boundaries) -> dict[tuple[int, str], tuple[str, tuple[int, str] | None]]:
    assert boundaries.refusals == ()
    return {(a.level, a.code): (a.name, a.parent) for a in boundaries.areas}


def lines(boundaries: Boundaries, kind: str) -> list[tuple[str | None, str]]:
    return [(line.code, line.text) for line in boundaries.report if line.kind == kind]


@pytest.fixture
def three_levels(tmp_path: Path) -> list[Path]:
    return [geojson(tmp_path / f"xsa_admin{level}.geojson", cod_ab(level)) for level in (2, 0, 1)]


def test_three_levels_of_cod_ab_find_their_parents_in_any_order(three_levels: list[Path]) -> None:
    boundaries = read_boundaries(three_levels)
    assert found(boundaries) == EVERYWHERE
    assert boundaries.report == ()
    first = boundaries.areas[0]
    assert (first.iso3, first.valid_from, first.valid_to, first.code_official) == (
        "XSA", date(2025, 1, 1), None, True,
    )  # fmt: skip
    assert first.area_sqkm == pytest.approx(4 * 111.195 * 2 * 111.195, rel=0.001)
    assert {a.iso3 for a in boundaries.areas} == {"XSA"}
    assert content_hash(boundaries.areas) == content_hash(read_boundaries(three_levels[::-1]).areas)


def test_geopackage_with_a_layer_for_each_level(tmp_path: Path) -> None:
    path = tmp_path / "sahelia.gpkg"
    for level in (0, 1, 2):
        written(path, cod_ab(level), layer=f"xsa_admin{level}")
    assert found(read_boundaries([path])) == EVERYWHERE


def test_zipped_shapefile_with_ten_character_names(tmp_path: Path) -> None:
    rows = [
        {"admin1Name": NAMES[code], "admin1Pcod": code, "admin0Pcod": "XS", "geometry": shape}
        for code, shape in REGIONS.items()
    ]
    shapefile = written(tmp_path / "xsa.shp", rows)
    archive = tmp_path / "xsa.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        for part in tmp_path.glob("xsa.[sdp]*"):
            zipped.write(part, f"shapes/{part.name}")
    country = geojson(tmp_path / "xsa_admin0.geojson", cod_ab(0))
    assert found(read_boundaries([archive, country])) == {k: v for k, v in EVERYWHERE.items() if k[0] < 2}
    assert "Zip the .shp with its .dbf" in read_boundaries([shapefile]).refusals[0]


def test_old_cod_ab_names_in_languages_and_the_date_that_means_none(tmp_path: Path) -> None:
    rows = [
        {
            "ADM1_EN": "West", "ADM1_FR": "Ouest", "ADM1_AR": "الغرب", "ADM1_REF": "Ouestra",
            "ADM1_PCODE": "TD01", "ADM0_PCODE": "TD", "validOn": "2020-05-04", "validTo": "1899-11-30",
            "geometry": REGIONS["XS01"],
        }
    ]  # fmt: skip
    (area,) = read_boundaries([geojson(tmp_path / "old.geojson", rows)]).areas
    assert (area.level, area.code, area.name, area.iso3) == (1, "TD01", "West", "TCD")
    assert area.names == {"en": "West", "fr": "Ouest", "ar": "الغرب"}
    assert (area.valid_from, area.valid_to) == (date(2020, 5, 4), None)
    assert set(area.aliases) == {
        ("West", "name"), ("Ouest", "name"), ("الغرب", "name"), ("Ouestra", "other name"),
        ("TCD01", "country prefix"),
    }  # fmt: skip


def test_geoboundaries_without_codes_get_stable_ones_that_say_so(tmp_path: Path) -> None:
    def shaped(name: str, level: int, iso: str, shape: object) -> dict[str, object]:
        return {
            "shapeName": name, "shapeISO": iso, "shapeID": "x", "shapeGroup": "XSA",
            "shapeType": f"ADM{level}", "geometry": shape,
        }  # fmt: skip

    rows = [
        shaped("Sahelia", 0, "XSA", box(0, 0, 4, 2)),
        shaped("Ouestra", 1, "XS-OU", REGIONS["XS01"]),
        shaped("Sénó Bas", 2, "None", districts()["XS0101"]),
        shaped("Sénó Bas", 2, "None", districts()["XS0102"]),
    ]
    boundaries = read_boundaries([geojson(tmp_path / "all.geojson", rows)])
    assert found(boundaries) == {
        (0, "XSA"): ("Sahelia", None),
        (1, "XSA.ouestra"): ("Ouestra", (0, "XSA")),
        (2, "XSA.ouestra.seno-bas"): ("Sénó Bas", (1, "XSA.ouestra")),
        (2, "XSA.ouestra.seno-bas-2"): ("Sénó Bas", (1, "XSA.ouestra")),
    }
    assert not any(a.code_official for a in boundaries.areas)
    assert [(line.level, line.text) for line in boundaries.report if line.kind == "code_made"] == [
        (0, "the file has no code for 1: made from the names, as XSA, and not official"),
        (1, "the file has no code for 1: made from the names, as XSA.ouestra, and not official"),
        (2, "the file has no code for 2: made from the names, as XSA.ouestra.seno-bas, and not official"),
    ]
    assert ("XS-OU", "ISO 3166") in boundaries.areas[1].aliases
    assert len(lines(boundaries, "alias_ambiguous")) == 2
    backwards = read_boundaries([geojson(tmp_path / "back.geojson", rows[::-1])])
    assert content_hash(backwards.areas) == content_hash(boundaries.areas)


def test_parent_is_the_one_the_file_names_not_the_one_the_code_begins_with(tmp_path: Path) -> None:
    rows = cod_ab(2)
    rows[0] |= {"adm1_pcode": "XS02"}
    paths = [geojson(tmp_path / "a.geojson", rows), geojson(tmp_path / "b.geojson", cod_ab(1))]
    assert found(read_boundaries(paths))[2, "XS0101"] == ("District 101", (1, "XS02"))


def test_missing_parent_is_derived_by_largest_overlap_and_reported(tmp_path: Path) -> None:
    rows = cod_ab(2)
    rows[0] |= {"adm1_pcode": "XS99", "geometry": box(0, 0, 2.2, 1)}
    del rows[1]["adm1_pcode"]
    paths = [geojson(tmp_path / "a.geojson", rows), geojson(tmp_path / "b.geojson", cod_ab(1))]
    boundaries = read_boundaries(paths)
    assert found(boundaries)[2, "XS0101"] == ("District 101", (1, "XS01"))
    assert [a.code for a in boundaries.areas if a.parent_derived] == ["XS0101", "XS0102"]
    assert lines(boundaries, "parent_derived") == [
        (
            "XS0101",
            "parent XS01 (Ouestra) by largest overlap, 90.9% of it; the file names XS99, which is not in it",
        ),
        (None, "the file names no parent for 1: found by overlap, each at least 95% inside it"),
    ]


def test_bad_geometry_is_repaired_or_left_out_and_listed(tmp_path: Path) -> None:
    def polygon(*points: tuple[float, float]) -> dict[str, object]:
        return {"type": "Polygon", "coordinates": [[list(p) for p in points]]}

    def named(code: str, geometry: object) -> dict[str, object]:
        return {"adm1_name": f"Region {code}", "adm1_pcode": code, "geometry": geometry}

    rows = [
        named("BOW", polygon((0, 0), (2, 2), (2, 0), (0, 2), (0, 0))),
        named("OPEN", polygon((4, 0), (5, 0), (5, 1), (4, 1))),
        named("SPIKE", polygon((6, 0), (7, 0), (7, 1), (9, 1), (7, 1), (6, 1), (6, 0))),
        named("HOLE", mapping(box(10, 0, 12, 2) - box(10.5, 0.5, 11.5, 1.5))),
        named("LINE", mapping(LineString([(0, 0), (1, 1)]))),
        named("FLAT", polygon((0, 0), (1, 1), (0, 0), (0, 0))),
        named("TWIN", mapping(box(20, 0, 21, 1))),
        named("TWIN", mapping(box(30, 0, 31, 1))),
    ]
    path = geojson(tmp_path / "bad_admin1.geojson", rows)
    nothing = {
        "type": "Feature",
        "properties": {"adm1_name": "Nothing", "adm1_pcode": "VOID"},
        "geometry": None,
    }
    collection = json.loads(path.read_text())
    collection["features"].append(nothing)
    path.write_text(json.dumps(collection))
    boundaries = read_boundaries([path])
    shapes = {a.code: shapely.from_wkb(a.geometry) for a in boundaries.areas}
    assert {code: (shape.geom_type, shape.area) for code, shape in shapes.items()} == {
        "BOW": ("MultiPolygon", 2.0),
        "OPEN": ("Polygon", 1.0),
        "SPIKE": ("Polygon", 1.0),
        "HOLE": ("Polygon", 3.0),
        "TWIN": ("Polygon", 1.0),
    }
    assert all(shape.is_valid for shape in shapes.values())
    assert [code for code, _ in lines(boundaries, "repaired")] == ["BOW", "OPEN", "SPIKE"]
    assert "Self-intersection" in lines(boundaries, "repaired")[0][1]
    assert "not closed" in lines(boundaries, "repaired")[1][1]
    unusable = dict(lines(boundaries, "unusable"))
    assert set(unusable) == {"LINE", "FLAT", "VOID"}
    assert (unusable["LINE"], unusable["VOID"]) == ("it is a LineString, not an area", "it has no geometry")
    assert shapes["TWIN"].contains(Point(20.5, 0.5))
    assert lines(boundaries, "duplicate") == [
        ("TWIN", "TWIN stands twice at level 1; the first (Region TWIN) is kept")
    ]


def test_projected_file_is_refused_with_what_to_do(tmp_path: Path) -> None:
    rows = [{"adm1_name": "A", "adm1_pcode": "A1", "geometry": box(300_000, 1_000_000, 400_000, 1_100_000)}]
    projected = read_boundaries([written(tmp_path / "utm.gpkg", rows, layer="admin1", crs="EPSG:32631")])
    assert projected.areas == ()
    assert "EPSG:32631" in projected.refusals[0]
    assert "Save it again in EPSG:4326" in projected.refusals[0]
    mislabelled = read_boundaries([geojson(tmp_path / "wrong.geojson", rows)])
    assert "not degrees" in mislabelled.refusals[0]


def test_file_without_known_columns_says_what_is_expected(tmp_path: Path) -> None:
    path = geojson(tmp_path / "roads.geojson", [{"surface": "laterite", "geometry": box(0, 0, 1, 1)}])
    (refusal,) = read_boundaries([path]).refusals
    assert "its columns are surface" in refusal
    assert "adm1_pcode" in refusal
    assert read_boundaries([geojson(tmp_path / "plain.geojson", [
        {"name": "Ouestra", "code": "XS01", "geometry": REGIONS["XS01"]}
    ])], level=1).areas[0].code == "XS01"  # fmt: skip


def test_what_is_no_boundary_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.geojson"
    path.write_text("these are notes")
    assert "cannot be read" in read_boundaries([path]).refusals[0]


def test_level_no_file_has_is_joined_from_the_areas_that_name_it(tmp_path: Path) -> None:
    paths = [geojson(tmp_path / f"xsa_admin{level}.geojson", cod_ab(level)) for level in (0, 2)]
    boundaries = read_boundaries(paths)
    assert found(boundaries) == EVERYWHERE
    west = next(a for a in boundaries.areas if a.code == "XS01")
    assert shapely.from_wkb(west.geometry).equals(REGIONS["XS01"])
    assert (west.code_official, west.iso3) == (True, "XSA")
    assert lines(boundaries, "level_derived") == [
        (None, "no file has this level: 2 areas were joined from those of level 2")
    ]


def test_level_that_not_all_areas_name_is_left_out_and_said(tmp_path: Path) -> None:
    rows = cod_ab(2)
    del rows[3]["adm1_pcode"]
    boundaries = read_boundaries([geojson(tmp_path / "xsa_admin2.geojson", rows)])
    assert {a.level for a in boundaries.areas} == {2}
    assert lines(boundaries, "level_missing") == [
        (
            None,
            "no file has this level, and 1 of 8 areas of level 2 do not name theirs: "
            "import the file of this level too",
        )
    ]


def test_newest_columns_of_cod_ab_are_read(tmp_path: Path) -> None:
    rows = [
        {
            "adm1_name": "Ouestra", "adm1_name1": "Ouest", "adm1_name2": "الغرب", "adm1_pcode": "XS01",
            "adm0_name": "Sahelia", "adm0_pcode": "XS", "lang": "en", "lang1": "fr", "lang2": "ar",
            "iso2": "XS", "iso3": "XSA", "valid_on": "2025-01-01", "valid_to": "1899-12-30",
            "version": "v02.01", "center_lat": 0.25, "center_lon": 0.5, "geometry": REGIONS["XS01"],
        },
        {
            "adm1_name": "Estara", "adm1_pcode": "XS02", "lang": "en", "iso3": "XSA", "version": "v02.01",
            "center_lat": 55.0, "center_lon": 0.5, "geometry": REGIONS["XS02"],
        },
    ]  # fmt: skip
    boundaries = read_boundaries([geojson(tmp_path / "xsa_admin1.geojson", rows)])
    west, east = boundaries.areas
    assert west.names == {"en": "Ouestra", "fr": "Ouest", "ar": "الغرب"}
    assert (west.valid_to, west.center_lon, west.center_lat) == (None, 0.5, 0.25)
    assert REGIONS["XS02"].contains(Point(east.center_lon, east.center_lat))
    assert lines(boundaries, "version") == [(None, "the file says it is version v02.01")]
