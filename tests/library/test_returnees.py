"""Returnees: who agrees or is registered by law becomes one row without a name; who does not, an outcome."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from server.datasets.figures.sdg_proxy import RETURNED as RETURNED_CODES
from server.datasets.figures.sdg_proxy import figures
from tests.forms.enumerator import Enumerator
from tests.library.fieldworker import Visit, harmonised, outcome
from tests.library.visits_returnees import (
    CHILD_BY_LAW,
    DRAWN,
    HOUSEHOLD,
    NO_INTERVIEW,
    NOW,
    REGISTRATION,
    RETURNED,
    RETURNED_ONE_BY_ONE,
    SAMPLED,
    STOPPED,
    WORKERS,
)

DAY = date(2026, 11, 20)
CAMP = {"place_id": "SITE-01", "place_name": "Camp", "place_type": "site", "reporting_date": DAY}
REGISTERED = {
    **CAMP,
    "assessment_type": "REG",
    "design": "registration",
    "entered_by": "E-9",
    "organisation": "MIN",
    "sensitivity": "restricted",
}
ASKED = {"consent_text_version": "returnee-registration-2026-1-consent", "consent_time": NOW}


def test_a_registered_woman_becomes_a_row_that_does_not_tell_who_she_is() -> None:
    assert harmonised(RETURNED) == {
        "profile": [
            {
                **REGISTERED,
                **ASKED,
                "outcome": "completed",
                "consent": "yes",
                "consent_language": "ar",
                "consent_sharing": "no",
                "consent_photo": "no",
                "consent_recontact": "yes",
                "age_band": "18_59",
                "sex": "f",
                "returned_from": "LBY",
                "return_type": "assisted",
                "origin_adm1": "NE001",
                "final_adm1": "NE001",
                "final_adm2": "NE001001",
                "vulnerabilities": "single_head;victim_violence",
                "needs": "cash;health",
            }
        ]
    }


def test_what_identifies_her_stays_sealed() -> None:
    made = outcome(RETURNED)
    sealed = {
        path.rpartition("/")[2]: str(answer)
        for answers in made.parsed.answers
        for path, answer in answers.identifying.items()
    }
    assert sealed == {
        "given_names": "Mariam",
        "family_name": "Oumar",
        "birth_date": "1990-05-17",
        "certificate_no": "200000000088",
        "phone": "+227 90 11 22 33",
    }
    derived = repr((made.rows, made.splits, made.flags))
    assert [name for name, answer in sealed.items() if answer in derived] == []
    assert "datetime.date(1990, 5, 17)" not in derived


def test_where_a_law_orders_it_the_law_is_recorded_and_nobody_is_asked_to_agree() -> None:
    assert harmonised(CHILD_BY_LAW) == {
        "profile": [
            {
                **REGISTERED,
                "outcome": "completed",
                "legal_basis": "Decree 2025-114, article 3",
                "consent_text_version": "returnee-registration-2026-1-law",
                "consent_language": "other",
                "consent_sharing": "no",
                "consent_photo": "no",
                "consent_recontact": "no",
                "age_band": "0_4",
                "sex": "m",
                "returned_from": "LBY",
                "return_type": "forced",
                "vulnerabilities": "u5;chronic",
            }
        ]
    }


NOBODY_ASKED = {key: value for key, value in REGISTERED.items() if key != "sensitivity"}


@pytest.mark.parametrize(
    ("ending", "left"),
    [
        ("referred", {"sensitivity": "internal"}),
        ("already_interviewed", {"sensitivity": "internal"}),
        ("refused", {**ASKED, "sensitivity": "restricted", "consent": "no", "consent_language": "ar"}),
        (
            "no_consent_guardian",
            {
                **ASKED,
                "sensitivity": "restricted",
                "consent": "no",
                "guardian_consent": "no",
                "consent_language": "ar",
            },
        ),
    ],
)
def test_where_it_stops_only_the_outcome_is_kept(ending: str, left: dict[str, Any]) -> None:
    assert harmonised(STOPPED[ending]) == {"profile": [{**NOBODY_ASKED, "outcome": ending, **left}]}


GIRL = Visit(
    "returnee_registration",
    REGISTRATION
    | {
        "screening/age_group": "minor",
        "screening/accompanied": "yes",
        "screening/consent_language": "fr",
        "screening/guardian_consent": "yes",
        "screening/assent": "yes",
        "registration/finished": "no",
    },
    {
        "screening/asked": "yes",
        "screening/consent_version": "returnee-registration-2026-1-consent",
        "screening/agreed": "yes",
        "screening/consent_time": NOW,
        "screening/proceed": "yes",
        "registration/person/age_band": "under_18",
        "outcome": "interrupted",
    },
    "a girl who agrees with her guardian, and has to leave",
)


def test_a_girl_who_agrees_with_her_guardian_may_leave_before_the_end(enumerator: Enumerator) -> None:
    filled = enumerator.fills(GIRL.form, GIRL.answers)
    assert [finding for finding in filled.findings if not finding.startswith("required ")] == []
    assert filled.answers.keys() == {*GIRL.answers, *GIRL.calculated}
    assert harmonised(GIRL) == {
        "profile": [
            {
                **REGISTERED,
                **ASKED,
                "outcome": "interrupted",
                "consent": "yes",
                "assent": "yes",
                "guardian_consent": "yes",
                "consent_language": "fr",
                "age_band": "under_18",
            }
        ]
    }


@pytest.mark.parametrize(
    ("birth_date", "age", "age_band"),
    [("2008-11-20", 18, "18_59"), ("1966-11-20", 60, "60_plus"), ("1966-11-21", 59, "18_59")],
)
def test_age_changes_on_the_birthday(
    enumerator: Enumerator, birth_date: str, age: int, age_band: str
) -> None:
    born = {**RETURNED.answers, "registration/person/birth_date": birth_date}
    filled = enumerator.fills(RETURNED.form, born)
    assert filled.findings == []
    assert filled.answers["registration/person/age"] == str(age)
    assert filled.answers["registration/person/age_band"] == age_band


def test_violence_is_asked_only_of_adults_and_only_where_somebody_can_help(enumerator: Enumerator) -> None:
    asked = "registration/situation/vulnerabilities"
    nobody_helps = {**RETURNED.answers, "setting/pathway": "no"}
    of_a_child = {**CHILD_BY_LAW.answers, "setting/pathway": "yes", asked: "victim_violence"}
    assert enumerator.fills(RETURNED.form, RETURNED.answers).findings == []
    assert enumerator.fills(RETURNED.form, nobody_helps).findings == [f"no-choice {asked} victim_violence"]
    assert f"no-choice {asked} victim_violence" in enumerator.fills(RETURNED.form, of_a_child).findings


# -- households ---------------------------------------------------------------------------------------------

SURVEYED = {
    **CAMP,
    "round": "1",
    "assessment_type": "SUR",
    "design": "probability",
    "entered_by": "E-9",
    "household_id": "EA-12-007",
    "stratum": "north",
    "psu": "EA-12",
    "weight": 41.5,
    "strata_population": 8300.0,
}
ANSWERED = {
    **SURVEYED,
    "sensitivity": "restricted",
    "outcome": "completed",
    "consent": "yes",
    "consent_language": "fr",
    "consent_text_version": "returnee-household-2026-1",
    "consent_time": NOW,
}


def test_members_of_a_household_share_what_was_said_of_the_household() -> None:
    shared = {
        **ANSWERED,
        "consent_sharing": "yes",
        "consent_recontact": "no",
        "hh_size": 3,
        "shelter_type": "rented",
        "water_source": "borehole",
        "food_source": "market",
        "livelihoods": "trade;remittances",
        "health_access": "no",
        "assistance": "none",
        "needs": "education;cash",
        "intention": "stay_here",
    }
    came_back = {
        "returned_from": "LBY",
        "return_date": date(2026, 3, 1),
        "return_type": "spontaneous",
        "return_reason": "conditions_abroad;rejoin_family",
    }
    assert harmonised(HOUSEHOLD) == {
        "profile": [
            {
                **shared,
                **came_back,
                "relationship": "head",
                "sex": "f",
                "age_years": 34,
                "age_band": "18_59",
                "doc_status": "national_id",
                "education": "primary",
                "vulnerabilities": "single_head",
            },
            {
                **shared,
                **came_back,
                "relationship": "child",
                "sex": "m",
                "age_years": 9,
                "age_band": "5_11",
                "attends_school": "no",
            },
            {**shared, "relationship": "parent", "sex": "f"},  # the grandmother never left
        ]
    }


def test_a_weight_nobody_knows_yet_is_no_weight_at_all() -> None:
    assert harmonised(RETURNED_ONE_BY_ONE) == {
        "profile": [
            {
                **{key: value for key, value in ANSWERED.items() if key != "weight"},
                "consent_language": "ar",
                "consent_sharing": "no",
                "consent_recontact": "no",
                "hh_size": 1,
                "relationship": "head",
                "sex": "m",
                "returned_from": "DZA",
                "return_reason": "expelled",
            }
        ]
    }


def test_a_household_without_an_interview_is_one_row_that_says_why() -> None:
    alone = {**SURVEYED, "sensitivity": "internal"}
    assert harmonised(NO_INTERVIEW["no_contact"]) == {"profile": [{**alone, "outcome": "no_contact"}]}
    assert harmonised(NO_INTERVIEW["referred"]) == {"profile": [{**alone, "outcome": "referred"}]}
    assert harmonised(NO_INTERVIEW["refused"]) == {
        "profile": [
            {
                **SURVEYED,
                "sensitivity": "restricted",
                "outcome": "refused",
                "consent": "no",
                "consent_language": "fr",
                "consent_text_version": "ilcs-2026-1",
                "consent_time": NOW,
                "period_start": date(2025, 1, 1),
                "period_end": DAY,
            }
        ]
    }


LEFT_EARLY = Visit(
    "returnee_household",
    SAMPLED
    | {
        "screening/contact": "adult",
        "screening/consent_language": "fr",
        "screening/consent": "yes",
        "interview/finished": "no",
    },
    DRAWN
    | {
        "screening/consent_version": "returnee-household-2026-1",
        "screening/consent_time": NOW,
        "no_interview": "interrupted",
    },
    "a household that has to leave before anybody was listed",
)


def test_a_household_that_leaves_before_the_roster_is_one_row_too(enumerator: Enumerator) -> None:
    filled = enumerator.fills(LEFT_EARLY.form, LEFT_EARLY.answers)
    assert [finding for finding in filled.findings if not finding.startswith("required ")] == []
    assert filled.answers.keys() == {*LEFT_EARLY.answers, *LEFT_EARLY.calculated}
    assert harmonised(LEFT_EARLY) == {"profile": [{**ANSWERED, "outcome": "interrupted"}]}


def test_the_module_on_work_asks_each_person_of_15_or_over_where_they_were_and_whether_they_work() -> None:
    shared = {
        **ANSWERED,
        "consent_text_version": "ilcs-2026-1",
        "consent_sharing": "yes",
        "consent_recontact": "yes",
        "period_start": date(2025, 1, 1),
        "period_end": DAY,
        "hh_size": 6,
    }
    assert harmonised(WORKERS) == {
        "profile": [
            {
                **shared,
                "relationship": "head",
                "sex": "m",
                "age_years": 41,
                "age_band": "18_59",
                "education": "vocational",
                "ilcs_migrated": "returned_3_to_12_months",
                "returned_from": "RUS",
                "return_reason": "documents_expired",
                "ilcs_paid_work": "yes",
                "ilcs_activity": "construction",
                "ilcs_status": "day_labour",
                "ilcs_time": "part_time",
            },
            {
                **shared,
                "relationship": "spouse",
                "sex": "f",
                "age_years": 38,
                "age_band": "18_59",
                "ilcs_migrated": "returned_under_3_months",
                "returned_from_adm1": "NE001",
                "ilcs_paid_work": "no",
                "ilcs_reason_not": "household_care",
            },
            {
                **shared,
                "relationship": "child",
                "sex": "m",
                "age_years": 19,
                "age_band": "18_59",
                "ilcs_migrated": "still_away",
            },
            {
                **shared,
                "relationship": "parent",
                "sex": "f",
                "ilcs_migrated": "no",
                "ilcs_paid_work": "dnk",
            },
        ]
    }


SLIPS: list[tuple[Visit, dict[str, object], str]] = [
    (RETURNED, {"registration/person/certificate_no": "200000000089"}, "registration/person/certificate_no"),
    (RETURNED, {"registration/person/certificate_no": "200000000808"}, "registration/person/certificate_no"),
    (RETURNED, {"registration/person/case_id": "12345678909"}, "registration/person/case_id"),
    (RETURNED, {"registration/person/birth_date": "2008-11-21"}, "registration/person/birth_date"),
    (RETURNED, {"registration/return/return_date": "2026-11-21"}, "registration/return/return_date"),
    (RETURNED, {"registration/further_consent/phone": "my aunt"}, "registration/further_consent/phone"),
    (CHILD_BY_LAW, {"registration/person/age_years": 18}, "registration/person/age_years"),
    (HOUSEHOLD, {"sample/weight": 0}, "sample/weight"),
    (HOUSEHOLD, {"interview/members[2]/member/age_years": 111}, "interview/members[2]/member/age_years"),
    (WORKERS, {"interview/persons_15": 7}, "interview/persons_15"),
    (WORKERS, {"interview/persons/person/age_years": 14}, "interview/persons/person/age_years"),
    (WORKERS, {"setting/reference_year": 2027}, "setting/reference_year"),
]


@pytest.mark.parametrize(("visit", "slip", "refused"), SLIPS, ids=[f"{v.form} {r}" for v, _, r in SLIPS])
def test_a_slip_is_stopped_where_it_is_made(
    enumerator: Enumerator, visit: Visit, slip: dict[str, object], refused: str
) -> None:
    assert enumerator.fills(visit.form, visit.answers).findings == []
    assert f"constraint {refused}" in enumerator.fills(visit.form, {**visit.answers, **slip}).findings


# -- the national proxy for target 10.7 ---------------------------------------------------------------------


def household(number: str, weight: float | None, *persons: tuple[str, str | None]) -> list[dict[str, Any]]:
    """The rows of one household of the module on work: (B, D) of each person of 15 or over."""
    answers: dict[str, object] = {
        "interview/hh_size": 9,
        "interview/persons_15": len(persons),
        "interview/persons": len(persons),
        "interview/finished": "yes",
    }
    calculated: dict[str, object] = {**DRAWN, "sample/household_id": f"EA-12-{number}"}
    for at, (migrated, paid_work) in enumerate(persons, start=1):
        answers[f"interview/persons[{at}]/person/migrated"] = migrated
        if paid_work is not None:
            answers[f"interview/persons[{at}]/person/paid_work"] = paid_work
        calculated[f"interview/persons[{at}]/person_outcome"] = "completed"
    sampled = {**SAMPLED, "sample/household_no": number}
    del sampled["sample/weight"]
    if weight is not None:
        sampled["sample/weight"] = weight
    return [dict(row.values) for row in outcome(Visit("ilcs", {**sampled, **answers}, calculated)).rows]


def test_the_proxy_can_be_worked_out_by_hand_from_what_the_module_asks() -> None:
    asked = [
        *household("001", 2.0, ("returned_under_3_months", "yes"), ("returned_3_to_12_months", "no")),
        *household("002", 3.0, ("returned_3_to_12_months", "dnk"), ("no", "yes"), ("still_away", None)),
        *household("003", 5.0, ("returned_3_to_12_months", "yes")),
    ]
    returned = [row for row in asked if row["ilcs_migrated"] in RETURNED_CODES]
    assert [(row["ilcs_migrated"], row["ilcs_paid_work"], row["weight"]) for row in returned] == [
        ("returned_under_3_months", "yes", 2.0),
        ("returned_3_to_12_months", "no", 2.0),
        ("returned_3_to_12_months", "dnk", 3.0),  # neither in work nor out of it: in no part of the share
        ("returned_3_to_12_months", "yes", 5.0),
    ]
    assert figures(returned, "probability") == {
        "proxy": 77.78,  # 100 * (2 + 5) / (2 + 2 + 5)
        "returned": 3,
        "working": 2,
        "work_not_known": 1,
        "is_weighted": True,
        "n_under_review": 0,
    }


def test_a_household_whose_weight_is_missing_never_passes_for_one_of_weight_one() -> None:
    asked = [
        *household("001", 9.0, ("returned_under_3_months", "yes")),
        *household("002", None, ("returned_under_3_months", "no")),
    ]
    assert [row["weight"] for row in asked] == [9.0, None]
    made = figures(asked, "probability")
    assert (made["proxy"], made["is_weighted"]) == (50.0, False)  # said to be unweighted, not 90 %
