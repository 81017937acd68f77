"""Visits to people who came back: registered one by one, and surveyed by household."""

from __future__ import annotations

from tests.library.fieldworker import Visit

NOW = "2026-11-20T09:00:00.000+00:00"

REGISTRATION = {
    "setting/place": "SITE-01",
    "setting/reg_date": "2026-11-20",
    "setting/enumerator": "E-9",
    "setting/organisation": "MIN",
    "setting/basis": "consent",
    "setting/pathway": "yes",
    "screening/language_ok": "yes",
    "screening/already": "no",
}
TEXT = "returnee-registration-2026-1-"

RETURNED = Visit(
    "returnee_registration",
    REGISTRATION
    | {
        "screening/age_group": "adult",
        "screening/consent_language": "ar",
        "screening/consent": "yes",
        "registration/person/case_id": "123456789092",
        "registration/person/given_names": "Mariam",
        "registration/person/family_name": "Oumar",
        "registration/person/birth_date": "1990-05-17",
        "registration/person/sex": "f",
        "registration/person/nationality": "NER",
        "registration/person/doc_status": "lost",
        "registration/person/certificate": "programme",
        "registration/person/certificate_no": "200000000088",
        "registration/return/returned_from": "LBY",
        "registration/return/return_date": "2026-10-01",
        "registration/return/return_type": "assisted",
        "registration/return/origin_adm1": "NE001",
        "registration/return/residence_adm1": "NE001",
        "registration/return/residence_adm2": "NE001001",
        "registration/situation/family_size": 5,
        "registration/situation/education": "primary",
        "registration/situation/skills": "tailoring trade",
        "registration/situation/vulnerabilities": "single_head victim_violence",
        "registration/situation/needs_top": "health cash",
        "registration/situation/needs": "cash health",
        "registration/situation/referrals": "gbv_services health",
        "registration/further_consent/consent_sharing": "no",
        "registration/further_consent/consent_photo": "no",
        "registration/further_consent/consent_recontact": "yes",
        "registration/further_consent/phone": "+227 90 11 22 33",
        "registration/finished": "yes",
    },
    {
        "screening/asked": "yes",
        "screening/consent_version": TEXT + "consent",
        "screening/agreed": "yes",
        "screening/consent_time": NOW,
        "screening/proceed": "yes",
        "registration/person/age": 36,
        "registration/person/age_band": "18_59",
        "outcome": "completed",
    },
    "a woman who agrees to be registered",
)

CHILD_BY_LAW = Visit(
    "returnee_registration",
    REGISTRATION
    | {
        "setting/basis": "law",
        "setting/legal_basis": "Decree 2025-114, article 3",
        "setting/pathway": "no",
        "screening/age_group": "minor",
        "screening/accompanied": "yes",
        "screening/consent_language": "other",
        "registration/person/given_names": "Issa",
        "registration/person/age_years": 4,
        "registration/person/sex": "m",
        "registration/return/returned_from": "LBY",
        "registration/return/return_type": "forced",
        "registration/situation/vulnerabilities": "u5 chronic",
        "registration/further_consent/consent_sharing": "no",
        "registration/further_consent/consent_photo": "no",
        "registration/further_consent/consent_recontact": "no",
        "registration/finished": "yes",
    },
    {
        "screening/asked": "yes",
        "screening/consent_version": TEXT + "law",
        "screening/proceed": "yes",
        "registration/person/age": 4,
        "registration/person/age_band": "0_4",
        "outcome": "completed",
    },
    "a child with its mother, where a decree orders the registration",
)

STOPPED = {
    outcome: Visit("returnee_registration", REGISTRATION | answers, calculated | {"outcome": outcome}, name)
    for outcome, name, answers, calculated in (
        (
            "referred",
            "a child alone is referred, not registered",
            {"screening/age_group": "minor", "screening/accompanied": "no"},
            {"screening/asked": "no", "screening/proceed": "no"},
        ),
        (
            "no_consent_guardian",
            "a guardian says no",
            {
                "screening/age_group": "minor",
                "screening/accompanied": "yes",
                "screening/consent_language": "ar",
                "screening/guardian_consent": "no",
            },
            {
                "screening/asked": "yes",
                "screening/consent_version": TEXT + "consent",
                "screening/agreed": "no",
                "screening/consent_time": NOW,
                "screening/proceed": "no",
            },
        ),
        (
            "refused",
            "a man says no",
            {
                "screening/age_group": "adult",
                "screening/consent_language": "ar",
                "screening/consent": "no",
            },
            {
                "screening/asked": "yes",
                "screening/consent_version": TEXT + "consent",
                "screening/agreed": "no",
                "screening/consent_time": NOW,
                "screening/proceed": "no",
            },
        ),
        (
            "already_interviewed",
            "a man was registered before",
            {"screening/already": "yes"},
            {"screening/asked": "no", "screening/proceed": "no"},
        ),
    )
}

SAMPLED = {
    "setting/round_typed": "1",
    "setting/interview_date": "2026-11-20",
    "setting/enumerator": "E-9",
    "setting/place": "SITE-01",
    "sample/stratum": "north",
    "sample/psu": "EA-12",
    "sample/household_no": "007",
    "sample/weight": 41.5,
    "sample/strata_population": 8300,
}
DRAWN = {"setting/round": "1", "sample/household_id": "EA-12-007"}

HOUSEHOLD = Visit(
    "returnee_household",
    SAMPLED
    | {
        "screening/contact": "adult",
        "screening/consent_language": "fr",
        "screening/consent": "yes",
        "interview/household/hh_size": 3,
        "interview/household/together": "yes",
        "interview/household/hh_returned_from": "LBY",
        "interview/household/hh_return_date": "2026-03-01",
        "interview/household/hh_return_type": "spontaneous",
        "interview/household/hh_return_reason": "conditions_abroad rejoin_family",
        "interview/living/shelter_type": "rented",
        "interview/living/water_source": "borehole",
        "interview/living/food_source": "market",
        "interview/living/livelihoods": "trade remittances",
        "interview/living/health_access": "no",
        "interview/living/assistance": "none",
        "interview/living/needs_top": "cash education",
        "interview/living/needs": "education cash",
        "interview/living/intention": "stay_here",
        "interview/members": 3,
        "interview/members/member/relationship": "head",
        "interview/members/member/sex": "f",
        "interview/members/member/age_years": 34,
        "interview/members/member/returned": "yes",
        "interview/members/member/doc_status": "national_id",
        "interview/members/member/education": "primary",
        "interview/members/member/vulnerabilities": "single_head",
        "interview/members[2]/member/relationship": "child",
        "interview/members[2]/member/sex": "m",
        "interview/members[2]/member/age_years": 9,
        "interview/members[2]/member/returned": "yes",
        "interview/members[2]/member/attends_school": "no",
        "interview/members[3]/member/relationship": "parent",
        "interview/members[3]/member/sex": "f",
        "interview/members[3]/member/returned": "no",
        "interview/further_consent/consent_sharing": "yes",
        "interview/further_consent/consent_recontact": "no",
        "interview/finished": "yes",
    },
    DRAWN
    | {
        "screening/consent_version": "returnee-household-2026-1",
        "screening/consent_time": NOW,
        "interview/members/member_no": 1,
        "interview/members/member/age_band": "18_59",
        "interview/members/member/returned_from": "LBY",
        "interview/members/member/return_date": "2026-03-01",
        "interview/members/member/return_type": "spontaneous",
        "interview/members/member/return_reason": "conditions_abroad rejoin_family",
        "interview/members/member_outcome": "completed",
        "interview/members[2]/member_no": 2,
        "interview/members[2]/member/age_band": "5_11",
        "interview/members[2]/member/returned_from": "LBY",
        "interview/members[2]/member/return_date": "2026-03-01",
        "interview/members[2]/member/return_type": "spontaneous",
        "interview/members[2]/member/return_reason": "conditions_abroad rejoin_family",
        "interview/members[2]/member_outcome": "completed",
        "interview/members[3]/member_no": 3,
        "interview/members[3]/member_outcome": "completed",
    },
    "a mother and her son who came back to the grandmother",
)

RETURNED_ONE_BY_ONE = Visit(
    "returnee_household",
    {name: answer for name, answer in SAMPLED.items() if name != "sample/weight"}
    | {
        "screening/contact": "adult",
        "screening/consent_language": "ar",
        "screening/consent": "yes",
        "interview/household/hh_size": 1,
        "interview/household/together": "no",
        "interview/members": 1,
        "interview/members/member/relationship": "head",
        "interview/members/member/sex": "m",
        "interview/members/member/returned": "yes",
        "interview/members/member/own_returned_from": "DZA",
        "interview/members/member/own_return_reason": "expelled",
        "interview/further_consent/consent_sharing": "no",
        "interview/further_consent/consent_recontact": "no",
        "interview/finished": "yes",
    },
    DRAWN
    | {
        "screening/consent_version": "returnee-household-2026-1",
        "screening/consent_time": NOW,
        "interview/members/member_no": 1,
        "interview/members/member/returned_from": "DZA",
        "interview/members/member/return_reason": "expelled",
        "interview/members/member_outcome": "completed",
    },
    "a man who came back alone, whose weight is not known yet",
)

NO_INTERVIEW = {
    outcome: Visit(
        form, SAMPLED | asked | answers, DRAWN | made | calculated | {"no_interview": outcome}, name
    )
    for form, asked, made, outcome, name, answers, calculated in (
        (
            "returnee_household",
            {},
            {},
            "no_contact",
            "nobody is at home",
            {"screening/contact": "nobody"},
            {},
        ),
        (
            "returnee_household",
            {},
            {},
            "referred",
            "children live alone: referred, not surveyed",
            {"screening/contact": "children_alone"},
            {},
        ),
        (
            "ilcs",
            {"setting/reference_year": 2025},
            {"setting/reference_from": "2025-01-01", "setting/reference_to": "2026-11-20"},
            "refused",
            "a household says no",
            {
                "screening/contact": "adult",
                "screening/consent_language": "fr",
                "screening/consent": "no",
            },
            {"screening/consent_version": "ilcs-2026-1", "screening/consent_time": NOW},
        ),
    )
}

_PERSON = "interview/persons"
WORKERS = Visit(
    "ilcs",
    SAMPLED
    | {
        "setting/reference_year": 2025,
        "screening/contact": "adult",
        "screening/consent_language": "fr",
        "screening/consent": "yes",
        "interview/hh_size": 6,
        "interview/persons_15": 4,
        _PERSON: 4,
        f"{_PERSON}/person/relationship": "head",
        f"{_PERSON}/person/sex": "m",
        f"{_PERSON}/person/age_years": 41,
        f"{_PERSON}/person/education": "vocational",
        f"{_PERSON}/person/migrated": "returned_3_to_12_months",
        f"{_PERSON}/person/from_abroad": "yes",
        f"{_PERSON}/person/returned_from": "RUS",
        f"{_PERSON}/person/return_reason": "documents_expired",
        f"{_PERSON}/person/paid_work": "yes",
        f"{_PERSON}/person/activity": "construction",
        f"{_PERSON}/person/status": "day_labour",
        f"{_PERSON}/person/time": "part_time",
        f"{_PERSON}[2]/person/relationship": "spouse",
        f"{_PERSON}[2]/person/sex": "f",
        f"{_PERSON}[2]/person/age_years": 38,
        f"{_PERSON}[2]/person/migrated": "returned_under_3_months",
        f"{_PERSON}[2]/person/from_abroad": "no",
        f"{_PERSON}[2]/person/returned_from_adm1": "NE001",
        f"{_PERSON}[2]/person/paid_work": "no",
        f"{_PERSON}[2]/person/reason_not": "household_care",
        f"{_PERSON}[3]/person/relationship": "child",
        f"{_PERSON}[3]/person/sex": "m",
        f"{_PERSON}[3]/person/age_years": 19,
        f"{_PERSON}[3]/person/migrated": "still_away",
        f"{_PERSON}[4]/person/relationship": "parent",
        f"{_PERSON}[4]/person/sex": "f",
        f"{_PERSON}[4]/person/migrated": "no",
        f"{_PERSON}[4]/person/paid_work": "dnk",
        "interview/further_consent/consent_sharing": "yes",
        "interview/further_consent/consent_recontact": "yes",
        "interview/further_consent/phone": "+227 90 44 55 66",
        "interview/finished": "yes",
    },
    DRAWN
    | {
        "setting/reference_from": "2025-01-01",
        "setting/reference_to": "2026-11-20",
        "screening/consent_version": "ilcs-2026-1",
        "screening/consent_time": NOW,
        f"{_PERSON}/person_no": 1,
        f"{_PERSON}/person/age_band": "18_59",
        f"{_PERSON}/person_outcome": "completed",
        f"{_PERSON}[2]/person_no": 2,
        f"{_PERSON}[2]/person/age_band": "18_59",
        f"{_PERSON}[2]/person_outcome": "completed",
        f"{_PERSON}[3]/person_no": 3,
        f"{_PERSON}[3]/person/age_band": "18_59",
        f"{_PERSON}[3]/person_outcome": "completed",
        f"{_PERSON}[4]/person_no": 4,
        f"{_PERSON}[4]/person_outcome": "completed",
    },
    "a household of which two came back, one with work",
)
