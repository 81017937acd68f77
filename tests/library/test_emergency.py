"""The Emergency Event form: ten questions, one event, and the movements that belong to it."""

from __future__ import annotations

import re
from datetime import date

import pytest

from forms.library_index import sources
from tests.forms.enumerator import Enumerator
from tests.library.fieldworker import harmonised
from tests.library.visits_emergency import ALL_WAYS, ARRIVALS, NOBODY_MOVED
from tests.steps.fieldwork import library_form

EVENT = {
    "assessment_type": "ETT",
    "entered_by": "V-12",
    "declared_place_name": "Tabelot",
    "event_id": "821-469-253",
    "sensitivity": "internal",
}
FLOW = {**EVENT, "flow_tool": "EET"}
REPORT = {**EVENT, "event_tool": "EET", "event_stage": "report"}


def screens(form: str, met: tuple[str, ...]) -> list[str]:
    """What a volunteer turns the pages of: a group shown on one page is one question, in several boxes."""
    pages: set[str] = set()
    path: list[str] = []
    for row in sources()[form].survey.rows:
        if row["type"].startswith("begin_"):
            path.append(row["name"])
            if row.get("appearance") == "field-list":
                pages.add("/".join(path))
        elif row["type"].startswith("end_"):
            path.pop()
    return list(dict.fromkeys(next((p for p in pages if q.startswith(f"{p}/")), q) for q in met))


def test_arrivals_are_one_event_and_one_movement_that_carries_its_number() -> None:
    day = date(2026, 11, 20)
    where = {"declared_pcode": "NE001001", "reporting_date": day, "estimate_method": "observation"}
    assert harmonised(ARRIVALS) == {
        "event": [
            {
                **REPORT,
                **where,
                "trigger_code": "flood",
                "event_date": day,
                "shelter_type": "school",
                "needs": "food;drinking_water;shelter",
                "access": "yes",
            }
        ],
        "flow": [
            {
                **FLOW,
                **where,
                "trigger_code": "flood",
                "group_id": "arrived",
                "direction": "incoming",
                "n_ind": 120,
                "hh": 20,
                "origin_adm2": "NE001001",
            }
        ],
    }


def test_each_way_is_a_movement_of_its_own_and_an_intended_return_is_none() -> None:
    day = date(2026, 11, 19)
    told = {
        "reporting_date": day,
        "estimate_method": "ki_estimate",
        "trigger_code": "conflict_attack",
        "quality_flags": "not_placed",
    }
    assert harmonised(ALL_WAYS) == {
        "event": [
            {
                **REPORT,
                **told,
                "event_date": day,
                "shelter_type": "host_family",
                "needs": "protection",
                "access": "limited_access",
                "return_intended": 25,
            }
        ],
        "flow": [
            {
                **FLOW,
                **told,
                "group_id": "arrived",
                "direction": "incoming",
                "n_ind": 60,
                "origin_adm2": "NE001001",
            },
            {
                **FLOW,
                **told,
                "group_id": "left",
                "direction": "outgoing",
                "n_ind": 300,
                "hh": 50,
                "final_adm2": "NE001001",
            },
            {  # they pass through, and nobody knows how many: a movement of unknown size, not of none
                **FLOW,
                **told,
                "quality_flags": "missing_required;not_placed",
                "group_id": "transit",
                "direction": "transit",
                "origin_adm2": "NE001001",
                "final_adm2": "NE001001",
            },
        ],
    }


def test_where_nobody_moved_there_is_an_event_and_no_movement() -> None:
    day = date(2026, 11, 20)
    assert harmonised(NOBODY_MOVED) == {
        "event": [
            {
                **REPORT,
                "reporting_date": day,
                "event_date": day,
                "trigger_code": "dnk",
                "estimate_method": "dnk",
                "quality_flags": "not_placed",
            }
        ]
    }


@pytest.mark.parametrize(
    ("answers", "questions", "boxes"),
    [
        (ARRIVALS.answers, 10, 12),
        ({**ARRIVALS.answers, "movements": "left"}, 8, 10),
        (ALL_WAYS.answers, 10, 18),  # the longest there is: everybody moves, and it is hearsay
        ({**ALL_WAYS.answers, "how_known": "counted"}, 10, 18),
        (NOBODY_MOVED.answers, 6, 7),  # the shortest
    ],
)
def test_volunteer_meets_at_most_ten_questions(
    enumerator: Enumerator, answers: dict[str, object], questions: int, boxes: int
) -> None:
    met = enumerator.fills("eet", answers).met
    assert (len(screens("eet", met)), len(met)) == (questions, boxes)
    assert questions <= 10


def test_questions_are_numbered_one_to_ten() -> None:
    numbers = [
        int(found[1])
        for row in sources()["eet"].survey.rows
        if (found := re.match(r"(\d+)\. ", row.get("label", "")))
    ]
    assert list(dict.fromkeys(numbers)) == list(range(1, 11))


def test_report_needs_no_position() -> None:
    assert {f.type for f in library_form("eet").fields}.isdisjoint({"geopoint", "geotrace", "geoshape"})


@pytest.mark.parametrize(
    ("slip", "finding"),
    [
        ({"movements": "none arrived"}, "constraint movements"),
        ({"how_many/arrived_ind": -1}, "constraint how_many/arrived_ind"),
        ({"how_many/arrived_hh": 121}, "constraint how_many/arrived_hh"),  # of 120 persons
        ({"needs": "food drinking_water shelter health"}, "constraint needs"),
        ({"needs": "none food"}, "constraint needs"),
        ({"event_date": "1999-11-20"}, "constraint event_date"),
        ({"how_many/left_ind": 5}, "not-asked how_many/left_ind"),
        ({"access_said": "no"}, "not-asked access_said"),  # the volunteer was there
    ],
)
def test_slip_of_a_volunteer_is_stopped(
    enumerator: Enumerator, slip: dict[str, object], finding: str
) -> None:
    assert enumerator.fills("eet", ARRIVALS.answers).findings == []
    assert finding in enumerator.fills("eet", {**ARRIVALS.answers, **slip}).findings


def test_report_without_a_district_needs_the_name_of_the_place(enumerator: Enumerator) -> None:
    without = {k: v for k, v in NOBODY_MOVED.answers.items() if k != "where/place_name"}
    assert enumerator.fills("eet", without).findings == [
        "required where/place_name",
        "unfinished where/place_name",
    ]
    assert enumerator.fills("eet", {**without, "where/area": "NE001001"}).findings == []


def test_number_of_a_report_is_made_on_the_device_and_tells_a_slip(enumerator: Enumerator) -> None:
    told = [enumerator.fills("eet", NOBODY_MOVED.answers).answers["event_id"] for _ in range(3)]
    assert len(set(told)) == 3
    for number in told:
        assert re.fullmatch(r"\d{3}-\d{3}-\d{3}", number)
        digits = [int(digit) for digit in number.replace("-", "")]
        assert sum(digit * (3 if at % 2 else 1) for at, digit in enumerate(digits)) % 10 == 0


def test_who_typed_is_known_by_code_and_never_by_name(enumerator: Enumerator) -> None:
    assert enumerator.fills("eet", NOBODY_MOVED.answers).answers["typed_by"] == "EN-04"
    form = library_form("eet")
    user = next(f for f in form.fields if f.path == "/data/username")
    assert user.sensitivity == "direct_identifier"
    assert user.path not in {binding.path for binding in form.bindings}


def test_number_of_a_report_outlives_its_edits() -> None:
    digits = next(row for row in sources()["eet"].survey.rows if row.get("name") == "event_digits")
    assert digits["calculation"].startswith("once(")
