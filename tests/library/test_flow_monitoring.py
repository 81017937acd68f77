"""What the registry and the baseline of flow monitoring points become, row by row, and what they refuse."""

from __future__ import annotations

from datetime import date

import pytest

from tests.forms.enumerator import Enumerator
from tests.library.fieldworker import harmonised
from tests.library.visits_flow_monitoring import (
    CANDIDATE,
    GROUP,
    NOT_OBSERVED,
    PASSING_BY,
    POINT,
    QUIET_NIGHT,
)

DAY = date(2026, 11, 20)
AT_POINT = {"place_id": "FMP-01", "place_name": "Koubri", "place_type": "fmp", "reporting_date": DAY}
MEASURED = {"lat": 12.2, "lon": -1.4, "gps_accuracy_m": 6.0, "geotag_distance_m": 0.0}
SEEN = {"entered_by": "EN-04", **AT_POINT, **MEASURED, "sensitivity": "restricted"}
HOURS = {"obs_start": "06:00:00.000", "obs_end": "18:00:00.000", "obs_hours": 12.0}


def test_a_group_is_one_row_and_each_nationality_a_split_of_it() -> None:
    assert harmonised(GROUP) == {
        "observation": [{**SEEN, **HOURS, "obs_date": DAY, "outcome": "movement"}],
        "flow": [
            {
                **SEEN,
                **HOURS,
                "flow_tool": "FMR",
                "group_id": "1",
                "direction": "incoming",
                "movement_type": "seasonal",
                "route": "BFA-NER",
                "subroute": "Niger river",
                "n_ind": 10,
                "men": 3,
                "women": 2,
                "boys": 4,
                "girls": 1,
                "sadd_unknown": 0,
                "sadd_method": "observed",
                "under5": 2,
                "elderly": 0,
                "uasc": 1,
                "pregnant": 1,
                "origin_iso3": "NER",
                "origin_adm1": "NE001",
                "origin_place": "Arlit",
                "previous_iso3": "NER",
                "previous_adm1": "NE001",
                "previous_place": "Agadez",
                "next_iso3": "BEN",
                "next_place": "Malanville",
                "final_iso3": "OOO",
                "transport": "bus",
                "reason_main": "economic",
                "reasons": "economic;food",
                "forced": "no",
                "duration": "3_6_months",
                "counted_elsewhere": "yes",
                "counted_place": "FMP-02",
                "info_source": "group_member",
            }
        ],
        "flow_split": [
            {"group": 0, "dimension": "nationality", "code": "TCD", "n": 6},
            {"group": 0, "dimension": "nationality", "code": "XXA", "n": 4},
        ],
    }


def test_what_nobody_knows_of_a_group_is_unknown_and_never_zero() -> None:
    assert harmonised(PASSING_BY) == {
        "observation": [{**AT_POINT, "sensitivity": "public", "obs_date": DAY, "outcome": "movement"}],
        "flow": [
            {
                **AT_POINT,
                "sensitivity": "public",
                "flow_tool": "FMR",
                "group_id": "1",
                "direction": "undefined",
                "movement_type": "dnk",
                "n_ind": 7,
                "sadd_unknown": 7,
                "origin_iso3": "OOO",
                "final_iso3": "OOO",
                "transport": "dnk",
                "reason_main": "dnk",
                "counted_elsewhere": "dnk",
                "info_source": "direct_observation",
            }
        ],
    }


def test_a_night_without_movement_is_a_recorded_zero_with_its_hours() -> None:
    assert harmonised(QUIET_NIGHT) == {
        "observation": [
            {
                **AT_POINT,
                "sensitivity": "public",
                "obs_date": DAY,
                "outcome": "no_movement",
                "obs_start": "18:00:00.000",
                "obs_end": "06:00:00.000",
                "obs_hours": 12.0,
            }
        ]
    }


def test_a_day_nobody_could_observe_has_its_reason_and_no_hours() -> None:
    assert harmonised(NOT_OBSERVED) == {
        "observation": [
            {
                **AT_POINT,
                "sensitivity": "public",
                "obs_date": DAY,
                "outcome": "not_observed",
                "not_observed_reason": "insecurity",
            }
        ]
    }


@pytest.mark.parametrize(
    ("slip", "refused"),
    [
        ({"groups/sadd/girls": 2}, "constraint groups/sadd/girls"),
        ({"groups/sadd/men": 11}, "constraint groups/sadd/men"),
        ({"groups/vulnerable/under5": 6}, "constraint groups/vulnerable/under5"),
        ({"groups/nationalities[2]/nat_n": 5}, "constraint groups/nationalities[2]/nat_n"),
        ({"groups/counted_place": "FMP-01"}, "constraint groups/counted_place"),
        ({"groups/n_ind": 0}, "constraint groups/n_ind"),
        ({"groups/reasons": "economic dnk"}, "constraint groups/reasons"),
        ({"groups/next_country": "XXA"}, "no-choice groups/next_country XXA"),
        ({"day/detail": "short"}, "not-asked groups/previous_country"),
    ],
)
def test_a_slip_in_the_registry_is_stopped_where_it_is_made(
    enumerator: Enumerator, slip: dict[str, object], refused: str
) -> None:
    assert enumerator.fills("fmr", GROUP.answers).findings == []
    assert refused in enumerator.fills("fmr", {**GROUP.answers, **slip}).findings


def test_sex_and_age_of_some_leave_the_rest_unknown(enumerator: Enumerator) -> None:
    some = {"groups/sadd_known": "partly", "groups/sadd/men": 1}
    filled = enumerator.fills("fmr", {**GROUP.answers, **some})
    assert (filled.findings, filled.answers["groups/sadd_unknown"]) == ([], "2")


# --- the point itself ---

FOUND = {
    **SEEN,
    "assessment_type": "FM",
    "interview_channel": "in_person",
    "estimate_method": "ki_estimate",
    "confidence": 4,
    "ki_count": 2,
}


def test_a_point_has_a_profile_and_a_row_for_each_of_its_services() -> None:
    assert harmonised(POINT) == {
        "baseline": [
            {
                **FOUND,
                "record_type": "infrastructure",
                "infra_type": "latrines",
                "infra_functional": "yes",
                "infra_count": 4,
                "infra_adequate": "no",
            },
            {
                **FOUND,
                "record_type": "infrastructure",
                "infra_type": "health_post",
                "infra_functional": "no",
                "capacity": 20,
            },
            {
                **FOUND,
                "record_type": "place_profile",
                "assessed_type": "station",
                "lifecycle": "suspended",
                "lifecycle_since": date(2026, 10, 1),
                "lifecycle_reason": "insecurity",
                "lifecycle_until": date(2026, 12, 31),
                "official": "yes",
                "opens": "05:30",
                "closes": "22:00",
                "days_per_week": 7,
                "transport_modes": "bus;truck",
                "movement_directions": "incoming;outgoing",
                "paired_iso3": "GHA",
                "paired_place_id": "FMP-02",
                "managed_by": "private;local_authority",
                "actors_present": "border_police;red_cross_crescent",
                "route": "BFA-GHA",
                "subroute": "Central plateau",
                "network": "Centre-South",
                "est_inflow": 120,
                "est_outflow": 0,
            },
        ]
    }


def test_a_place_that_may_become_a_point_is_known_by_its_area_until_it_is_registered() -> None:
    assert harmonised(CANDIDATE) == {
        "baseline": [
            {
                "assessment_type": "FM",
                "reporting_date": DAY,
                "place_id": "FMP-30",
                "declared_place_name": "Tagant crossing",
                "declared_pcode": "NE001001",
                "estimate_method": "desk",
                "confidence": 1,
                "ki_count": 0,
                "quality_flags": "unknown_place",
                "sensitivity": "public",
                "record_type": "place_profile",
                "assessed_type": "other",
                "lifecycle": "planned",
                "official": "dnk",
                "opens": "00:00",
                "closes": "23:59",
                "transport_modes": "dnk",
                "movement_directions": "undefined",
                "managed_by": "dnk",
            }
        ]
    }


@pytest.mark.parametrize(
    ("slip", "refused"),
    [
        ({"profile/days_per_week": 8}, "constraint profile/days_per_week"),
        ({"profile/lifecycle_since": "2026-11-21"}, "constraint profile/lifecycle_since"),
        ({"profile/lifecycle_until": "2026-09-30"}, "constraint profile/lifecycle_until"),
        ({"profile/paired_place": "FMP-01"}, "constraint profile/paired_place"),
        ({"profile/managed_by": "nobody private"}, "constraint profile/managed_by"),
        ({"traffic/est_outflow": -1}, "constraint traffic/est_outflow"),
        ({"services/service_count": 0}, "constraint services/service_count"),
        ({"informants/ki_count": 1}, "not-asked informants/other_informants/other_role"),
        (
            {"informants/main_informant/ki_recontact": "no"},
            "not-asked informants/main_informant/ki_name",
        ),
    ],
)
def test_a_slip_about_the_point_is_stopped_where_it_is_made(
    enumerator: Enumerator, slip: dict[str, object], refused: str
) -> None:
    assert enumerator.fills("fmp_baseline", POINT.answers).findings == []
    assert refused in enumerator.fills("fmp_baseline", {**POINT.answers, **slip}).findings
