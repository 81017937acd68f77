"""Transhumance: what counting, alerts, mapping and the survey become, row by row, and what they refuse."""

from __future__ import annotations

from datetime import date

import pytest

from forms import vocabulary
from forms.library_index import sources
from tests.forms.enumerator import Enumerator
from tests.library.fieldworker import harmonised, outcome
from tests.library.visits_transhumance import (
    ANSWERED_BEFORE,
    ATTACK,
    BARE_ALERT,
    BARE_BLOCKED,
    BLOCKED,
    CHILD_ALONE,
    DAY_NOT_OBSERVED,
    DAY_WITH_HERDS,
    DAY_WITHOUT_HERDS,
    EARLY_HERDS,
    GUARDIAN_REFUSES,
    HERD,
    HERDER,
    NOW,
    NUMBER_LOST,
    PHONED_HERD,
    REFUSED,
    RESOLVED,
    WELL,
    YOUNG_HERDER,
)
from tests.steps.fieldwork import library_form

DAY = date(2026, 11, 20)
AT_POINT = {"place_id": "CP-01", "place_name": "Pond", "place_type": "counting_point"}
TTT = {"assessment_type": "TTT"}

# -- counting ------------------------------------------------------------------------------------------------


def test_a_herd_is_one_row_with_its_animals_and_people() -> None:
    assert harmonised(HERD) == {
        "flow": [
            {
                **AT_POINT,
                "reporting_date": DAY,
                "lat": 13.3,
                "lon": 14.1,
                "gps_accuracy_m": 6.0,
                "geotag_distance_m": 0.0,
                "organisation": "RBM",
                "entered_by": "FP-2",
                "sensitivity": "restricted",
                "flow_tool": "TTT",
                "event_time": "2026-11-20T09:30:00",
                "corridor_id": "COR-04",
                "direction": "incoming",
                "transhumance_type": "cross_border",
                "origin_iso3": "NER",
                "origin_adm1": "NE001",
                "origin_adm2": "NE001001",
                "final_iso3": "OOO",
                "reasons": "pasture;insecurity",
                "duration": "1_3_months",
                "counted_elsewhere": "yes",
                "counted_place": "CP-02",
                "herds": 2,
                "cattle": 120,
                "sheep": 30,
                "animals_total": 150,
                "n_ind": 8,
                "men": 3,
                "women": 1,
                "boys": 2,
                "girls": 0,
                "sadd_unknown": 2,
                "estimate_method": "count",
                "info_source": "direct_observation",
            }
        ],
        "flow_split": [
            {"group": 0, "dimension": "nationality", "code": "NER", "n": 7},
            {"group": 0, "dimension": "nationality", "code": "TCD", "n": 1},
        ],
    }


def test_a_herd_told_of_by_phone_has_unknown_figures_and_three_times() -> None:
    assert harmonised(PHONED_HERD) == {
        "flow": [
            {
                "place_id": "CP-02",
                "place_name": "Well",
                "place_type": "counting_point",
                "reporting_date": date(2026, 11, 19),  # when it passed; when it was told:
                "report_time": "2026-11-20T08:00:00.000Z",
                "informant_id": "KI-3",
                "quality_flags": "missing_required",
                "sensitivity": "restricted",
                "flow_tool": "TTT",
                "direction": "undefined",
                "transhumance_type": "dnk",
                "origin_iso3": "OOO",
                "final_iso3": "OOO",
                "reasons": "dnk",
                "counted_elsewhere": "dnk",
                "herds": 1,
                "estimate_method": "ki_estimate",
                "info_source": "community_informant",
            }
        ]
    }


def test_a_day_without_herds_is_told_from_a_day_nobody_was_there_and_from_silence() -> None:
    day = {**TTT, **AT_POINT, "sensitivity": "internal"}
    hours = {"obs_start": "08:00:00.000", "obs_end": "16:00:00.000", "obs_hours": 8.0}
    quiet, unseen = date(2026, 11, 21), date(2026, 11, 22)
    assert harmonised(DAY_WITHOUT_HERDS) == {
        "observation": [
            {
                **day,
                **hours,
                "entered_by": "FP-2",
                "reporting_date": quiet,
                "obs_date": quiet,
                "outcome": "no_movement",
            }
        ]
    }
    assert harmonised(DAY_NOT_OBSERVED) == {
        "observation": [
            {
                **day,
                "reporting_date": unseen,
                "obs_date": unseen,
                "outcome": "not_observed",
                "not_observed_reason": "insecurity",
            }
        ]
    }


def test_the_day_of_herds_with_forms_of_their_own_is_complete_by_itself() -> None:
    """No herd stands in the day form, and none is missing from it: no flag."""
    assert outcome(DAY_WITH_HERDS).flags == ()
    assert [(row.table, row.values["outcome"]) for row in outcome(DAY_WITH_HERDS).rows] == [
        ("observation", "movement")
    ]


@pytest.mark.parametrize(
    ("slip", "finding"),
    [
        ({"people/nationalities[2]/nat_n": 2}, "constraint people/nationalities[2]/nat_n"),  # 9 of 8
        ({"movement/counted_place": "CP-01"}, "constraint movement/counted_place"),
        ({"movement/reasons": "pasture dnk"}, "constraint movement/reasons"),
        ({"animals/species/cattle": -1}, "constraint animals/species/cattle"),
        ({"people/sadd/girls": 3}, "constraint people/sadd/girls"),
        ({"report/event_date": "1999-11-20"}, "constraint report/event_date"),
        ({"report/informant": "KI-3"}, "not-asked report/informant"),  # the focal point saw it
        ({"day/outcome": "no_movement"}, "not-asked day/outcome"),  # a herd passed
    ],
)
def test_slip_of_a_focal_point_is_stopped(
    enumerator: Enumerator, slip: dict[str, object], finding: str
) -> None:
    assert enumerator.fills("ttt_count", HERD.answers).findings == []
    assert finding in enumerator.fills("ttt_count", {**HERD.answers, **slip}).findings


def test_who_is_told_by_phone_is_not_where_the_herd_is(enumerator: Enumerator) -> None:
    here = {"report/location": "13.5 2.1 0 6"}
    assert enumerator.fills("ttt_count", PHONED_HERD.answers).findings == []
    assert enumerator.fills("ttt_count", {**PHONED_HERD.answers, **here}).findings == [
        "not-asked report/location"
    ]


def test_informant_gives_a_best_a_low_and_a_high_figure(enumerator: Enumerator) -> None:
    told = {"people/estimate_method": "ki_estimate", "people/estimate_low": 6, "people/estimate_high": 12}
    assert enumerator.fills("ttt_count", {**HERD.answers, **told}).findings == []
    assert enumerator.fills("ttt_count", {**HERD.answers, **told, "people/estimate_low": 9}).findings == [
        "constraint people/estimate_low"
    ]


def test_a_day_that_nobody_observed_has_no_hours(enumerator: Enumerator) -> None:
    hours = {"day/obs_start": "08:00:00.000"}
    assert enumerator.fills("ttt_count", {**DAY_NOT_OBSERVED.answers, **hours}).findings == [
        "not-asked day/obs_start"
    ]


# -- alerts --------------------------------------------------------------------------------------------------

ALERT = {
    **TTT,
    "entered_by": "FP-2",
    "event_tool": "TTT",
    "event_stage": "report",
    "event_id": "821-469-253",
    "sensitivity": "restricted",
}


def test_an_alert_is_one_event_told_by_one_typed_by_another() -> None:
    happened = date(2026, 11, 19)
    assert harmonised(ATTACK) == {
        "event": [
            {
                **ALERT,
                "informant_id": "KI-3",
                "report_time": "2026-11-20T08:00:00.000Z",
                "reporting_date": happened,
                "event_date": happened,
                "declared_pcode": "NE001001",
                "declared_place_name": "Mare de Tiguidit",
                "alert_kind": "event",
                "event_type": "attack",
                "dead": 1,
                "injured": 0,  # none were, while nobody knows of displaced persons
                "authority_informed": "yes",
            }
        ]
    }


def test_an_unusual_movement_is_an_alert_before_anything_happened() -> None:
    assert harmonised(EARLY_HERDS) == {
        "event": [
            {
                **ALERT,
                "reporting_date": DAY,
                "event_date": DAY,
                "declared_pcode": "NE001001",
                "alert_kind": "movement",
                "movement_alert": "early",
                "animals_total": 4000,
                "direction": "incoming",
                "authority_informed": "no",
            }
        ]
    }


def test_an_alert_of_which_nothing_is_known_counts_nobody() -> None:
    assert harmonised(BARE_ALERT) == {
        "event": [
            {
                **ALERT,
                "reporting_date": DAY,
                "event_date": DAY,
                "declared_place_name": "Tiguidit",
                "quality_flags": "not_placed",
                "alert_kind": "event",
                "event_type": "other",
            }
        ]
    }


def test_a_follow_up_carries_the_number_of_its_alert_and_is_no_second_event() -> None:
    assert harmonised(RESOLVED) == {
        "event": [
            {
                **ALERT,
                "event_stage": "follow_up",
                "entered_by": "FP-9",
                "informant_id": "KI-7",
                "report_time": "2026-11-22T09:00:00.000Z",
                "reporting_date": date(2026, 11, 22),
                "declared_pcode": "NE001001",
                "triangulated": "confirmed",
                "triangulation_sources": 2,
                "event_type": "agropastoral_conflict",
                "parties": "transhumant_herders;farmers",
                "dead": 1,
                "injured": 4,
                "animals_lost": 12,
                "authority_informed": "yes",
                "authority_time": "2026-11-20T11:00:00.000Z",
                "resolved": "yes",
                "resolution_mode": "committee",
                "resolved_on": date(2026, 11, 21),
                "future_risk": "yes",
                "future_risk_place": "Puits nord",
            }
        ]
    }


def test_an_alert_whose_number_is_lost_is_found_by_place_and_day() -> None:
    follow_up = {name: value for name, value in ALERT.items() if name != "event_id"}
    assert harmonised(NUMBER_LOST) == {
        "event": [
            {
                **follow_up,
                "event_stage": "follow_up",
                "entered_by": "FP-9",
                "reporting_date": date(2026, 11, 22),
                "event_date": DAY,
                "declared_place_name": "Tiguidit",
                "quality_flags": "not_placed",
                "triangulated": "refuted",
            }
        ]
    }


WHAT = [row["name"] for row in sources()["ttt_alert"].choices.rows if row["list_name"] == "what"]


@pytest.mark.parametrize("what", WHAT)
def test_alert_asks_at_most_ten_questions_whatever_happened(enumerator: Enumerator, what: str) -> None:
    told = {"what": what, "area": "NE001001", "event_date": "2026-11-20", "informant": "KI-3"}
    filled = enumerator.fills("ttt_alert", told)
    assert filled.findings == []
    assert len(filled.met) == 10


def test_alert_of_something_seen_asks_nine(enumerator: Enumerator) -> None:
    assert len(enumerator.fills("ttt_alert", BARE_ALERT.answers).met) == 9


def test_alert_is_light_enough_for_the_browser_of_a_basic_phone() -> None:
    asked = [row for row in sources()["ttt_alert"].survey.rows if "label" in row]
    assert {row["type"].split(" ")[0] for row in asked} == {
        "note",
        "select_one",
        "select_one_from_file",
        "text",
        "date",
        "integer",
        "dateTime",
    }
    assert {row.get("appearance", "") for row in asked} == {"", "minimal"}
    lists: dict[str, int] = {}
    for row in sources()["ttt_alert"].choices.rows:
        lists[row["list_name"]] = lists.get(row["list_name"], 0) + 1
    assert max(lists.values()) <= 12


def test_every_kind_of_event_the_phone_offers_is_one_of_the_list() -> None:
    assert set(WHAT) - {"movement"} < vocabulary.codes("event_type").keys()


@pytest.mark.parametrize(
    ("slip", "finding"),
    [
        ({"dead": -1}, "constraint dead"),
        ({"informant": "Moussa Issa"}, "constraint informant"),
        ({"event_date": "1999-11-19"}, "constraint event_date"),
        ({"report_time": "1999-11-19T08:00:00.000Z"}, "constraint report_time"),
        ({"animals_total": 40}, "not-asked animals_total"),
        ({"movement_alert": "early"}, "not-asked movement_alert"),
    ],
)
def test_slip_in_an_alert_is_stopped(enumerator: Enumerator, slip: dict[str, object], finding: str) -> None:
    assert enumerator.fills("ttt_alert", ATTACK.answers).findings == []
    assert finding in enumerator.fills("ttt_alert", {**ATTACK.answers, **slip}).findings


def test_number_told_over_the_phone_is_taken_as_it_is_said(enumerator: Enumerator) -> None:
    number = enumerator.fills("ttt_alert", BARE_ALERT.answers).answers["event_id"]
    for said in (number, number.replace("-", " "), number.replace("-", "")):
        filled = enumerator.fills("ttt_alert_followup", {**RESOLVED.answers, "alert/alert_number": said})
        assert (filled.findings, filled.answers["alert/event_id"]) == ([], number)


@pytest.mark.parametrize("number", ["921-469-253", "821-469-252", "821-649-253", "821-469-25", "COR-469-253"])
def test_number_with_a_slip_finds_no_other_alert(enumerator: Enumerator, number: str) -> None:
    """One digit wrong, two next to each other changed over, one missing, letters: 821-469-253 was meant."""
    slip = {**RESOLVED.answers, "alert/alert_number": number}
    assert "constraint alert/alert_number" in enumerator.fills("ttt_alert_followup", slip).findings


@pytest.mark.parametrize(
    ("slip", "finding"),
    [
        ({"response/resolved_on": "2026-11-23"}, "constraint response/resolved_on"),  # after the follow-up
        ({"facts/parties": "unknown farmers"}, "constraint facts/parties"),
        ({"triangulation/sources": 400}, "constraint triangulation/sources"),
        ({"alert/place_name": "Tiguidit"}, "not-asked alert/place_name"),  # the number says where
        ({"triangulation/triangulated": "refuted"}, "not-asked facts/dead"),
    ],
)
def test_slip_in_a_follow_up_is_stopped(
    enumerator: Enumerator, slip: dict[str, object], finding: str
) -> None:
    assert enumerator.fills("ttt_alert_followup", RESOLVED.answers).findings == []
    assert finding in enumerator.fills("ttt_alert_followup", {**RESOLVED.answers, **slip}).findings


# -- mapping -------------------------------------------------------------------------------------------------


def test_a_well_is_infrastructure_with_its_state() -> None:
    assert harmonised(WELL) == {
        "baseline": [
            {
                **TTT,
                "place_id": "CP-02",
                "place_name": "Well",
                "place_type": "counting_point",
                "declared_pcode": "NE001001",
                "declared_place_name": "Puits est",
                "lat": 13.33,
                "lon": 14.15,
                "gps_accuracy_m": 6.0,
                "geotag_distance_m": 0.0,
                "reporting_date": DAY,
                "organisation": "RBM",
                "entered_by": "FP-2",
                "interview_channel": "in_person",
                "sensitivity": "restricted",
                "record_type": "infrastructure",
                "infra_type": "water_point",
                "infra_functional": "no",
                "official": "yes",
                "managed_by": "community",
                "capacity": 300,
                "infra_adequate": "no",
                "species": "cattle;camels",
                "access": "limited_access",
                "access_limits": "road",
            }
        ]
    }


def test_blocked_herds_are_one_row_with_why_and_what_would_help() -> None:
    blocked = {
        **TTT,
        "reporting_date": DAY,
        "declared_place_name": "Tiguidit",
        "sensitivity": "restricted",
        "record_type": "blocked_herds",
    }
    assert harmonised(BLOCKED) == {
        "baseline": [
            {
                **blocked,
                "declared_pcode": "NE001",
                "interview_channel": "phone",
                "informant_id": "KI-3",
                "report_time": "2026-11-20T08:00:00.000Z",
                "period_start": date(2026, 11, 10),
                "blocked_reason": "insecurity;border_closed",
                "blocked_solution": "negotiation",
                "ind": 40,
                "herds": 6,
                "animals_total": 700,
                "species": "cattle",
                "estimate_method": "ki_estimate",
            }
        ]
    }
    assert harmonised(BARE_BLOCKED) == {
        "baseline": [
            {
                **blocked,
                "interview_channel": "remote_in_person",
                "quality_flags": "not_placed",
                "blocked_reason": "dnk",
            }
        ]
    }


@pytest.mark.parametrize(
    ("slip", "finding"),
    [
        ({"blocked/blocked_since": "2026-11-21"}, "constraint blocked/blocked_since"),  # after the visit
        ({"blocked/blocked_reason": "dnk flood"}, "constraint blocked/blocked_reason"),
        ({"blocked/herds": 6000}, "constraint blocked/herds"),
        ({"infrastructure/infra_type": "pasture"}, "not-asked infrastructure/infra_type"),
        ({"place/location": "13.3 14.1 0 6"}, "not-asked place/location"),  # told by phone
    ],
)
def test_slip_in_mapping_is_stopped(enumerator: Enumerator, slip: dict[str, object], finding: str) -> None:
    assert enumerator.fills("ttt_mapping", BLOCKED.answers).findings == []
    assert finding in enumerator.fills("ttt_mapping", {**BLOCKED.answers, **slip}).findings


def test_where_herds_are_and_how_large_is_kept_in() -> None:
    """The large herd is the target: position, corridor, place and heads are restricted in every form."""
    guarded = {"location", "corridor", "corridor_line", "herds", "animals_total", "cattle", "camels"}
    marks = {
        (form, field.path.rsplit("/", 1)[-1]): field.sensitivity
        for form in ("ttt_count", "ttt_alert", "ttt_mapping", "ttt_profile")
        for field in library_form(form).fields
        if field.path.rsplit("/", 1)[-1] in guarded
    }
    assert len(marks) == 15
    assert set(marks.values()) == {"restricted"}


# -- herder survey -------------------------------------------------------------------------------------------

PROFILE = {**AT_POINT, "reporting_date": DAY, "design": "convenience"}
ASKED = {
    "consent": "yes",
    "consent_text_version": "ttt-profile-2026-1",
    "consent_time": NOW,
    "consent_sharing": "no",
    "sensitivity": "restricted",
}


def test_a_herder_is_one_profile_without_name_and_phone() -> None:
    assert harmonised(HERDER) == {
        "profile": [
            {
                **PROFILE,
                **ASKED,
                "outcome": "completed",
                "organisation": "RBM",
                "entered_by": "FP-2",
                "consent_recontact": "yes",
                "age_years": 43,
                "age_band": "18_59",
                "sex": "m",
                "nationality_iso3": "NER",
                "education": "religious",
                "travel_group": "family",
                "n_children": 3,
                "owner_herder": "owner",
                "cattle": 80,
                "camels": 0,
                "certificate": "yes",
                "vaccinated": "dnk",
                "transhumance_type": "cross_border",
                "origin_iso3": "NER",
                "origin_adm1": "NE001",
                "origin_adm2": "NE001001",
                "final_iso3": "NGA",
                "reasons": "pasture;insecurity",
                "months_away": 7,
                "planned_stay": "3_6_months",
                "difficulties": "extortion",
                "conflict_met": "no",
                "needs": "fodder_vet;drinking_water",
            }
        ]
    }


def test_a_minor_needs_the_guardian_and_agrees_himself() -> None:
    assert harmonised(YOUNG_HERDER) == {
        "profile": [
            {
                **PROFILE,
                **ASKED,
                "outcome": "completed",
                "guardian_consent": "yes",
                "assent": "yes",
                "consent_recontact": "no",
                "age_years": 16,
                "age_band": "12_17",
                "sex": "m",
                "nationality_iso3": "OOO",
                "owner_herder": "hired",
                "transhumance_type": "dnk",
                "origin_iso3": "OOO",
                "final_iso3": "OOO",
                "reasons": "pnta",
            }
        ]
    }


def test_without_consent_only_the_outcome_is_kept() -> None:
    refused = {name: ASKED[name] for name in ("consent_text_version", "consent_time", "sensitivity")}
    assert harmonised(REFUSED) == {"profile": [{**PROFILE, **refused, "outcome": "refused", "consent": "no"}]}
    assert harmonised(GUARDIAN_REFUSES) == {
        "profile": [
            {
                **PROFILE,
                "outcome": "no_consent_guardian",
                "guardian_consent": "no",
                "sensitivity": "restricted",
            }
        ]
    }


def test_a_child_alone_is_referred_and_whoever_answered_before_is_not_asked_again() -> None:
    assert harmonised(CHILD_ALONE) == {
        "profile": [{**PROFILE, "outcome": "referred", "sensitivity": "internal"}]
    }
    assert harmonised(ANSWERED_BEFORE) == {
        "profile": [
            {
                "declared_pcode": "NE001001",
                "reporting_date": DAY,
                "design": "convenience",
                "outcome": "already_interviewed",
                "sensitivity": "internal",
            }
        ]
    }


@pytest.mark.parametrize(
    ("turn", "result"),
    [
        ({"interview/finished": "no"}, "interrupted"),
        ({"screening/language_ok": "no"}, "language"),
        ({"screening/age_group": "child", "screening/alone": "no"}, "under_age"),
        ({"screening/age_group": "child", "screening/alone": "yes"}, "referred"),
    ],
)
def test_an_interview_that_ends_early_says_how(
    enumerator: Enumerator, turn: dict[str, object], result: str
) -> None:
    assert enumerator.fills("ttt_profile", HERDER.answers).answers["outcome"] == "completed"
    assert enumerator.fills("ttt_profile", {**HERDER.answers, **turn}).answers["outcome"] == result


@pytest.mark.parametrize(
    ("slip", "finding"),
    [
        ({"screening/consent": "no"}, "not-asked interview/person/sex"),
        ({"screening/already": "yes"}, "not-asked screening/consent"),
        ({"screening/age_group": "minor", "screening/alone": "yes"}, "not-asked screening/consent"),
        ({"screening/age_group": "child", "screening/alone": "no"}, "not-asked screening/consent"),
        ({"interview/person/age_years": 16}, "constraint interview/person/age_years"),
        ({"interview/way/months_away": 13}, "constraint interview/way/months_away"),
        ({"interview/herd/herd_told": "pnta"}, "not-asked interview/herd/heads/cattle"),
        ({"interview/further_consent/consent_recontact": "no"}, "not-asked interview/further_consent/phone"),
        ({"interview/further_consent/phone": "call me"}, "constraint interview/further_consent/phone"),
        ({"interview/way/needs": "food"}, "no-choice interview/way/needs food"),
    ],
)
def test_slip_in_the_survey_is_stopped(enumerator: Enumerator, slip: dict[str, object], finding: str) -> None:
    assert enumerator.fills("ttt_profile", HERDER.answers).findings == []
    assert finding in enumerator.fills("ttt_profile", {**HERDER.answers, **slip}).findings
