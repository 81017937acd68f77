"""The survey: who agrees becomes one row, who does not leaves an outcome, and a child alone is referred."""

from __future__ import annotations

from datetime import date

import pytest

from forms.compile import compile_form
from forms.library_index import library
from forms.model import CompiledForm
from tests.forms.enumerator import Enumerator
from tests.library.fieldworker import Visit, harmonised
from tests.library.visits_flow_monitoring import CHILD_ALONE, MINOR, REFUSAL, TRAVELLER

DAY = date(2026, 11, 20)
AT_POINT = {"place_id": "FMP-01", "place_name": "Koubri", "place_type": "fmp", "reporting_date": DAY}
MEASURED = {"lat": 12.2, "lon": -1.4, "gps_accuracy_m": 6.0, "geotag_distance_m": 0.0}
TALKED = {
    **AT_POINT,
    "sensitivity": "restricted",
    "design": "convenience",
    "consent_text_version": "fms-2026-1",
    "consent_time": "2026-11-20T10:15:00.000",
}


def test_a_traveller_becomes_one_row_without_the_phone_number() -> None:
    assert harmonised(TRAVELLER) == {
        "profile": [
            {
                **TALKED,
                **MEASURED,
                "entered_by": "EN-04",
                "outcome": "completed",
                "consent": "yes",
                "consent_language": "ha",
                "consent_photo": "no",
                "consent_sharing": "no",
                "consent_recontact": "yes",
                "age_years": 34,
                "age_band": "18_59",
                "sex": "f",
                "nationality_iso3": "TCD",
                "birth_iso3": "SDN",
                "marital": "married",
                "education": "religious",
                "employment_before": "self_employed",
                "occupation": "trade",
                "direction": "outgoing",
                "origin_iso3": "NER",
                "origin_adm1": "NE001",
                "stay_origin": "over_1_year",
                "previous_iso3": "NER",
                "transit_iso3": "NER;MLI",
                "next_iso3": "BEN",
                "final_iso3": "CIV",
                "planned_stay": "6_12_months",
                "journey_start": date(2026, 11, 10),
                "journey_days": 10,
                "cost_band": "under_100",
                "transport_main": "foot",
                "travel_group": "family",
                "group_size": 5,
                "n_children": 3,
                "reasons": "economic;conflict",
                "difficulties": "money;extortion",
                "needs": "cash;food",
                "vulnerabilities": "lactating",
                "intention": "continue",
                "referrals": "health;food",
            }
        ]
    }


def test_a_minor_agrees_beside_the_guardian_and_may_say_little() -> None:
    assert harmonised(MINOR) == {
        "profile": [
            {
                **TALKED,
                "outcome": "completed",
                "consent": "yes",
                "assent": "yes",
                "guardian_consent": "yes",
                "consent_sharing": "no",
                "consent_recontact": "no",
                "age_band": "12_17",
                "sex": "m",
                "nationality_iso3": "OOO",
                "direction": "undefined",
                "origin_iso3": "OOO",
                "final_iso3": "OOO",
                "transport_main": "dnk",
                "travel_group": "alone",
                "group_size": 1,
                "reasons": "pnta",
            }
        ]
    }


def test_who_refuses_leaves_the_refusal_and_nothing_else() -> None:
    assert harmonised(REFUSAL) == {"profile": [{**TALKED, "outcome": "refused", "consent": "no"}]}


def test_a_child_alone_is_referred_and_never_asked_to_agree() -> None:
    assert harmonised(CHILD_ALONE) == {
        "profile": [
            {
                **AT_POINT,
                "sensitivity": "restricted",
                "design": "convenience",
                "outcome": "referred",
                "guardian_consent": "no",
            }
        ]
    }


SCREENING = {path: answer for path, answer in TRAVELLER.answers.items() if not path.startswith("interview/")}
ANSWERS = {path: answer for path, answer in TRAVELLER.answers.items() if path.startswith("interview/")}


@pytest.mark.parametrize(
    ("screening", "outcome"),
    [
        ({"consent": "no"}, "refused"),
        (
            {"already": "yes", "age_group": None, "consent_language": None, "consent": None},
            "already_interviewed",
        ),
        ({"age_group": "child", "alone": "no", "consent_language": None, "consent": None}, "under_age"),
        ({"age_group": "child", "alone": "yes", "consent_language": None, "consent": None}, "referred"),
        (
            {
                "age_group": "minor",
                "guardian_present": "no",
                "alone": "no",
                "consent_language": None,
                "consent": None,
            },
            "no_consent_guardian",
        ),
        (
            {
                "language_ok": "no",
                "already": None,
                "age_group": None,
                "consent_language": None,
                "consent": None,
            },
            "language",
        ),
    ],
)
def test_who_is_not_interviewed_leaves_an_outcome_and_nothing_else(
    enumerator: Enumerator, screening: dict[str, str | None], outcome: str
) -> None:
    given = {**SCREENING, **{f"screening/{name}": answer for name, answer in screening.items()}}
    given = {path: answer for path, answer in given.items() if answer is not None}
    filled = enumerator.fills("fms", given)
    assert (filled.findings, filled.answers["outcome"]) == ([], outcome)
    assert [path for path in filled.answers if path.startswith("interview/")] == []
    tried = enumerator.fills("fms", given | ANSWERS)
    assert tried.findings == [f"not-asked {path}" for path in ANSWERS]


@pytest.mark.parametrize(
    ("slip", "refused"),
    [
        ({"interview/person/age_years": 17}, "constraint interview/person/age_years"),
        ({"interview/journey/n_children": 5}, "constraint interview/journey/n_children"),
        ({"interview/journey/group_said": 1}, "constraint interview/journey/group_said"),
        ({"interview/journey/journey_start": "2026-11-21"}, "constraint interview/journey/journey_start"),
        (
            {"interview/journey/transit_countries": "OOO MLI"},
            "constraint interview/journey/transit_countries",
        ),
        ({"interview/needs_group/needs_top": "none food"}, "constraint interview/needs_group/needs_top"),
        ({"interview/referrals": "none food"}, "constraint interview/referrals"),
        ({"interview/further_consent/phone": "call me"}, "constraint interview/further_consent/phone"),
        (
            {"interview/further_consent/consent_recontact": "no"},
            "not-asked interview/further_consent/phone",
        ),
    ],
)
def test_a_slip_in_the_survey_is_stopped_where_it_is_made(
    enumerator: Enumerator, slip: dict[str, object], refused: str
) -> None:
    assert enumerator.fills("fms", TRAVELLER.answers).findings == []
    assert refused in enumerator.fills("fms", {**TRAVELLER.answers, **slip}).findings


def test_a_minor_is_interviewed_but_not_photographed(enumerator: Enumerator) -> None:
    photo = {"interview/further_consent/consent_photo": "yes"}
    assert enumerator.fills("fms", {**MINOR.answers, **photo}).findings == [f"not-asked {next(iter(photo))}"]


def test_traveller_who_leaves_early_does_not_block_the_form(enumerator: Enumerator) -> None:
    filled = enumerator.fills("fms", SCREENING | {"interview/person/sex": "m", "interview/finished": "no"})
    assert filled.answers["outcome"] == "interrupted"
    assert [finding for finding in filled.findings if not finding.startswith("required")] == []
    # asked in order they were required; once the end says "No", nothing is, and the form is finalised


# --- the counter-trafficking module, which a coordinator turns on in a copy of the survey ---

MODULE = {
    "interview/ct/ct_safe": "yes",
    "interview/ct/ct_consent": "yes",
    "interview/ct/exploitation": "documents_withheld debt",
}


@pytest.fixture(scope="module")
def with_module(enumerator: Enumerator) -> CompiledForm:
    """The survey with the one cell changed that the guide names, beside the others on the tablet."""
    source = library()["fms"]
    assert source.count(b"'off'") == 1
    form = compile_form(source.replace(b"'off'", b"'on'"), "fms.md").form
    assert form is not None
    (enumerator.folder / "fms_with_module.xml").write_bytes(form.xform)
    return form


def test_the_module_is_off_until_it_is_turned_on(enumerator: Enumerator) -> None:
    filled = enumerator.fills("fms", {**TRAVELLER.answers, **MODULE})
    assert filled.findings == [f"not-asked {path}" for path in MODULE]


def test_the_module_adds_to_the_traveller_s_row_and_makes_no_second_person(
    enumerator: Enumerator, with_module: CompiledForm
) -> None:
    told = Visit("fms", {**TRAVELLER.answers, **MODULE}, {**TRAVELLER.calculated, "ct_module": "on"})
    assert enumerator.fills("fms_with_module", told.answers).findings == []
    [row] = harmonised(TRAVELLER)["profile"]
    more = {"exploitation": "documents_withheld;debt", "sensitivity": "confidential"}
    assert harmonised(told, with_module) == {"profile": [{**row, **more}]}


@pytest.mark.parametrize(
    ("answers", "refused"),
    [
        ({"interview/ct/ct_safe": "no"}, "not-asked interview/ct/ct_consent"),
        ({"interview/ct/ct_consent": "no"}, "not-asked interview/ct/exploitation"),
        ({"interview/ct/exploitation": "none debt"}, "constraint interview/ct/exploitation"),
    ],
)
def test_the_module_asks_nobody_who_is_overheard_or_does_not_agree(
    enumerator: Enumerator, with_module: CompiledForm, answers: dict[str, object], refused: str
) -> None:
    found = enumerator.fills("fms_with_module", {**TRAVELLER.answers, **MODULE, **answers}).findings
    assert refused in found


def test_the_module_is_not_for_minors(enumerator: Enumerator, with_module: CompiledForm) -> None:
    found = enumerator.fills("fms_with_module", {**MINOR.answers, **MODULE}).findings
    assert found == [f"not-asked {path}" for path in MODULE]
