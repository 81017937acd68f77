"""Villages as assessors meet them: none and not known are two things."""

from __future__ import annotations

import pytest

from tests.forms.enumerator import Enumerator

VILLAGE = {
    "setting/round": "07",
    "setting/assessment_date": "2026-11-20",
    "setting/adm1": "NE001",
    "setting/adm2": "NE001001",
    "setting/place_listed": "yes",
    "setting/place": "SITE-01",
    "setting/access": "limited_access",
    "informants/ki_count": 2,
    "informants/interview_type": "inperson",
    "informants/main_informant/informant": "KI-1",
    "informants/main_informant/ki_role": "chief",
    "informants/main_informant/ki_recontact": "no",
    "categories/idp_group/idp_present": "yes",
    "categories/idp_group/idp_ind_said": 100,
    "categories/idp_group/idp_hh_said": 20,
    "categories/idp_group/idp_method": "ki_estimate",
    "categories/idp_group/idp_sadd_known": "yes",
    "categories/idp_group/idp_sadd/idp_men": 20,
    "categories/idp_group/idp_sadd/idp_women": 30,
    "categories/idp_group/idp_sadd/idp_boys": 25,
    "categories/idp_group/idp_sadd/idp_girls": 25,
    "categories/idp_group/idp_sadd_method": "ki_estimate",
    "categories/returnee_idp_group/returnee_idp_present": "no",
    "categories/returnee_abroad_group/returnee_abroad_present": "dnk",
    "categories/refugee_group/refugee_present": "yes",
    "categories/migrant_transit_group/migrant_transit_present": "no",
    "categories/host_group/host_present": "yes",
    "categories/host_group/host_ind_said": 4000,
    "categories/host_group/host_method": "desk",
    "idp_detail/ask_reason": "yes",
    "idp_detail/by_reason": 2,
    "idp_detail/by_reason/reason": "climate_floods",
    "idp_detail/by_reason/reason_ind": 60,
    "idp_detail/by_reason[2]/reason": "dnk",
    "idp_detail/by_reason[2]/reason_ind": 40,
    "idp_detail/ask_period": "yes",
    "idp_detail/by_period": 1,
    "idp_detail/by_period/displaced_from": "2026-01-01",
    "idp_detail/by_period/displaced_to": "2026-06-30",
    "idp_detail/by_period/period_ind": 100,
    "idp_detail/ask_origin": "yes",
    "idp_detail/by_origin": 1,
    "idp_detail/by_origin/origin_scope": "diff_adm2",
    "idp_detail/by_origin/origin_adm1": "NE001",
    "idp_detail/by_origin/origin_adm2": "NE001001",
    "idp_detail/by_origin/origin_hh": 20,
    "idp_detail/ask_shelter": "no",
    "needs_group/needs_top": "food wash shelter",
    "needs_group/needs": "wash food shelter",
    "needs_group/confidence": 3,
}


def test_assessor_tells_none_from_not_known(enumerator: Enumerator) -> None:
    filled = enumerator.fills("b2", VILLAGE)
    assert filled.findings == []
    figures = {
        path.rsplit("/", 1)[-1]: answer
        for path, answer in filled.answers.items()
        if path.startswith("categories/") and path.endswith(("_ind", "_hh"))
    }
    assert figures == {
        "idp_ind": "100",
        "idp_hh": "20",
        "returnee_idp_ind": "0",
        "returnee_idp_hh": "0",
        "migrant_transit_ind": "0",
        "migrant_transit_hh": "0",
        "host_ind": "4000",
    }
    assert filled.answers["setting/pcode"] == "NE001001"


@pytest.mark.parametrize(
    ("slip", "refused"),
    [
        ({"idp_detail/by_reason[2]/reason_ind": 41}, "constraint idp_detail/by_reason[2]/reason_ind"),
        ({"idp_detail/by_period/period_ind": 101}, "constraint idp_detail/by_period/period_ind"),
        ({"idp_detail/by_origin/origin_hh": 21}, "constraint idp_detail/by_origin/origin_hh"),
        (
            {"categories/idp_group/idp_sadd/idp_girls": 24},
            "constraint categories/idp_group/idp_sadd/idp_girls",
        ),
        ({"categories/idp_group/idp_hh_said": 101}, "constraint categories/idp_group/idp_hh_said"),
        ({"needs_group/needs_top": "food wash shelter cash"}, "constraint needs_group/needs_top"),
    ],
)
def test_parts_are_not_more_than_the_whole(
    enumerator: Enumerator, slip: dict[str, object], refused: str
) -> None:
    assert enumerator.fills("b2", VILLAGE).findings == []
    assert refused in enumerator.fills("b2", VILLAGE | slip).findings


def test_desk_review_of_a_place_nobody_can_reach_gets_through(enumerator: Enumerator) -> None:
    categories = ("returnee_idp", "returnee_abroad", "refugee", "migrant_transit", "host")
    unknown = {f"categories/{name}_group/{name}_present": "dnk" for name in categories}
    filled = enumerator.fills(
        "b2",
        unknown
        | {
            "setting/round": "07",
            "setting/assessment_date": "2026-11-20",
            "setting/adm1": "NE001",
            "setting/place_listed": "no",
            "setting/place_name": "Tagant",
            "setting/access": "no",
            "informants/ki_count": 0,
            "informants/interview_type": "desk",
            "categories/idp_group/idp_present": "yes",
            "idp_detail/ask_reason": "no",
            "idp_detail/ask_period": "no",
            "idp_detail/ask_origin": "no",
            "idp_detail/ask_shelter": "no",
            "needs_group/confidence": 1,
        },
    )
    assert (filled.findings, filled.answers["setting/pcode"]) == ([], "NE001")
