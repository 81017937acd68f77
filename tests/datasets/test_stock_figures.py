"""Figures of stock: the newest round counts, and nobody is counted twice by another tool or a larger area."""

from __future__ import annotations

from typing import Any

from tests.datasets.rows import AREAS, FMP_01, FMP_02, MONDAY, TUESDAY, WEDNESDAY, Country
from tests.datasets.test_flow_figures import figures

SITE_01 = {**FMP_01, "place_id": "SITE-01", "place_name": "School", "place_type": "site"}
SITE_02 = {**FMP_01, "place_id": "SITE-02", "place_name": "Market", "place_type": "site"}
SITE_03 = {**FMP_02, "place_id": "SITE-03", "place_name": "Camp", "place_type": "site"}


def assessed(of: Country, day: Any, at: Any, ind: int | None, **values: Any) -> str:
    row = {
        "reporting_date": day,
        "record_type": "population",
        "breakdown": "total",
        "population_category": "idp",
        "assessment_type": "BA",
        "adm0_iso3": "XSA",
        "ind": ind,
    }
    return of.add("baseline", **{**row, **at, **values})


def test_the_newest_round_of_each_place_counts_and_the_change_is_told(sahelia: Country) -> None:
    assessed(sahelia, MONDAY, SITE_01, 500, round="R1", hh=100)
    assessed(sahelia, WEDNESDAY, SITE_01, 450, round="R2", hh=100)
    assessed(sahelia, MONDAY, SITE_02, 70, round="R1")
    columns = ("place_id", "round", "ind", "hh_size", "previous_round", "previous_ind", "change_ind")
    assert figures(sahelia, "stock", *columns) == [
        ("SITE-01", "R2", 450, 4.5, "R1", 500, -50),
        ("SITE-02", "R1", 70, None, None, None, None),
    ]
    asked = figures(sahelia, "stock", "place_id", "round", "ind", date_to=TUESDAY)
    assert asked == [("SITE-01", "R1", 500), ("SITE-02", "R1", 70)]


def test_baseline_and_site_assessment_of_the_same_people_are_never_added(sahelia: Country) -> None:
    assessed(sahelia, MONDAY, SITE_01, 27082)
    assessed(sahelia, MONDAY, SITE_01, 27082, assessment_type="SA")
    assert figures(sahelia, "stock_totals", "assessment_type", "level", "ind") == [
        ("BA", "adm0", 27082),
        ("BA", "adm1", 27082),
        ("SA", "adm0", 27082),
        ("SA", "adm1", 27082),
    ]


def test_an_area_counts_by_its_places_or_by_its_own_figure_never_by_both(sahelia: Country) -> None:
    assessed(sahelia, MONDAY, AREAS["NO01"], 900)  # the district as a whole
    assessed(sahelia, MONDAY, SITE_01, 500)
    assessed(sahelia, MONDAY, SITE_02, 300)
    assessed(sahelia, MONDAY, AREAS["SU02"], 60)  # here no place was visited
    columns = ("level", "adm1_pcode", "ind", "units", "areas_own_row", "ind_left_out")
    assert figures(sahelia, "stock_totals", *columns) == [
        ("adm0", None, 860, 3, 1, 900),
        ("adm1", "NO01", 800, 2, 0, 900),
        ("adm1", "SU02", 60, 1, 1, None),
    ]


def test_two_teams_at_one_place_in_one_round_are_reviewed_and_not_added(sahelia: Country) -> None:
    first = assessed(sahelia, MONDAY, SITE_01, 500, round="R1", under_review=True)
    second = assessed(sahelia, TUESDAY, SITE_01, 520, round="R1", under_review=True)
    sahelia.pair(first, second, "baseline")
    assert figures(sahelia, "stock", "ind", "n_rows", "n_under_review") == [(520, 2, 2)]
    assert figures(sahelia, "stock_totals", "level", "ind", "n_under_review") == [
        ("adm0", 520, 2),
        ("adm1", 520, 2),
    ]


def test_the_change_is_over_places_assessed_in_both_rounds(sahelia: Country) -> None:
    assessed(sahelia, MONDAY, SITE_01, 500, round="R1")
    assessed(sahelia, TUESDAY, SITE_01, 400, round="R2")
    assessed(sahelia, TUESDAY, SITE_02, 1000, round="R2")  # assessed for the first time
    assessed(sahelia, TUESDAY, SITE_03, None, round="R2")  # visited, not counted
    columns = (
        "level",
        "adm1_pcode",
        "ind",
        "units",
        "units_without_count",
        "units_in_both_rounds",
        "change_ind",
    )
    assert figures(sahelia, "stock_totals", *columns) == [
        ("adm0", None, 1400, 3, 1, 1, -100),
        ("adm1", "NO01", 1400, 2, 0, 1, -100),
        ("adm1", "SU02", None, 1, 1, 0, None),
    ]


def test_breakdowns_arrivals_and_conditions_are_in_no_stock(sahelia: Country) -> None:
    assessed(sahelia, MONDAY, SITE_01, 500)
    for breakdown in ("reason", "origin", "arrival", "departure"):
        assessed(sahelia, MONDAY, SITE_01, 100, breakdown=breakdown)
    sahelia.add("baseline", reporting_date=MONDAY, record_type="conditions", ind=7, **SITE_01)
    assert figures(sahelia, "stock", "ind") == [(500,)]
    assert figures(sahelia, "stock_totals", "level", "ind") == [("adm0", 500), ("adm1", 500)]


def test_a_place_that_was_last_assessed_earlier_has_changed_at_some_other_time(sahelia: Country) -> None:
    for at, r1, r2, r3 in ((SITE_01, 100, 300, None), (SITE_02, None, 50, 60), (SITE_03, 7, None, 9)):
        for day, code, ind in ((MONDAY, "R1", r1), (TUESDAY, "R2", r2), (WEDNESDAY, "R3", r3)):
            if ind is not None:
                assessed(sahelia, day, at, ind, round=code)
    columns = ("adm1_pcode", "ind", "units", "units_in_both_rounds", "change_ind")
    assert figures(sahelia, "stock_totals", *columns) == [
        (None, 369, 3, 1, 10),  # not + 200 of the round before, nor + 2 over two rounds
        ("NO01", 360, 2, 1, 10),
        ("SU02", 9, 1, 0, None),
    ]


def test_of_many_rounds_the_two_newest_are_told_with_their_rows(sahelia: Country) -> None:
    days = (MONDAY, TUESDAY, WEDNESDAY)
    for number, day in enumerate(days):
        assessed(sahelia, day, SITE_01, 100 + number, round=f"R{number}")
        assessed(sahelia, day, SITE_01, 200 + number, round=f"R{number}", operation="OP2")
    assessed(sahelia, MONDAY, SITE_01, 150, round="R2")  # of the newest round, an earlier day
    assessed(sahelia, None, SITE_01, 1, round="R2")
    columns = ("operation", "round", "ind", "previous_round", "previous_ind", "n_rows")
    assert figures(sahelia, "stock", *columns) == [
        (None, "R2", 102, "R1", 101, 3),
        ("OP2", "R2", 202, "R1", 201, 1),
    ]
