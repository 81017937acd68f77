"""Codes and names come as partners write them; each conversion is said, and doubt is no match."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.pipeline import run
from sync.places.areas import BoundaryArea
from sync.places.gazetteer import Gazetteer, NamedArea
from sync.places.index import PlaceIndex
from sync.places.matching import Match, match_area, read_pairs
from sync.places.nearest import Sites
from sync.problems import Invalid
from sync.steps.geotag import geotag
from sync.steps.values import Area
from tests.places.sahelia import COUNTRY, area, districts, index_of, sahelia
from tests.steps.fieldwork import form, task


def named(level: int, code: str, name: str, parent: str | None, iso3: str, *names: str) -> NamedArea:
    return NamedArea(level, code, name, (level - 1, parent) if parent else None, iso3, names)


SAHEL = Gazetteer(
    [
        named(0, "NE", "Niger", None, "NER"),
        named(1, "NE001", "Agadez", "NE", "NER"),
        named(1, "NE002", "Diffa", "NE", "NER"),
        named(2, "NE001001", "Aderbissinat", "NE001", "NER"),
        named(2, "NE001011", "Bilma", "NE001", "NER"),
        named(2, "NE002001", "Bosso", "NE002", "NER"),
        named(2, "NE002002", "Mainé Soroa", "NE002", "NER", "Mainé-Soroa ville"),
        named(0, "TCD", "Tchad", None, "TCD"),
        named(1, "TCD07", "Logone Occidental", "TCD", "TCD"),
        named(2, "TCD0704", "Lac Wey", "TCD07", "TCD"),
        named(2, "TCD0705", "Lac Léré", "TCD07", "TCD"),
        named(0, "TJ", "Tajikistan", None, "TJK"),
        named(1, "3501000", "Districts of Republican Subordination", "TJ", "TJK"),
        named(1, "3502000", "Sughd", "TJ", "TJK"),
        named(2, "3501263", "Rasht", "3501000", "TJK"),
        named(2, "3501270", "Isfara", "3502000", "TJK"),
    ]
)


def found(text: str, level: int | None = None, parent: str | None = None, names: bool = False) -> object:
    match = match_area(text, level, parent, SAHEL, names=names)
    return (match.area.code, match.how) if match.area else match.note


@pytest.mark.parametrize(
    ("text", "level", "expected"),
    [
        ("TCD0704", None, ("TCD0704", "code")),
        ("TD0704", None, ("TCD0704", "prefix")),
        ("tcd-07 04", None, ("TCD0704", "spelling")),
        ("TCD704", 2, ("TCD0704", "width")),
        ("TD704", 2, ("TCD0704", "prefix and width")),
        ("NE1", 1, ("NE001", "width")),
        ("NER1", 1, ("NE001", "prefix and width")),
        ("NE0101", 2, ("NE001001", "width")),
        ("NE1011", 2, ("NE001011", "width")),
        ("NER001011", None, ("NE001011", "prefix")),
        ("3501263", None, ("3501263", "code")),
        ("TJ3501263", None, ("3501263", "prefix")),
        ("TJK3501263", 2, ("3501263", "prefix")),
    ],
)
def test_code_is_read_through_its_prefix_and_zeros(text: str, level: int | None, expected: object) -> None:
    assert found(text, level) == expected


@pytest.mark.parametrize(
    ("text", "level"),
    [("NE11", None), ("NE9", 1), ("TD0704", 1), ("ML01", None), ("1", None), ("1", 1), ("", None), ("x", 2)],
)
def test_what_fits_nothing_is_no_match(text: str, level: int | None) -> None:
    assert match_area(text, level, None, SAHEL).area is None


def test_parents_are_the_releases_own_and_never_a_prefix() -> None:
    """3501270 begins like 3501000 and lies in 3502000; 35010 is the beginning of two codes and is neither."""
    assert found("Isfara", 2, "3502000", names=True) == ("3501270", "name")
    assert (
        found("Isfara", 2, "3501000", names=True)
        == "Isfara is not in the release, and no name is near enough"
    )
    assert found("TJ3501270", 2, "3501000") == "TJ3501270 is not in the release"
    assert found("35010", 1) == "35010 is not in the release"


def test_name_needs_its_permission_and_its_parent() -> None:
    assert found("Bosso", 2) == "Bosso is not in the release"
    assert found("BOSSO ", 2, names=True) == ("NE002001", "name")
    assert found("maine soroa", 2, "NE2", names=True) == ("NE002002", "name")
    assert found("Mainé-Soroa Ville", 2, "NER", names=True) == ("NE002002", "name")
    assert found("Mainé Sorao", 2, names=True) == (
        "Mainé Sorao is not in the release; without its parent no similar name is taken"
    )
    assert found("Mainé Soroaa", 2, "NE002", names=True) == ("NE002002", "fuzzy")
    assert found("Mainé Soroaa", 2, "NE001", names=True) == (
        "Mainé Soroaa is not in the release, and no name is near enough"
    )


def test_two_that_fit_are_no_match_and_both_are_named() -> None:
    twins = Gazetteer(
        [
            named(0, "NE", "Niger", None, "NER"),
            named(1, "NE001", "Nord", "NE", "NER"),
            named(1, "NE010", "Sud", "NE", "NER"),
            named(2, "NE001001", "Gare", "NE001", "NER"),
            named(2, "NE010001", "Gare", "NE010", "NER"),
        ]
    )
    assert match_area("Gare", 2, None, twins, names=True) == Match(
        None, "", "Gare may be NE001001 (Gare) or NE010001 (Gare)"
    )
    assert match_area("Gare", 2, "NE010", twins, names=True).area == Area("NE010001", "Gare", 2)
    assert match_area("NE01001", 2, None, twins) == Match(
        None, "", "NE01001 may be NE001001 (Gare) or NE010001 (Gare)"
    )
    assert match_area("NE01001", 2, "NE10", twins).area == Area("NE010001", "Gare", 2)


def test_decisions_about_names_hold() -> None:
    pairs = read_pairs(b"text,code,verdict\nRive gauche,NE002001,allow\nAderbissinatt,NE001001,deny\n")
    match = match_area("rive-gauche", 2, None, SAHEL, names=True, pairs=pairs)
    assert (match.area, match.how) == (Area("NE002001", "Bosso", 2), "fuzzy")
    assert match_area("Aderbissinatt", 2, "NE001", SAHEL, names=True).how == "fuzzy"
    assert match_area("Aderbissinatt", 2, "NE001", SAHEL, names=True, pairs=pairs).area is None
    with pytest.raises(Invalid, match="verdict"):
        read_pairs(b"text,code\nA,B\n")


def test_row_placed_by_a_converted_code_has_the_official_one_and_says_so(tmp_path: Path) -> None:
    chad: list[BoundaryArea] = [
        area(0, "TCD", COUNTRY, iso3="TCD", name="Tchad"),
        area(1, "TCD07", COUNTRY, (0, "TCD"), iso3="TCD", name="Logone Occidental"),
        *(
            area(2, f"TCD070{n}", shape, (1, "TCD07"), iso3="TCD", name=f"Lac {n}")
            for n, shape in enumerate(districts().values(), start=1)
        ),
    ]
    index: PlaceIndex = index_of(chad, tmp_path / "chad.places")
    tag = geotag(None, "TD704", None, index, Sites({}))
    assert (tag.declared_pcode, tag.areas[2].code, tag.method, tag.flag) == (
        "TD704", "TCD0704", "admin_choice", "ok",
    )  # fmt: skip
    assert tag.converted == "TD704 was read as TCD0704 (prefix and width)"
    plain = geotag(None, "TCD0704", None, index, Sites({}))
    assert (plain.areas, plain.converted) == (tag.areas, None)
    assert geotag(None, "TD0799", None, index, Sites({})).areas == {}


COUNT = """
| survey |
| | type | name | label | harmonise |
| | date | day | Day | baseline.reporting_date |
| | text | district | District | baseline.declared_pcode |
| | integer | idp | Displaced | baseline.ind |
| settings |
| | form_id | form_title | version | harmonise |
| | own | Own | 1 | baseline{record_type=population, assessment_type=BA, breakdown=total} |
"""


@pytest.mark.parametrize(
    ("written", "flags"),
    [("XS0203", False), ("XSA0203", True), ("xs-0203", True), ("XS203", True)],
)
def test_converted_code_is_flagged_on_the_row(tmp_path: Path, written: str, flags: bool) -> None:
    index_of(sahelia(), tmp_path / "sahelia.places")
    answers = {"day": "2026-11-02", "district": written, "idp": 4}
    path = str(tmp_path / "sahelia.places")
    (row,) = run(task(form(COUNT), answers, places={}, release="v01", index_path=path)).rows
    assert (row.values["declared_pcode"], row.values["adm2_pcode"]) == (written, "XS0203")
    assert ("pcode_converted" in (row.values["quality_flags"] or "")) is flags
