"""Texts of other systems become our codes, or are named as what they are not."""

from __future__ import annotations

import csv
import os
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from forms import crosswalks, vocabulary
from forms.crosswalks import Crossing, Crosswalk, Unmapped, crosswalk, to_foreign

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("SHARED_DATA_FOR_TESTS") or ROOT.parent / "shared" / "data")
AREAS = ("admin1", "admin2", "admin3")
COLUMNS = {
    "Cause of Death": "death_cause",
    "Migration Route": "migration_route",
    "Region of Incident": "incident_region",
}


@pytest.mark.parametrize("source", crosswalks.sources())
def test_every_crosswalk_leads_to_codes_there_are_and_to_one_each(source: str) -> None:
    crossings = crosswalks.shipped(source).crossings
    assert crossings
    for one in crossings:
        if one.code:
            assert vocabulary.codes(one.list_name)[one.code].retired_in is None, one
        else:
            assert one.list_name in (*vocabulary.code_lists(), *AREAS), one
    keys = [(one.list_name, crosswalks.normalised(one.foreign_code), one.valid_from) for one in crossings]
    assert [key for key, n in Counter(keys).items() if n > 1] == []


@pytest.mark.parametrize(
    ("list_name", "text", "ours"),
    [
        ("displacement_reason", "Conflict", "conflict"),
        ("displacement_reason", "  natural   DISASTER. ", "natural_disaster"),
        ("displacement_reason", "Conflict; Natural disaster", ("conflict", "natural_disaster")),
        ("displacement_reason", "Insecurity;Other reason;Insecurity", ("insecurity", "other")),
        ("displacement_reason", "Conflict; Conflict", "conflict"),
        ("displacement_reason", "No reason for displacement reported", "none_reported"),
        ("displacement_reason", "Not available", None),
        ("displacement_reason", "Not available; Conflict", "conflict"),
        ("displacement_reason", "", None),
        ("displacement_reason", None, None),
        ("assessment_type", "BA", "BA"),
        ("operation_status", "active", "active"),
        ("admin1", "Not available", None),
    ],
)
def test_what_the_dtm_api_writes_is_read(
    list_name: str, text: str | None, ours: str | tuple[str, ...] | None
) -> None:
    assert crosswalk("dtm_api", list_name, text) == ours


def test_what_is_not_in_a_crosswalk_is_named_and_not_guessed() -> None:
    for text in ("Conflicts", "Conflict, Insecurity", "Conflict; Volcano"):
        with pytest.raises(Unmapped) as unmapped:
            crosswalk("dtm_api", "displacement_reason", text)
        assert (unmapped.value.list_name, unmapped.value.foreign) == ("displacement_reason", text)
    with pytest.raises(KeyError):
        crosswalk("nobody", "displacement_reason", "Conflict")


def test_our_codes_are_written_as_the_dtm_api_writes_them() -> None:
    written = {
        code: to_foreign("dtm_api", "displacement_reason", code)
        for code in ("conflict", ("conflict", "natural_disaster"), "none_reported", None, "eviction")
    }
    assert written == {
        "conflict": "Conflict",
        ("conflict", "natural_disaster"): "Conflict; Natural disaster",
        "none_reported": "No reason for displacement reported",
        None: "Not available",
        "eviction": None,  # the API has no text for it
    }
    for source in crosswalks.sources():
        for one in crosswalks.shipped(source).crossings:
            there = to_foreign(source, one.list_name, one.code or None)
            assert there is not None
            assert crosswalk(source, one.list_name, there) == (one.code or None)  # there and back


@pytest.mark.parametrize(
    ("cause", "ours"),
    [
        ("Drowning", "drowning"),
        ("Presumed drowning", "drowning"),
        ("Car Accident", "vehicle_accident"),
        ("Vehicle accident / death linked to hazardous transport", "vehicle_accident"),
        ("Vehicle Accident/Death linked to hazardous transport", "vehicle_accident"),
        ("Harsh environmental conditions / lack of adequate shelter, food, water", "harsh_conditions"),
        ("Starvation, Dehydration, Harsh weather/lack of adequate shelter", "harsh_conditions"),
        ("Starvation, Drowning", "mixed_unknown"),
        (
            "Drowning,Harsh environmental conditions / lack of adequate shelter, food, water",
            "mixed_unknown",
        ),
        (
            "Harsh environmental conditions / lack of adequate shelter, food, water, Dehydration",
            "harsh_conditions",
        ),
        ("Mixed or unknown", "mixed_unknown"),
    ],
)
def test_causes_of_old_and_new_columns_come_under_the_seven_there_are(cause: str, ours: str) -> None:
    assert crosswalk("missing_migrants", "death_cause", cause) == ours


def test_every_value_of_the_public_file_has_its_code() -> None:
    path = SHARED / "missing_migrants" / "MissingMigrants_2014_2019.csv"
    if not path.exists():
        pytest.skip(f"no {path}; SHARED_DATA_FOR_TESTS names the folder")
    rows = list(csv.DictReader(path.open(encoding="cp1252", errors="replace")))
    assert len(rows) > 6000
    unmapped: Counter[tuple[str, str]] = Counter()
    empty: Counter[str] = Counter()
    for row in rows:
        for column, list_name in COLUMNS.items():
            try:
                found = crosswalk("missing_migrants", list_name, row[column])
            except Unmapped:
                unmapped[list_name, row[column]] += 1
            else:
                empty[list_name] += found is None
    assert unmapped == {}
    assert empty == {name: sum(not row[column].strip() for row in rows) for column, name in COLUMNS.items()}


def test_a_code_means_what_it_meant_on_that_day() -> None:
    office = Crosswalk(
        "insae",
        [
            Crossing("admin2", "0704", "TD0704", valid_to=date(2023, 12, 31)),
            Crossing("admin2", "0704", "TD2301", valid_from=date(2024, 1, 1)),
        ],
    )
    assert office.ours("admin2", "0704", date(2023, 12, 31)) == "TD0704"
    assert office.ours("admin2", "0704", date(2024, 1, 1)) == "TD2301"
    assert office.ours("admin2", "0704") == "TD2301"  # now
    assert (office.foreign("admin2", "TD0704", date(2020, 1, 1)), office.foreign("admin2", "TD0704")) == (
        "0704",
        None,
    )
    with pytest.raises(Unmapped):
        office.ours("admin1", "0704")
