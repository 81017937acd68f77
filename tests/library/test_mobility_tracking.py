"""Who is where: none, unknown and some are three things, and the parts never exceed the whole."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.forms.enumerator import Enumerator
from tests.library.fieldworker import Visit, harmonised
from tests.library.visits_mobility_tracking import (
    DISTRICT,
    DISTRICT_ON_PAPER,
    SITE,
    SITE_CLOSED,
    VILLAGE,
    VILLAGE_UNREACHED,
)

DAY = date(2026, 11, 20)
CAMP = {"place_id": "SITE-01", "place_name": "Camp", "place_type": "site"}


def rows(about: dict[str, Any], *own: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    return {"baseline": [{**about, **each} for each in own]}


def population(category: str, breakdown: str, **figures: object) -> dict[str, Any]:
    return {
        "record_type": "population",
        "population_category": category,
        "breakdown": breakdown,
        **figures,
    }


def test_a_district_has_a_total_per_group_and_the_parts_that_could_be_told() -> None:
    about = {
        "round": "07",
        "assessment_type": "BA",
        "entered_by": "E-4",
        "informant_id": "KI-1",
        "interview_channel": "phone",
        "report_time": "2026-11-19T16:30:00.000Z",  # told the day before it was typed
        "ki_count": 2,
        "reporting_date": DAY,
        "declared_pcode": "NE001001",
        "access": "limited_access",
        "access_limits": "insecurity;road",
        "sensitivity": "internal",
    }
    assert harmonised(DISTRICT) == rows(
        about,
        population(
            "idp",
            "period",
            ind=700,
            cohort="wave 1",
            displaced_from=date(2024, 1, 1),
            displaced_to=date(2024, 12, 31),
        ),
        population("idp", "period", ind=500, displaced_from=date(2025, 1, 1)),
        population("idp", "reason", ind=900, reason_code="conflict"),
        population("idp", "reason", hh=40, reason_code="flood"),
        population("returnee_abroad", "reason", hh=30, return_reason="expelled"),
        population(
            "idp",
            "origin",
            ind=1200,
            origin_scope="diff_adm1",
            origin_adm1_pcode="NE001",
            origin_adm2_pcode="NE001001",
        ),
        population("idp", "shelter", ind=800, shelter_type="host_family"),
        population(
            "idp",
            "total",
            ind=1200,
            hh=200,
            estimate_method="ki_estimate",
            estimate_low=1000,
            estimate_high=1500,
            confidence=3,
        ),
        population("returnee_abroad", "total", hh=30, estimate_method="registration", confidence=5),
        population("refugee", "total", estimate_method="dnk", confidence=1),  # here, nobody knows how many
        population("migrant_stranded", "total", ind=0, hh=0),  # none, which somebody knows
    )


def test_villages_named_for_the_next_visit_are_never_added_to_the_district() -> None:
    assert "Tagant" not in repr(harmonised(DISTRICT))
    without = {p: a for p, a in DISTRICT.answers.items() if not p.startswith("sub_area_list/sub_areas/")}
    del without["sub_area_list/sub_areas"]
    assert harmonised(Visit("b1", without, DISTRICT.calculated)) == harmonised(DISTRICT)


def test_a_district_nobody_knows_anything_of_has_no_figure() -> None:
    assert harmonised(DISTRICT_ON_PAPER) == {}


def test_a_village_tells_who_is_there_who_came_and_who_left() -> None:
    about = {
        **CAMP,
        "round": "07",
        "assessment_type": "BA",
        "informant_id": "KI-1",
        "interview_channel": "paper",
        "ki_count": 2,
        "reporting_date": DAY,
        "declared_pcode": "NE001001",
        "access": "limited_access",
        "access_limits": "flooding",
        "site_type": "dispersed",
        "needs": "wash;food;shelter",
        "confidence": 3,
        "sensitivity": "internal",
    }
    assert harmonised(VILLAGE) == rows(
        about,
        population("idp", "reason", ind=60, reason_code="flood"),
        population("idp", "reason", ind=40, reason_code="dnk"),
        population("idp", "period", ind=100, displaced_from=date(2026, 1, 1), displaced_to=date(2026, 6, 30)),
        population(
            "idp",
            "origin",
            hh=20,
            origin_scope="diff_adm2",
            origin_adm1_pcode="NE001",
            origin_adm2_pcode="NE001001",
        ),
        population(
            "idp",
            "total",
            ind=100,
            hh=20,
            estimate_method="ki_estimate",
            estimate_low=90,
            estimate_high=130,
            men=20,
            women=30,
            boys=25,
            girls=25,
            sadd_method="ki_estimate",
            arrival_date=date(2026, 3, 1),
            reason_code="flood",
            reason_place="family_network;services",
            origin_scope="diff_adm2",
            origin_adm1_pcode="NE001",
        ),
        population("returnee_idp", "total", ind=0, hh=0),
        population(
            "returnee_abroad",
            "total",
            ind=12,
            ind_f=5,
            ind_m=7,
            estimate_method="count",
            arrival_date=date(2026, 9, 1),
            return_reason="rejoin_family;assisted_return",
        ),
        population("migrant_transit", "total", ind=0, hh=0),
        population("host", "total", ind=4000, estimate_method="desk"),
        population("idp", "arrival", ind=0, hh=0),
        population(  # more than are left: no part of the total, and no doubt about it
            "idp",
            "departure",
            ind=300,
            period_start=date(2026, 8, 1),
            period_end=date(2026, 10, 31),
            trigger_code="improved_security",
            destination_adm1_pcode="NE001",
            destination_adm2_pcode="NE001001",
            return_reason="security_improved",
        ),
    )


def test_a_village_nobody_reached_has_no_figure_and_no_zero() -> None:
    about = {
        "round": "07",
        "assessment_type": "BA",
        "interview_channel": "desk",
        "ki_count": 0,
        "reporting_date": DAY,
        "declared_pcode": "NE001",
        "declared_place_name": "Tagant",
        "access": "no",
        "confidence": 1,
        "sensitivity": "public",
    }
    assert harmonised(VILLAGE_UNREACHED) == rows(
        about, population("idp", "total", reason_code="dnk", origin_scope="dnk")
    )


def test_a_site_tells_who_is_there_how_they_live_and_what_is_missing() -> None:
    about = {
        **CAMP,
        "round": "12",
        "assessment_type": "SA",
        "organisation": "RDC",
        "interview_channel": "in_person",
        "ki_count": 0,
        "reporting_date": DAY,
        "lon": 14.2,
        "lat": 13.35,
        "gps_accuracy_m": 5.0,
        "geotag_distance_m": 0.0,
        "access": "yes",
        "sensitivity": "restricted",
    }
    service = {"record_type": "infrastructure"}
    assert harmonised(SITE) == rows(
        about,
        population("idp", "reason", ind=200, reason_code="conflict"),
        population("idp", "reason", ind=100, reason_code="eviction"),
        population("idp", "shelter", ind=300, hh=60, shelter_type="makeshift"),
        population(
            "idp",
            "total",
            ind=300,
            hh=60,
            men=40,
            women=80,
            sadd_method="counted",
            estimate_method="count",
            confidence=5,
            arrival_date=date(2026, 2, 1),
            reason_place="security;only_option",
        ),
        population("refugee", "total", ind=0, hh=0),
        population(
            "host",
            "total",
            ind=20,
            children=9,
            estimate_method="observation",
            estimate_low=10,
            estimate_high=40,
            confidence=2,
        ),
        {
            "record_type": "conditions",
            "lifecycle": "active",
            "site_type": "informal_settlement",
            "managed_by": "local_authority;ngo",
            "water_source": "water_truck",
            "toilets": 0,
            "food_source": "distribution",
            "health_access": "no",
            "education_access": "dnk",
            "livelihoods": "daily_labour;aid",
            "protection_risks": "theft;family_separation",
            "info_channels": "radio;leaders",
            "assistance": "none",
            "needs": "health;drinking_water",
        },
        {
            **service,
            "infra_type": "water_point",
            "infra_count": 2,
            "infra_functional": "yes",
            "infra_adequate": "no",
            "distance_min": 0,
        },
        {**service, "infra_type": "latrines", "infra_count": 0},
        {**service, "infra_type": "health_post", "infra_count": 0},
        {**service, "infra_type": "school", "infra_functional": "dnk", "distance_min": 45},
    )


def test_a_closed_site_counts_none_and_is_asked_about_nothing_else() -> None:
    about = {
        "round": "12",
        "assessment_type": "SA",
        "interview_channel": "phone",
        "ki_count": 1,
        "reporting_date": DAY,
        "declared_pcode": "NE001",
        "declared_place_name": "Old school",
        "access": "dnk",
        "sensitivity": "public",
    }
    assert harmonised(SITE_CLOSED) == rows(
        about, population("idp", "total", ind=0, hh=0), {"record_type": "conditions", "lifecycle": "closed"}
    )


_CATEGORY = "people/categories"
SLIPS: list[tuple[Visit, dict[str, object], str]] = [
    (VILLAGE, {"idp_detail/by_reason[2]/reason_ind": 41}, "constraint idp_detail/by_reason[2]/reason_ind"),
    (VILLAGE, {"idp_detail/by_period/period_ind": 101}, "constraint idp_detail/by_period/period_ind"),
    (VILLAGE, {"idp_detail/by_origin/origin_hh": 21}, "constraint idp_detail/by_origin/origin_hh"),
    (
        VILLAGE,
        {"categories/idp_group/idp_sadd/idp_girls": 24},
        "constraint categories/idp_group/idp_sadd/idp_girls",
    ),
    (VILLAGE, {"categories/idp_group/idp_hh_said": 101}, "constraint categories/idp_group/idp_hh_said"),
    (VILLAGE, {"categories/idp_group/idp_low": 101}, "constraint categories/idp_group/idp_low"),
    (VILLAGE, {"categories/idp_group/idp_high": 99}, "constraint categories/idp_group/idp_high"),
    (
        VILLAGE,
        {"categories/returnee_abroad_group/returnee_abroad_m": 8},
        "constraint categories/returnee_abroad_group/returnee_abroad_m",
    ),
    (
        VILLAGE,
        {"changes/departures/departure_to": "2026-07-31"},
        "constraint changes/departures/departure_to",
    ),
    (VILLAGE, {"needs_group/needs_top": "food wash shelter cash"}, "constraint needs_group/needs_top"),
    (
        DISTRICT,
        {f"{_CATEGORY}/by_period[2]/period_ind": 501},
        f"constraint {_CATEGORY}/by_period[2]/period_ind",
    ),
    (
        DISTRICT,
        {f"{_CATEGORY}[3]/by_reason/reason_hh": 31},
        f"constraint {_CATEGORY}[3]/by_reason/reason_hh",
    ),
    (
        DISTRICT,
        {f"{_CATEGORY}/by_origin/origin_scope": "diff_adm0"},
        f"constraint {_CATEGORY}/by_origin/origin_scope",
    ),
    (DISTRICT, {"people/absent": "idp"}, "no-choice people/absent idp"),
    (SITE, {f"{_CATEGORY}/figures/sadd/women": 261}, f"constraint {_CATEGORY}/figures/sadd/women"),
    (SITE, {f"{_CATEGORY}[8]/figures/children": 21}, f"constraint {_CATEGORY}[8]/figures/children"),
    (SITE, {f"{_CATEGORY}/by_shelter/shelter_hh": 61}, f"constraint {_CATEGORY}/by_shelter/shelter_hh"),
    (SITE, {"services/services_missing": "school"}, "no-choice services/services_missing school"),
]


def test_a_group_taken_back_leaves_the_figures_of_the_others_with_their_group(enumerator: Enumerator) -> None:
    of_the_displaced = f"{_CATEGORY}/"
    answers = {p: a for p, a in DISTRICT.answers.items() if not p.startswith(of_the_displaced)}
    filled = enumerator.fills("b1", {**answers, "people/present": "returnee_abroad refugee"})
    assert filled.findings == []
    assert [filled.answers[f"{_CATEGORY}[3]/{asked}"] for asked in ("category", "hh")] == [
        "returnee_abroad",
        "30",
    ]


@pytest.fixture(scope="module")
def made(enumerator: Enumerator) -> dict[str, list[str]]:
    """What stops the visits as they are: nothing."""
    return {v.form: enumerator.fills(v.form, v.answers).findings for v in (DISTRICT, VILLAGE, SITE)}


@pytest.mark.parametrize(("visit", "slip", "refused"), SLIPS, ids=[f"{v.form} {r}" for v, _, r in SLIPS])
def test_parts_are_not_more_than_the_whole(
    enumerator: Enumerator, made: dict[str, list[str]], visit: Visit, slip: dict[str, object], refused: str
) -> None:
    assert made[visit.form] == []
    assert refused in enumerator.fills(visit.form, {**visit.answers, **slip}).findings
