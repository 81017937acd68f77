"""Where a row lies: what was declared, what was measured, and which of them it is counted under."""

from __future__ import annotations

from typing import Any

import pytest

from sync.places.index import PlaceIndex
from sync.places.nearest import Sites
from sync.places.sphere import METRES_PER_DEGREE
from sync.steps.geotag import geotag, tag_columns, tag_row
from sync.steps.values import Area, GeoPoint, GeoTag, KnownPlace
from tests.places.sahelia import index_of, sahelia

CROSSING = KnownPlace("FMP-03", "fmp", "Pont de l'Est", 1.99, 0.5, None, "Africa/Ndjamena")  # in XS0102
MARKET = KnownPlace("TTT-1", "counting_point", "Marché", None, None, "XS0203")
PLACES = {"FMP-03": CROSSING, "TTT-1": MARKET}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> PlaceIndex:
    return index_of(sahelia(), tmp_path_factory.mktemp("places") / "sahelia.places")


def metres(east: float = 0, north: float = 0) -> tuple[float, float]:
    return east / METRES_PER_DEGREE, north / METRES_PER_DEGREE


def at(lon: float, lat: float, accuracy_m: float | None = 8.0) -> GeoPoint:
    return GeoPoint(lon, lat, None, accuracy_m)


def tagged(
    index: PlaceIndex | None,
    place: KnownPlace | None = None,
    pcode: str | None = None,
    point: GeoPoint | None = None,
    code: str | None = None,
) -> GeoTag:
    return geotag(place, pcode, point, index, Sites(PLACES), declared_code=code)


def told(tag: GeoTag) -> tuple[str, str, str | None, float | None]:
    """method, flag, deepest area, distance."""
    return tag.method, tag.flag, tag.areas[max(tag.areas)].code if tag.areas else None, tag.distance_m


def test_position_names_the_areas_and_all_facts_are_kept(index: PlaceIndex) -> None:
    point = at(1.985, 0.5)
    assert tagged(index, CROSSING, "XS01", point) == GeoTag(
        method="gps",
        flag="ok",
        areas={0: Area("XS", "Sahelia", 0), 1: Area("XS01", "Ouestra", 1), 2: Area("XS0102", "XS0102", 2)},
        iso3="XSA",
        place=CROSSING,
        declared_place="FMP-03",
        declared_pcode="XS01",
        measured_pcode="XS0102",
        nearest_place="FMP-03",
        nearest_m=556.0,
        position=point,
        distance_m=556.0,
    )


def test_focal_point_typing_at_home_does_not_move_the_record_there(index: PlaceIndex) -> None:
    at_home = at(3.5, 1.5)
    tag = tagged(index, CROSSING, None, at_home)
    assert told(tag) == ("place", "outside_declared", "XS0102", pytest.approx(201_363, abs=1))
    assert (tag.measured_pcode, tag.place) == ("XS0204", CROSSING)


def test_reading_across_the_border_leaves_the_crossing_in_its_area(index: PlaceIndex) -> None:
    tag = tagged(index, CROSSING, None, at(2.01, 0.5))
    assert told(tag) == ("place", "near_border", "XS0102", pytest.approx(2223.8, abs=1))
    assert tag.measured_pcode == "XS0201"


@pytest.mark.parametrize(("accuracy_m", "flag"), [(8.0, "outside_declared"), (300.0, "ok")])
def test_tolerance_grows_with_the_accuracy_of_the_position(
    index: PlaceIndex, accuracy_m: float, flag: str
) -> None:
    east, _ = metres(east=-5200)
    assert tagged(index, CROSSING, None, at(1.99 + east, 0.5, accuracy_m)).flag == flag


@pytest.mark.parametrize(
    ("east_of_border_m", "flag"), [(-40, "ok"), (300, "near_border"), (5000, "outside_declared")]
)
def test_chosen_area_is_held_against_the_position(
    index: PlaceIndex, east_of_border_m: float, flag: str
) -> None:
    east, _ = metres(east=east_of_border_m)
    tag = tagged(index, None, "XS0102", at(2.0 + east, 0.5))
    assert told(tag) == (
        "gps",
        flag,
        "XS0201" if east > 0 else "XS0102",
        pytest.approx(max(0, east_of_border_m), abs=1),
    )


def test_position_may_be_finer_than_the_chosen_area(index: PlaceIndex) -> None:
    assert told(tagged(index, None, "XS01", at(0.5, 0.5))) == ("gps", "ok", "XS0101", 0.0)


@pytest.mark.parametrize(("accuracy_m", "flag"), [(10.0, "ok"), (40.0, "near_border"), (None, "near_border")])
def test_border_within_the_circle_of_accuracy_is_said(
    index: PlaceIndex, accuracy_m: float | None, flag: str
) -> None:
    east, _ = metres(east=-15)
    assert told(tagged(index, None, None, at(1.0 + east, 0.5, accuracy_m))) == ("gps", flag, "XS0101", None)


def test_position_in_the_river_is_snapped_and_one_at_sea_is_not(index: PlaceIndex) -> None:
    east, _ = metres(east=900)
    assert told(tagged(index, None, None, at(4 + east, 0.5))) == ("gps", "snapped", "XS0202", None)
    assert told(tagged(index, None, None, at(9.0, 0.5))) == ("none", "no_polygon", None, None)


def test_position_in_no_polygon_leaves_the_declared_place(index: PlaceIndex) -> None:
    at_sea = at(9.0, 0.5)
    assert told(tagged(index, None, "XS0102", at_sea)) == (
        "admin_choice", "outside_declared", "XS0102", pytest.approx(778_349, abs=800),
    )  # fmt: skip
    tag = tagged(index, CROSSING, None, at_sea)
    assert (tag.method, tag.flag, tag.areas[2].code) == ("place", "outside_declared", "XS0102")


def test_without_position_the_place_decides_by_its_coordinates_then_its_pcode(index: PlaceIndex) -> None:
    assert told(tagged(index, CROSSING, "XS02", None)) == ("place", "ok", "XS0102", None)
    assert told(tagged(index, MARKET, "XS01", None)) == ("place", "ok", "XS0203", None)


def test_place_known_by_pcode_only_outranks_a_contradicting_position(index: PlaceIndex) -> None:
    assert told(tagged(index, MARKET, None, at(2.5, 1.5))) == ("gps", "ok", "XS0203", 0.0)
    tag = tagged(index, MARKET, None, at(0.5, 0.5))
    assert told(tag)[:3] == ("place", "outside_declared", "XS0203")


@pytest.mark.parametrize(
    ("chosen", "deepest"), [("XS0104", "XS0104"), ("XS02", "XS02"), ("xs0104", "XS0104")]
)
def test_without_position_and_place_the_chosen_area_decides(
    index: PlaceIndex, chosen: str, deepest: str
) -> None:
    tag = tagged(index, None, chosen)
    assert told(tag) == ("admin_choice", "ok", deepest, None)
    assert tag.declared_pcode == chosen


def test_nothing_known_is_nothing_placed(index: PlaceIndex) -> None:
    assert told(tagged(index)) == ("none", "no_polygon", None, None)
    assert told(tagged(index, None, "XX99")) == ("none", "no_polygon", None, None)
    assert tagged(index, None, None, at(float("nan"), 1.0)) == tagged(index)
    assert tagged(index, None, None, at(2.0, 91.0)).position is None


def test_row_without_a_place_gets_the_site_within_reach(index: PlaceIndex) -> None:
    near, far = (tagged(index, None, None, at(1.99 + metres(east=-m)[0], 0.5)) for m in (600, 1500))
    assert (near.place, near.nearest_m, near.declared_place) == (CROSSING, 600.0, None)
    assert (far.place, far.nearest_place, far.nearest_m) == (None, "FMP-03", 1499.9)


def test_unregistered_place_keeps_its_code_and_gets_no_other_site(index: PlaceIndex) -> None:
    tag = tagged(index, None, None, at(1.99, 0.5), code="FMP-99")
    assert (tag.place, tag.declared_place, tag.nearest_place) == (None, "FMP-99", "FMP-03")
    columns = tag_columns(tag, "v01")
    assert (columns["place_id"], columns["place_name"]) == ("FMP-99", None)


def test_project_without_boundaries_keeps_what_was_said() -> None:
    tag = tagged(None, CROSSING, "XS01", at(1.985, 0.5))
    assert told(tag) == ("none", "no_polygon", None, 556.0)
    assert tagged(None, CROSSING, None, at(3.5, 0.5)).flag == "outside_declared"
    assert tag_columns(tag, None)["boundary_release"] is None


def test_tag_becomes_the_columns_of_a_row(index: PlaceIndex) -> None:
    expected: dict[str, Any] = {
        "place_id": "FMP-03", "place_name": "Pont de l'Est", "place_type": "fmp", "declared_pcode": "XS01",
        "adm0_iso3": "XSA", "adm1_pcode": "XS01", "adm1_name": "Ouestra", "adm2_pcode": "XS0102",
        "adm2_name": "XS0102", "adm3_pcode": None, "adm3_name": None, "boundary_release": "v01",
        "lat": 0.5, "lon": 1.985, "gps_accuracy_m": 8.0,
        "geotag_method": "gps", "geotag_flag": "ok", "geotag_distance_m": 556.0,
    }  # fmt: skip
    tag = tagged(index, CROSSING, "XS01", at(1.985, 0.5))
    assert tag_columns(tag, "v01") == expected
    assert tag_row(tag, "r1", 7, 2) == {
        "record_id": "r1", "root_id": 7, "release_id": 2, "declared_place": "FMP-03",
        "declared_pcode": "XS01", "measured_pcode": "XS0102", "nearest_place": "FMP-03", "nearest_m": 556.0,
        "method": "gps", "flag": "ok", "distance_m": 556.0, "pcodes": {"0": "XS", "1": "XS01", "2": "XS0102"},
    }  # fmt: skip
