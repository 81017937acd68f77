"""The registry as enumerators meet it: every honest case gets through, and what cannot be is stopped."""

from __future__ import annotations

import pytest

from tests.forms.enumerator import Enumerator

POINT = {"day/place": "FMP-01", "day/obs_date": "2026-11-20"}
OBSERVED = POINT | {"day/outcome": "movement", "day/obs_start": "06:00:00.000", "day/obs_end": "18:00:00.000"}
GROUP = {
    "groups": 1,
    "groups/direction": "incoming",
    "groups/movement_type": "seasonal",
    "groups/n_ind": 10,
    "groups/sadd_known": "yes",
    "groups/sadd/men": 3,
    "groups/sadd/women": 2,
    "groups/sadd/boys": 4,
    "groups/sadd/girls": 1,
    "groups/vuln_asked": "yes",
    "groups/vulnerable/under5": 2,
    "groups/vulnerable/uasc": 1,
    "groups/nat_known": "yes",
    "groups/nationalities": 2,
    "groups/nationalities/nat_code": "TCD",
    "groups/nationalities/nat_n": 6,
    "groups/nationalities[2]/nat_code": "XXA",
    "groups/nationalities[2]/nat_n": 4,
    "groups/origin_country": "other",
    "groups/final_country": "OOO",
    "groups/transport": "bus",
    "groups/reason_main": "economic",
    "groups/counted_elsewhere": "yes",
    "groups/counted_place": "FMP-02",
    "groups/info_source": "group_member",
}


def test_enumerator_counts_a_group_with_everything_known(enumerator: Enumerator) -> None:
    filled = enumerator.fills("fmr", OBSERVED | GROUP)
    assert filled.findings == []
    given = {path: str(answer) for path, answer in (OBSERVED | GROUP).items()}
    del given["groups"], given["groups/nationalities"]
    assert filled.answers == given | {
        "day/obs_start": "06:00:00.000Z",
        "day/obs_end": "18:00:00.000Z",
        "groups/group_no": "1",
        "groups/sadd_unknown": "0",
        "groups/nat_sum": "10",
    }


def test_enumerator_counts_a_group_of_which_nearly_nothing_is_known(enumerator: Enumerator) -> None:
    filled = enumerator.fills(
        "fmr",
        OBSERVED
        | {
            "groups": 1,
            "groups/direction": "undefined",
            "groups/movement_type": "dnk",
            "groups/n_ind": 7,
            "groups/sadd_known": "no",
            "groups/vuln_asked": "no",
            "groups/nat_known": "no",
            "groups/origin_country": "OOO",
            "groups/final_country": "OOO",
            "groups/transport": "dnk",
            "groups/reason_main": "dnk",
            "groups/counted_elsewhere": "dnk",
            "groups/info_source": "direct_observation",
        },
    )
    assert (filled.findings, filled.answers["groups/sadd_unknown"]) == ([], "7")


@pytest.mark.parametrize(
    ("slip", "refused"),
    [
        ({"groups/sadd/girls": 2}, "constraint groups/sadd/girls"),
        ({"groups/sadd/men": 11}, "constraint groups/sadd/men"),
        ({"groups/vulnerable/under5": 6}, "constraint groups/vulnerable/under5"),
        ({"groups/nationalities[2]/nat_n": 5}, "constraint groups/nationalities[2]/nat_n"),
        ({"groups/counted_place": "FMP-01"}, "constraint groups/counted_place"),
        ({"groups/n_ind": 0}, "constraint groups/n_ind"),
    ],
)
def test_a_slip_of_the_finger_is_stopped_where_it_is_made(
    enumerator: Enumerator, slip: dict[str, object], refused: str
) -> None:
    assert enumerator.fills("fmr", OBSERVED | GROUP).findings == []
    assert refused in enumerator.fills("fmr", OBSERVED | GROUP | slip).findings


def test_sex_and_age_of_some_leave_the_rest_unknown(enumerator: Enumerator) -> None:
    filled = enumerator.fills("fmr", OBSERVED | GROUP | {"groups/sadd_known": "partly", "groups/sadd/men": 1})
    assert (filled.findings, filled.answers["groups/sadd_unknown"]) == ([], "2")


def test_enumerator_records_a_night_without_movement(enumerator: Enumerator) -> None:
    night = {"day/outcome": "no_movement", "day/obs_start": "18:00:00.000", "day/obs_end": "06:00:00.000"}
    filled = enumerator.fills("fmr", POINT | night)
    assert filled.findings == []
    assert filled.answers == POINT | {
        "day/outcome": "no_movement",
        "day/obs_start": "18:00:00.000Z",
        "day/obs_end": "06:00:00.000Z",
    }


def test_enumerator_records_that_nobody_could_observe(enumerator: Enumerator) -> None:
    why = {"day/outcome": "not_observed", "day/not_observed_reason": "insecurity"}
    filled = enumerator.fills("fmr", POINT | why)
    assert (filled.findings, filled.answers) == ([], POINT | why)
