"""The survey as interviewers meet it: who does not agree leaves an outcome and nothing else."""

from __future__ import annotations

import pytest

from tests.forms.enumerator import Enumerator

TRAVELLER = {
    "setting/place": "FMP-01",
    "setting/interview_date": "2026-11-20",
    "screening/language_ok": "yes",
    "screening/already": "dnk",
    "screening/age_group": "adult",
}
ANSWERS = {
    "interview/person/sex": "f",
    "interview/person/age_years": 34,
    "interview/person/nationality": "TCD",
    "interview/journey/direction": "outgoing",
    "interview/journey/origin_country": "TCD",
    "interview/journey/final_country": "OOO",
    "interview/journey/journey_start": "2026-11-10",
    "interview/journey/transport": "foot",
    "interview/journey/reasons": "economic conflict",
    "interview/needs_group/needs_top": "food cash",
    "interview/needs_group/needs": "cash food",
    "interview/further_consent/consent_share": "no",
    "interview/further_consent/consent_photo": "no",
    "interview/further_consent/consent_recontact": "no",
    "interview/finished": "yes",
}


def test_traveller_who_agrees_is_interviewed(enumerator: Enumerator) -> None:
    filled = enumerator.fills("fms", TRAVELLER | {"screening/consent": "yes"} | ANSWERS)
    assert filled.findings == []
    assert {
        path: filled.answers[path]
        for path in ("outcome", "interview/person/age_band", "interview/journey/journey_days")
    } == {
        "outcome": "completed",
        "interview/person/age_band": "18_59",
        "interview/journey/journey_days": "10",
    }
    assert filled.answers["interview/needs_group/needs"] == "cash food"
    assert "screening/consent_time" in filled.answers


@pytest.mark.parametrize(
    ("screening", "outcome"),
    [
        ({"screening/consent": "no"}, "refused"),
        ({"screening/already": "yes", "screening/age_group": None}, "already_interviewed"),
        ({"screening/age_group": "child"}, "under_age"),
        ({"screening/age_group": "minor", "screening/guardian_present": "no"}, "under_age"),
        ({"screening/language_ok": "no", "screening/already": None, "screening/age_group": None}, "language"),
    ],
)
def test_who_is_not_interviewed_leaves_an_outcome_and_nothing_else(
    enumerator: Enumerator, screening: dict[str, str | None], outcome: str
) -> None:
    given = {path: answer for path, answer in (TRAVELLER | screening).items() if answer is not None}
    filled = enumerator.fills("fms", given)
    assert (filled.findings, filled.answers["outcome"]) == ([], outcome)
    assert [path for path in filled.answers if path.startswith("interview/")] == []
    tried = enumerator.fills("fms", given | ANSWERS)
    assert tried.findings == [f"not-asked {path}" for path in ANSWERS]


def test_minor_with_a_guardian_is_interviewed_but_not_photographed(enumerator: Enumerator) -> None:
    minor = {"screening/age_group": "minor", "screening/guardian_present": "yes", "screening/consent": "yes"}
    answers = ANSWERS | {"interview/person/age_years": 16}
    photo = "interview/further_consent/consent_photo"
    filled = enumerator.fills("fms", TRAVELLER | minor | answers)
    assert filled.findings == [f"not-asked {photo}"]
    assert filled.answers["interview/person/age_band"] == "12_17"


def test_traveller_who_leaves_early_does_not_block_the_form(enumerator: Enumerator) -> None:
    left = {"screening/consent": "yes", "interview/person/sex": "m", "interview/finished": "no"}
    filled = enumerator.fills("fms", TRAVELLER | left)
    assert filled.answers["outcome"] == "interrupted"
    assert [finding for finding in filled.findings if not finding.startswith("required")] == []
    # asked in order they were required; once the end says "No", nothing is, and the form is finalised


def test_phone_number_is_asked_only_of_who_agrees_to_be_called(enumerator: Enumerator) -> None:
    phone = {"interview/further_consent/phone": "+235 66 00 00 00"}
    agreed = {"interview/further_consent/consent_recontact": "yes"}
    consenting = TRAVELLER | {"screening/consent": "yes"} | ANSWERS
    assert enumerator.fills("fms", consenting | phone).findings == [
        "not-asked interview/further_consent/phone"
    ]
    assert enumerator.fills("fms", consenting | agreed | phone).findings == []
