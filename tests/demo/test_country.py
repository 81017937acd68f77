"""The invented country: nested, without gap or overlap, and the same for the same seed."""

from __future__ import annotations

import pytest
from shapely import unary_union
from shapely.geometry import Point, shape

from server.demo.country import CHILDREN, Country, Release, build_country


@pytest.fixture(scope="module", params=[1, 7])
def country(request: pytest.FixtureRequest) -> Country:
    return build_country(request.param)


def shapes(release: Release) -> dict[str, object]:
    return {
        feature["properties"][f"adm{level}_pcode"]: shape(feature["geometry"])
        for level in range(4)
        for feature in release.geojson(level)["features"]
    }


@pytest.mark.parametrize("name", ["v01", "v02"])
def test_areas_nest_without_gap_or_overlap(country: Country, name: str) -> None:
    release: Release = getattr(country, name)
    drawn = shapes(release)
    assert all(polygon.is_valid for polygon in drawn.values())
    for area in release.areas:
        if area.level < 3:
            children = [drawn[child.code] for child in release.areas if child.parents[-1:] == (area.code,)]
            together = unary_union(children)
            assert together.symmetric_difference(drawn[area.code]).area < 1e-9
            assert sum(child.area for child in children) == pytest.approx(drawn[area.code].area)


def test_pcodes_follow_the_levels(country: Country) -> None:
    regions, districts, communes = CHILDREN
    counts = [len(country.v01.level(level)) for level in range(4)]
    assert counts == [1, regions, regions * districts, regions * districts * communes]
    assert all(len(area.code) == 2 + 2 * area.level for area in country.v01.areas)
    assert all(area.code.startswith(area.parents[-1]) for area in country.v01.areas if area.parents)


def test_second_release_splits_one_district_and_changes_nothing_else(country: Country) -> None:
    before, after = shapes(country.v01), shapes(country.v02)
    old, new = country.split_from, country.split_into
    assert new not in before
    assert unary_union([after[old], after[new]]).symmetric_difference(before[old]).area < 1e-9
    unchanged = [code for code in before if not code.startswith(old) and code in after]
    assert all(before[code].equals(after[code]) for code in unchanged)
    assert len(after) == len(before) + 1


def test_middle_lies_in_its_area_and_is_found_there(country: Country) -> None:
    drawn = shapes(country.v01)
    for area in country.v01.level(3):
        middle = country.v01.middle(area.code)
        assert drawn[area.code].contains(Point(middle))
        assert country.v01.at(middle, 3) == area


def test_same_seed_gives_the_same_country_and_another_seed_another() -> None:
    assert build_country(3).v02.geojson(2) == build_country(3).v02.geojson(2)
    assert build_country(3).v02.geojson(2) != build_country(4).v02.geojson(2)
