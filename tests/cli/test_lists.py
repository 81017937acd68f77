"""The office looks after places, routes and lists from the command line."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from shapely.geometry import LineString

from tests.cli.conftest import Shell
from tests.places.sahelia import cod_ab, geojson

SITES = "place_id,name,kind,lon,lat\nFMP-W,Ouest,fmp,0.5,0.5\nFMP-E,Est,fmp,2.5,0.5\n"


@pytest.fixture
def office(waypost: Shell, tmp_path: Path) -> Shell:
    """A project with boundaries, two points and a tablet that works in the west."""
    files = [geojson(tmp_path / f"xsa_admin{level}.geojson", cod_ab(level)) for level in (0, 1, 2)]
    (tmp_path / "sites.csv").write_text(SITES)
    for words in (
        ("project", "create", "Sahelia"),
        ("places", "import", *files, "--project", 1, "--release", "v01"),
        ("sites", "import", tmp_path / "sites.csv", "--project", 1),
        ("app-user", "create", "West", "--project", 1, "--pcode", "XS01"),
    ):
        done = waypost(*words)
        assert done.status == 0, done.err
    return waypost


def rows(office: Shell, *words: object) -> dict[str, int]:
    return {each["file"]: each["rows"] for each in office("form", "lists", "--project", 1, *words).json}


def test_office_sees_what_a_tablet_gets_and_saves_it(office: Shell, tmp_path: Path) -> None:
    every = rows(office)
    assert (every["fmp.csv"], every["places.csv"], every["admin2.csv"], every["rounds.csv"]) == (2, 2, 8, 0)
    west = rows(office, "--as", "West")
    assert (west["fmp.csv"], west["admin2.csv"], west["all_areas.csv"]) == (1, 4, 10)
    said = office("form", "lists", "--project", 1, "--as", "West", "--write", tmp_path / "lists").json
    for each in said:
        content = (tmp_path / "lists" / each["file"]).read_bytes()
        assert each["hash"] == "md5:" + hashlib.md5(content).hexdigest()
        assert content.count(b"\n") == each["rows"] + 1
    unknown = office("form", "lists", "--project", 1, "--as", "East")
    assert (unknown.status, "app-user list" in unknown.err) == (1, True)


def test_closed_place_leaves_the_list(office: Shell) -> None:
    closing = ("sites", "status", "FMP-E", "--project", 1, "--status", "closed", "--from", "2026-01-01")
    assert office(*closing, "--reason", "flood").json == [
        {"status": "closed", "reason": "flood", "valid_from": "2026-01-01", "valid_to": None}
    ]
    assert rows(office)["fmp.csv"] == 1
    assert office("sites", "status", "FMP-E", "--project", 1, "--status", "shut", "--from", "x").status == 1


def test_corridor_is_tried_then_imported_and_shown_without_its_line(office: Shell, tmp_path: Path) -> None:
    row = {"code": "C1", "name": "Grand", "kind": "transhumance"}
    path = geojson(tmp_path / "c.geojson", [row | {"geometry": LineString([(0.5, 0.5), (2.5, 0.5)])}])
    words = ("corridor", "import", path, "--project", 1)
    assert office(*words, "--dry-run").json["new"] == ["C1"]
    assert office("corridor", "list", "--project", 1).json == []
    assert office(*words).json["areas"] == {"C1": ["XS01", "XS02", "XS0101", "XS0102", "XS0201"]}
    listed = office("corridor", "list", "--project", 1)
    assert [(each["code"], each["kind"]) for each in listed.json] == [("C1", "transhumance")]
    assert "geometry" not in listed.out
    assert rows(office, "--as", "West")["corridors.csv"] == 1


def test_alias_and_cascade(office: Shell, tmp_path: Path) -> None:
    (tmp_path / "old.csv").write_text("alias,area\nOLD-7,XS0201\n")
    done = office("places", "alias", "import", tmp_path / "old.csv", "--release", "v01")
    assert done.json["added"] == {"OLD-7": "XS0201"}
    survey = office("form", "admin-cascade", "--project", 1, "--table", "flow").json["survey"]
    assert [(row["type"], row["name"], row["harmonise"]) for row in survey] == [
        ("select_one_from_file admin1.csv", "adm1", ""),
        ("select_one_from_file admin2.csv", "adm2", ""),
        ("calculate", "declared_pcode", "flow.declared_pcode"),
    ]
    for wrong in (("--levels", "1-3"), ("--levels", "x"), ("--table", "weather"), ("--release", "v01")):
        assert office("form", "admin-cascade", "--project", 1, *wrong).status == 1
    book = tmp_path / "cascade.xlsx"
    words = ("--release", "v01", "--choices", "sheet", "--format", "xlsx", "--output", book)
    assert len(office("form", "admin-cascade", *words).json["choices"]) == 10
    assert book.read_bytes()[:2] == b"PK"
