"""Mali and Burkina Faso as published: names without codes, three levels, two countries at once."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from sync.places.areas import BoundaryArea, slug
from sync.places.gazetteer import Gazetteer, NamedArea
from sync.places.index import PlaceIndex
from sync.places.matching import match_area
from sync.places.reading import read_boundaries
from tests.places.sahelia import index_of

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(os.environ.get("SHARED_DATA_FOR_TESTS") or ROOT.parent / "shared" / "data") / "boundaries"
FILES = [FOLDER / f"{iso3}-ADM{level}.geojson" for iso3 in ("MLI", "BFA") for level in (0, 1, 2)]

pytestmark = pytest.mark.skipif(
    not all(path.is_file() for path in FILES),
    reason=f"no boundaries of Mali and Burkina Faso in {FOLDER}; SHARED_DATA_FOR_TESTS names the folder",
)


@pytest.fixture(scope="module")
def west_africa(tmp_path_factory: pytest.TempPathFactory) -> PlaceIndex:
    boundaries = read_boundaries(FILES)
    assert boundaries.refusals == ()
    assert {line.kind for line in boundaries.report} <= {
        "code_made",
        "parent_derived",
        "alias_ambiguous",
        "repaired",
    }
    numbers = {level: sum(a.level == level for a in boundaries.areas) for level in (0, 1, 2)}
    assert numbers == {0: 2, 1: 9 + 13, 2: 50 + 45}
    assert all(a.parent is not None for a in boundaries.areas if a.level)
    return index_of(boundaries.areas, tmp_path_factory.mktemp("real") / "west_africa.places")


@pytest.mark.parametrize(
    ("town", "lon", "lat", "names", "iso3"),
    [
        ("Bamako", -8.0, 12.65, ["mali", "bamako", "bamako"], "MLI"),
        ("Gao", -0.04, 16.27, ["mali", "gao", "gao"], "MLI"),
        ("Ouagadougou", -1.52, 12.37, ["burkina-faso", "centre", "kadiogo"], "BFA"),
        ("Dori", -0.03, 14.03, ["burkina-faso", "sahel", "seno"], "BFA"),
    ],
)
def test_towns_lie_where_the_map_says(
    west_africa: PlaceIndex, town: str, lon: float, lat: float, names: list[str], iso3: str
) -> None:
    located = west_africa.locate(lon, lat)
    assert [slug(a.name) for a in located.areas.values()] == names, town
    assert (located.iso3, located.snapped_m) == (iso3, None)


def doubled(name: str) -> str:
    """A letter typed twice."""
    return name[: len(name) // 2] + name[len(name) // 2 :][0] + name[len(name) // 2 :]


def dropped(name: str) -> str:
    """A letter left out."""
    return name[: len(name) // 2] + name[len(name) // 2 + 1 :]


def test_names_lead_to_their_own_area_however_they_are_spelled_or_to_none() -> None:
    """95 cercles and provinces: spelled as they are, without accents, and with a typing error."""
    areas = read_boundaries(FILES).areas
    release = Gazetteer(NamedArea(a.level, a.code, a.name, a.parent, a.iso3) for a in areas)
    provinces = [area for area in areas if area.level == 2]

    def outcome(area: BoundaryArea, text: str, parent: str | None) -> str:
        match = match_area(text, 2, parent, release, names=True)
        if match.area is None:
            return "none"
        return match.how if match.area.code == area.code else "wrong"

    def outcomes(spell: Callable[[str], str], within: bool = True) -> dict[str, int]:
        named = [(a, spell(a.name), a.parent[1] if a.parent and within else None) for a in provinces]
        return dict(Counter(outcome(*each) for each in named))

    assert outcomes(str) == outcomes(str, within=False) == {"name": 95}
    assert outcomes(lambda name: slug(name).upper()) == {"name": 95}
    assert outcomes(doubled) == {"fuzzy": 95}
    assert outcomes(dropped) == {"fuzzy": 90, "none": 5}
    assert outcomes(doubled, within=False) == {"none": 95}
