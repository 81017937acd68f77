"""The place index: which areas a point lies in, what is near, and a file that is whole or rebuilt."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely
from shapely.geometry import Point, box

from sync.places.areas import BoundaryArea
from sync.places.index import Located, PlaceIndex
from sync.places.index_file import IndexDamaged
from sync.places.nearest import Sites
from sync.places.sphere import METRES_PER_DEGREE, distance_m
from sync.steps.values import KnownPlace
from tests.places.sahelia import COUNTRY, area, index_of, sahelia


@pytest.fixture
def index(tmp_path: Path) -> PlaceIndex:
    return index_of(sahelia(), tmp_path / "sahelia.places")


def codes(located: Located) -> list[str]:
    return [a.code for _, a in sorted(located.areas.items())]


def test_point_is_named_on_every_level(index: PlaceIndex) -> None:
    located = index.locate(2.5, 1.5)
    assert [(level, a.level, a.code, a.name) for level, a in located.areas.items()] == [
        (0, 0, "XS", "Sahelia"),
        (1, 1, "XS02", "Estara"),
        (2, 2, "XS0203", "XS0203"),
    ]
    assert (located.iso3, located.snapped_m) == ("XSA", None)


def test_point_on_a_shared_border_goes_to_the_lowest_code(index: PlaceIndex) -> None:
    assert codes(index.locate(1.0, 0.5)) == ["XS", "XS01", "XS0101"]
    assert codes(index.locate(2.0, 1.0)) == ["XS", "XS01", "XS0102"]


def test_overlap_goes_to_the_lowest_code(tmp_path: Path) -> None:
    areas = [
        area(0, "XS", COUNTRY),
        area(1, "B", box(0, 0, 2, 2), (0, "XS")),
        area(1, "A", box(1, 0, 3, 2), (0, "XS")),
    ]
    overlapping = index_of(areas, tmp_path / "overlap.places")
    assert [codes(overlapping.locate(lon, 1)) for lon in (0.5, 1.5, 2.5)] == [
        ["XS", "B"],
        ["XS", "A"],
        ["XS", "A"],
    ]


def test_point_just_outside_is_snapped_and_one_farther_off_is_not(index: PlaceIndex) -> None:
    near = index.locate(4 + 1900 / METRES_PER_DEGREE, 0.5)
    assert codes(near) == ["XS", "XS02", "XS0202"]
    assert near.snapped_m == pytest.approx(1900, abs=1)
    assert index.locate(4 + 2100 / METRES_PER_DEGREE, 0.5) == Located({}, None, None)


def test_gap_between_districts_is_closed_by_the_nearest_one_of_the_same_region(tmp_path: Path) -> None:
    gap = 1500 / METRES_PER_DEGREE
    areas = [a for a in sahelia() if a.code != "XS0104"]
    areas.append(area(2, "XS0104", box(1 + gap, 1, 2 - gap, 2), (1, "XS01")))
    gappy = index_of(areas, tmp_path / "gap.places")
    beside_the_next_region = gappy.locate(2 - 10 / METRES_PER_DEGREE, 1.5)
    assert codes(beside_the_next_region) == ["XS", "XS01", "XS0104"]
    assert beside_the_next_region.snapped_m == pytest.approx(1490, abs=2)


def test_lake_without_districts_stays_with_its_region(tmp_path: Path) -> None:
    areas = [a for a in sahelia() if a.code != "XS0104"]
    located = index_of(areas, tmp_path / "lake.places").locate(1.5, 1.5)
    assert (codes(located), located.snapped_m) == (["XS", "XS01"], None)


def test_hole_belongs_to_what_lies_in_it(tmp_path: Path) -> None:
    capital = box(0.4, 0.4, 0.6, 0.6)
    areas = [area(1, "RING", box(0, 0, 1, 1) - capital), area(1, "TOWN", capital)]
    enclave = index_of(areas, tmp_path / "hole.places")
    assert [codes(enclave.locate(x, 0.5)) for x in (0.2, 0.5)] == [["RING"], ["TOWN"]]


def test_level_the_parents_leave_out_is_looked_up_by_itself(tmp_path: Path) -> None:
    areas = [a for a in sahelia() if a.level != 2] + [area(2, "XS0101", box(0, 0, 1, 1), None)]
    located = index_of(areas, tmp_path / "orphans.places").locate(0.5, 0.5)
    assert codes(located) == ["XS", "XS01", "XS0101"]


def test_areas_are_found_by_code_alias_and_name(tmp_path: Path) -> None:
    areas = [
        area(0, "TD", COUNTRY),
        area(
            1,
            "TD07",
            box(0, 0, 2, 2),
            (0, "TD"),
            name="Lac",
            aliases=(("TCD07", "country prefix"), ("Lac", "name")),
        ),
        area(
            2,
            "TD0701",
            box(0, 0, 1, 1),
            (1, "TD07"),
            name="Lac",
            aliases=(("Lac", "name"), ("Mamdi", "name")),
        ),
    ]
    chad = index_of(areas, tmp_path / "chad.places")

    def named(text: str) -> str | None:
        position = chad.find(text)
        return None if position is None else chad.area(position).code

    asked = ("TD0701", "TCD07", "td07", "MAMDI", " lac", "TD09", "")
    assert [named(text) for text in asked] == ["TD0701", "TD07", "TD07", "TD0701", "TD07", None, None]


def test_distance_to_a_border_is_exact_on_the_sphere(index: PlaceIndex) -> None:
    position = index.find("XS0202")
    assert position is not None
    lon, lat = 4.01, 0.5
    assert index.distance_m(position, lon, lat) == pytest.approx(distance_m(lon, lat, 4.0, lat), abs=0.5)
    assert index.distance_m(position, 3.5, 0.5) == 0.0
    inside = 4 - 30 / METRES_PER_DEGREE
    assert [index.border_within(position, inside, 0.5, m) for m in (29, 31)] == [False, True]


def test_many_points_at_once_are_placed_like_one_by_one(tmp_path: Path) -> None:
    generator = np.random.default_rng(7)
    areas = [
        area(0, "XS", COUNTRY),
        *(area(1, f"A{n:03}", blob(generator), (0, "XS")) for n in range(150)),
        *(area(2, f"B{n:03}", blob(generator), (1, f"A{n:03}")) for n in range(100)),
    ]
    crowded = index_of(areas, tmp_path / "crowded.places")
    points = np.vstack(
        [generator.uniform((-0.1, -0.1), (4.1, 2.1), (3000, 2)), [[np.nan, 1], [500, 1], [2, 95]]]
    )
    assert crowded.locate_many(points) == [crowded.locate(*point) for point in points.tolist()]
    expected = [deepest_by_hand(areas, lon, lat) for lon, lat in points[:3000].tolist()]
    found = [crowded.locate(lon, lat) for lon, lat in points[:3000].tolist()]
    exact = [(f, e) for f, e in zip(found, expected, strict=True) if f.snapped_m is None]
    assert len(exact) > 1000
    assert [f.areas[max(f.areas)].code if f.areas else None for f, _ in exact] == [e for _, e in exact]


def blob(generator: np.random.Generator) -> shapely.Polygon:
    x, y = generator.uniform((0, 0), (4, 2))
    return Point(x, y).buffer(float(generator.uniform(0.05, 0.3)))


def deepest_by_hand(areas: list[BoundaryArea], lon: float, lat: float) -> str | None:
    around = [
        (-a.level, a.code) for a in areas if shapely.intersects_xy(shapely.from_wkb(a.geometry), lon, lat)
    ]
    return min(around)[1] if around else None


@pytest.mark.parametrize("where", ["first bytes", "a polygon", "the arrays", "the end", "half of it"])
def test_damaged_file_is_noticed(tmp_path: Path, where: str) -> None:
    path = tmp_path / "sahelia.places"
    index_of(sahelia(), path)
    data = bytearray(path.read_bytes())
    PlaceIndex.open(path).locate(0.5, 0.5)
    if where == "half of it":
        data = data[: len(data) // 2]
    else:
        data[{"first bytes": 3, "a polygon": 60, "the arrays": len(data) // 2, "the end": -30}[where]] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(IndexDamaged):
        PlaceIndex.open(path).locate(0.5, 0.5)


def test_nearest_site_is_the_nearest_on_the_sphere() -> None:
    generator = np.random.default_rng(3)
    places = {
        f"P{n:04}": KnownPlace(f"P{n:04}", "fmp", "", float(lon), float(lat), None)
        for n, (lon, lat) in enumerate(generator.uniform((-25, -60), (60, 75), (2000, 2)))
    }
    sites = Sites(places)
    for lon, lat in generator.uniform((-25, -60), (60, 75), (300, 2)).tolist():
        distance, code = min((distance_m(lon, lat, p.lon or 0, p.lat or 0), p.code) for p in places.values())
        assert sites.nearest(lon, lat) == (places[code], distance)


def test_two_sites_a_step_apart_are_told_apart() -> None:
    here = KnownPlace("A", "fmp", "", 1.0, 12.0, None)
    step = KnownPlace("B", "fmp", "", 1.0, 12.0 + 0.05 / METRES_PER_DEGREE, None)
    sites = Sites({"A": here, "B": step, "C": KnownPlace("C", "fmp", "", None, None, "XS01")})
    assert step.lat is not None
    assert sites.nearest(1.0, step.lat + 1e-7) == (step, pytest.approx(0.011, abs=0.002))
    assert sites.nearest(1.0, 12.0) == (here, 0.0)
    assert Sites({}).nearest(1.0, 12.0) is None
