"""Figures of places and people: how old a status is, how many herds a day, designs that are never pooled."""

from __future__ import annotations

from datetime import date
from typing import Any

from tests.datasets.rows import AREAS, MONDAY, TUESDAY, WEDNESDAY, Country, person
from tests.datasets.test_flow_figures import figures

BRIDGE = {"place_id": "POE-01", "place_name": "Bridge", "place_type": "poe_land", **AREAS["NO01"]}
POND = {"place_id": "CP-01", "place_name": "Pond", "place_type": "counting_point", **AREAS["NO01"]}


def status(of: Country, day: date, told: str, at: Any = BRIDGE) -> None:
    of.add("baseline", reporting_date=day, record_type="place_status", operational_status=told, **at)


def interviewed(of: Country, **values: Any) -> None:
    row = {"reporting_date": MONDAY, "design": "convenience", "outcome": "completed", "form_id": "fms"}
    of.add("profile", **{**row, **values})


def test_a_status_holds_until_another_is_told_and_says_how_old_it_is(sahelia: Country) -> None:
    status(sahelia, date(2026, 9, 1), "fully_operational")
    status(sahelia, date(2026, 9, 11), "fully_closed")
    status(sahelia, date(2026, 9, 21), "fully_closed")
    status(sahelia, date(2026, 10, 1), "partially_operational")
    columns = (
        "place_id", "operational_status", "status_since", "age_days", "is_updated", "previous_status",
        "days_fully_closed", "reports",
    )  # fmt: skip
    assert figures(sahelia, "poe_status", *columns) == [
        ("POE-01", "partially_operational", date(2026, 10, 1), 34, False, "fully_closed", 20, 4)
    ]
    asked = figures(sahelia, "poe_status", *columns, date_from=date(2026, 9, 15), date_to=date(2026, 9, 25))
    assert asked == [("POE-01", "fully_closed", date(2026, 9, 11), 4, True, "fully_operational", 11, 1)]


def test_each_point_of_entry_is_counted_once_by_its_newest_status(sahelia: Country) -> None:
    status(sahelia, MONDAY, "fully_closed")
    status(sahelia, TUESDAY, "fully_operational")
    status(sahelia, MONDAY, "unknown", {**BRIDGE, "place_id": "POE-02"})
    found = figures(sahelia, "poe_status", "place_id", "operational_status")
    assert found == [("POE-01", "fully_operational"), ("POE-02", "unknown")]


def test_herds_are_told_by_month_and_area_with_persons_per_herd(sahelia: Country) -> None:
    herd = {"flow_tool": "TTT", "direction": "outgoing", "transhumance_type": "cross_border"}
    sahelia.flow(MONDAY, POND, 6, herds=2, cattle=300, animals_total=340, sheep=40, **herd)
    sahelia.flow(TUESDAY, POND, 4, herds=2, cattle=100, animals_total=100, counted_elsewhere="yes", **herd)
    sahelia.flow(TUESDAY, POND, None, herds=3, **herd)
    columns = (
        "month", "adm2_pcode", "herds", "cattle", "sheep", "n_ind", "days", "herds_per_day",
        "persons_per_herd", "counts", "counted_elsewhere",
    )  # fmt: skip
    assert figures(sahelia, "herds", *columns) == [("2026-11", "NO0101", 7, 400, 40, 10, 2, 3.5, 2.5, 3, 1)]


def test_designs_and_forms_are_never_pooled_and_a_refusal_is_no_answer(sahelia: Country) -> None:
    for education in ("primary", "primary", "none"):
        interviewed(sahelia, education=education)
    interviewed(sahelia, education="primary", outcome="refused")
    interviewed(sahelia, education="none", design="registration", form_id="returnee_registration")
    found = [
        row
        for row in figures(
            sahelia, "profile_shares", "design", "form_id", "variable", "code", "n", "asked", "share"
        )
        if row[2] == "education"
    ]
    assert found == [
        ("convenience", "fms", "education", "none", 1, 3, 0.3333),
        ("convenience", "fms", "education", "primary", 2, 3, 0.6667),
        ("registration", "returnee_registration", "education", "none", 1, 1, 1.0),
    ]


def test_several_answers_to_one_question_are_shares_of_those_asked(sahelia: Country) -> None:
    interviewed(sahelia, needs="food;health")
    interviewed(sahelia, needs="food")
    interviewed(sahelia, needs=None)
    found = figures(sahelia, "profile_shares", "variable", "code", "n", "asked", "share")
    assert [row for row in found if row[0] == "needs"] == [
        ("needs", "food", 2, 2, 1.0),
        ("needs", "health", 1, 2, 0.5),
    ]


def test_shares_are_weighted_only_where_every_answer_of_a_probability_design_has_a_weight(
    sahelia: Country,
) -> None:
    interviewed(sahelia, sex="f", design="probability", weight=30.0)
    interviewed(sahelia, sex="m", design="probability", weight=10.0)
    interviewed(sahelia, sex="m", design="probability", weight=None, form_id="ilcs")
    found = figures(sahelia, "profile_shares", "form_id", "variable", "code", "share", "weighted_share")
    assert [row for row in found if row[1] == "sex"] == [
        ("fms", "sex", "f", 0.5, 0.75),
        ("fms", "sex", "m", 0.5, 0.25),
        ("ilcs", "sex", "m", 1.0, None),
    ]


def test_an_answer_a_reader_may_not_see_is_in_no_share(sahelia: Country) -> None:
    interviewed(sahelia, sex="f", vulnerabilities="victim_violence", education="none")
    seen = {
        role: {
            row[0]
            for row in figures(sahelia, "profile_shares", "variable", actor=person(role, sahelia.project_id))
        }
        for role in ("viewer", "analyst", "supervisor")
    }
    assert seen == {
        "viewer": {"sex"},
        "analyst": {"sex", "education"},
        "supervisor": {"sex", "education", "vulnerabilities"},
    }


def test_the_national_proxy_weighs_those_who_returned_and_leaves_out_who_did_not_say(
    sahelia: Country,
) -> None:
    survey = {"design": "probability", "form_id": "ilcs"}
    people = (
        ("returned_under_3_months", "yes", 10.0, "f"),
        ("returned_3_to_12_months", "no", 30.0, "m"),
        ("returned_3_to_12_months", "yes", 20.0, "m"),
        ("returned_3_to_12_months", "pnta", 50.0, "f"),
        ("no", "yes", 99.0, "f"),
        ("still_away", None, 99.0, "m"),
    )
    for migrated, work, weight, sex in people:
        interviewed(sahelia, ilcs_migrated=migrated, ilcs_paid_work=work, weight=weight, sex=sex, **survey)
    columns = ("year", "sex", "proxy", "returned", "working", "work_not_known", "is_weighted")
    assert figures(sahelia, "sdg_proxy", *columns) == [
        (2026, None, 50.0, 3, 2, 1, True),  # (10 + 20) of (10 + 30 + 20)
        (2026, "f", 100.0, 1, 1, 1, True),
        (2026, "m", 40.0, 2, 1, 0, True),
    ]
    assert figures(sahelia, "sdg_proxy", "proxy", actor=person("viewer", sahelia.project_id)) == []


def test_without_a_weight_for_everybody_the_proxy_is_not_weighted_and_says_so(sahelia: Country) -> None:
    survey = {"design": "probability", "form_id": "ilcs", "ilcs_migrated": "returned_under_3_months"}
    interviewed(sahelia, ilcs_paid_work="yes", weight=90.0, **survey)
    interviewed(sahelia, ilcs_paid_work="no", weight=None, reporting_date=WEDNESDAY, **survey)
    assert figures(sahelia, "sdg_proxy", "proxy", "is_weighted") == [(50.0, False)]


def test_a_weight_no_sample_can_have_breaks_no_dataset_and_weighs_nothing(sahelia: Country) -> None:
    survey = {"design": "probability", "form_id": "ilcs", "ilcs_migrated": "returned_under_3_months"}
    interviewed(sahelia, ilcs_paid_work="yes", weight=1.7e308, **survey)
    interviewed(sahelia, ilcs_paid_work="no", weight=1.7e308, **survey)
    assert figures(sahelia, "sdg_proxy", "proxy", "is_weighted") == [(50.0, False)]
    found = figures(sahelia, "profile_shares", "variable", "code", "share", "weighted_share")
    assert [row for row in found if row[0] == "ilcs_paid_work"] == [
        ("ilcs_paid_work", "no", 0.5, None),
        ("ilcs_paid_work", "yes", 0.5, None),
    ]
