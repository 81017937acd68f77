"""What visits to points of entry become: none, not known and closed are three things."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from tests.forms.enumerator import Enumerator
from tests.library.fieldworker import harmonised
from tests.library.visits_points_of_entry import (
    AIRPORT,
    BUSY_DAY,
    CLOSED,
    NO_FIGURE,
    NOTHING_KNOWN,
    ONE_WAY,
    OPEN,
    QUIET_DAY,
    UNKNOWN_LANDING,
)

DAY = date(2026, 11, 20)
AT_BRIDGE = {"place_id": "POE-01", "place_name": "Bridge", "place_type": "poe_land", "reporting_date": DAY}
SEEN = {**AT_BRIDGE, "sensitivity": "public"}

AT_AIRPORT = {
    "assessment_type": "POE",
    "entered_by": "EN-07",
    "interview_channel": "phone",
    "reporting_date": DAY,
    "place_id": "POE-02",
    "place_name": "Airport",
    "place_type": "poe_airport",
    "lat": 12.35,
    "lon": -1.51,
    "gps_accuracy_m": 8.0,
    "geotag_distance_m": 0.0,
    "estimate_method": "registration",
    "confidence": 5,
    "ki_count": 1,
    "sensitivity": "restricted",
}
SERVICE = {**AT_AIRPORT, "record_type": "infrastructure"}


def test_an_airport_has_a_profile_and_a_row_for_each_service_and_hygiene_point() -> None:
    assert harmonised(AIRPORT) == {
        "baseline": [
            {
                **SERVICE,
                "infra_type": "information_point",
                "infra_functional": "yes",
                "infra_count": 2,
                "infra_adequate": "dnk",
            },
            {
                **AT_AIRPORT,
                "record_type": "place_profile",
                "assessed_type": "poe_airport",
                "iata": "OUA",
                "lifecycle": "active",
                "lifecycle_since": date(1961, 5, 1),
                "official": "yes",
                "opens": "00:00",
                "closes": "23:59",
                "days_per_week": 7,
                "transport_modes": "plane",
                "movement_directions": "incoming;outgoing;transit",
                "paired_iso3": "GHA",
                "paired_place_id": "POE-01",
                "managed_by": "government;private",
                "actors_present": "border_police;customs;un",
                "staff": 85,
                "route": "BFA-GHA",
            },
            {**SERVICE, "infra_type": "isolation_space", "infra_functional": "yes", "capacity": 6},
            {**SERVICE, "infra_type": "water_point", "infra_functional": "yes"},
            {**SERVICE, "infra_type": "latrines", "infra_functional": "yes", "infra_count": 12},
            {**SERVICE, "infra_type": "handwashing", "infra_functional": "no"},
        ]
    }


def test_of_a_landing_nobody_can_tell_about_what_is_not_known_stays_empty() -> None:
    seen = {
        "assessment_type": "POE",
        "reporting_date": DAY,
        "declared_place_name": "Old landing",
        "estimate_method": "observation",
        "confidence": 2,
        "ki_count": 0,
        "quality_flags": "not_placed",
        "sensitivity": "public",
    }
    assert harmonised(UNKNOWN_LANDING) == {
        "baseline": [
            {
                **seen,
                "record_type": "place_profile",
                "assessed_type": "poe_blue",
                "lifecycle": "dnk",
                "official": "no",
                "transport_modes": "boat",
                "movement_directions": "undefined",
                "managed_by": "nobody",
            },
            {
                **seen,
                "record_type": "infrastructure",
                "infra_type": "isolation_space",
                "infra_functional": "dnk",
            },
        ]
    }


@pytest.mark.parametrize(
    ("slip", "refused"),
    [
        ({"profile/iata": "oua"}, "constraint profile/iata"),
        ({"profile/kind": "poe_land"}, "not-asked profile/iata"),
        ({"profile/staff": -1}, "constraint profile/staff"),
        ({"profile/paired_place": "POE-02"}, "constraint profile/paired_place"),
        ({"profile/transport_modes": "dnk plane"}, "constraint profile/transport_modes"),
        ({"health/isolation_capacity": 0}, "constraint health/isolation_capacity"),
        ({"health/latrines": "no"}, "not-asked health/latrines_count"),
        ({"services_there": "no"}, "not-asked services/service"),
    ],
)
def test_a_slip_about_the_point_is_stopped_where_it_is_made(
    enumerator: Enumerator, slip: dict[str, object], refused: str
) -> None:
    assert enumerator.fills("poe_baseline", AIRPORT.answers).findings == []
    assert refused in enumerator.fills("poe_baseline", {**AIRPORT.answers, **slip}).findings


# --- the status ---


def test_a_border_closed_both_ways_says_for_whom_since_when_and_who_told() -> None:
    assert harmonised(CLOSED) == {
        "baseline": [
            {
                **AT_BRIDGE,
                "sensitivity": "internal",
                "entered_by": "EN-07",
                "informant_id": "KI-7",
                "interview_channel": "phone",
                "report_time": "2026-11-20T08:30:00.000Z",
                "estimate_method": "ki_estimate",
                "confidence": 4,
                "record_type": "place_status",
                "operational_status": "fully_closed",
                "closed_for": "entry;exit",
                "measures": "curfew;other",
                "affected_pop": "nationals;herders",
                "measure_start": date(2026, 11, 1),
                "measure_end": date(2026, 12, 1),
                "health_measures": "none",
                "est_inflow": 0,
                "est_outflow": 0,
            }
        ]
    }


def test_an_open_border_takes_six_answers() -> None:
    assert harmonised(OPEN) == {
        "baseline": [
            {
                **SEEN,
                "estimate_method": "observation",
                "record_type": "place_status",
                "operational_status": "fully_operational",
                "measures": "none",
                "health_measures": "dnk",
            }
        ]
    }


@pytest.mark.parametrize(
    ("slip", "refused"),
    [
        ({"status/closed_for": "entry"}, "constraint status/closed_for"),
        ({"status/closed_for": "entry exit none"}, "constraint status/closed_for"),
        ({"status/measures": "curfew none"}, "constraint status/measures"),
        ({"status/measure_end": "2026-10-31"}, "constraint status/measure_end"),
        ({"status/operational_status": "fully_operational"}, "not-asked status/closed_for"),
        ({"setting/method": "seen"}, "not-asked setting/informant"),
        ({"traffic/est_inflow": 200001}, "constraint traffic/est_inflow"),
    ],
)
def test_a_slip_about_the_status_is_stopped_where_it_is_made(
    enumerator: Enumerator, slip: dict[str, object], refused: str
) -> None:
    assert enumerator.fills("poe_status", CLOSED.answers).findings == []
    assert refused in enumerator.fills("poe_status", {**CLOSED.answers, **slip}).findings


@pytest.fixture
def informants(enumerator: Enumerator) -> Iterator[tuple[str, ...]]:
    """Two key informants in the register, and so in the list on the tablet."""
    file = enumerator.folder / "informants.csv"
    before = file.read_bytes()
    file.write_bytes(before + b"KI-07,KI-07 border police,border_police,\nKI-08,KI-08 customs,customs,\n")
    yield ("KI-07", "KI-08")
    file.write_bytes(before)


def test_an_informant_of_the_register_is_chosen_and_not_typed(
    enumerator: Enumerator, informants: tuple[str, ...]
) -> None:
    known = {"setting/informant_listed": informants[1]}
    filled = enumerator.fills("poe_status", {**CLOSED.answers, **known})
    assert filled.findings == ["not-asked setting/informant"]
    assert filled.answers["setting/informant_id"] == "KI-08"


def test_an_informant_of_the_register_is_not_asked_for_a_name(
    enumerator: Enumerator, informants: tuple[str, ...]
) -> None:
    known = {"informants/main_informant/informant": informants[0]}
    filled = enumerator.fills("poe_baseline", {**AIRPORT.answers, **known})
    assert filled.findings == ["not-asked informants/main_informant/ki_recontact"]


def test_a_border_nobody_knows_to_be_closed_for_whom_is_still_reported(enumerator: Enumerator) -> None:
    unsure = {"status/closed_for": "dnk"}
    assert enumerator.fills("poe_status", {**CLOSED.answers, **unsure}).findings == []


# --- the movements of a day ---

TOLD = {
    **AT_BRIDGE,
    "sensitivity": "internal",
    "entered_by": "EN-07",
    "estimate_method": "ki_estimate",
}
HOURS = {"obs_start": "06:00:00.000", "obs_end": "18:00:00.000", "obs_hours": 12.0}
HEARD = {"report_time": "2026-11-20T19:00:00.000Z"}
STRANDED = {
    "assessment_type": "POE",
    "record_type": "population",
    "population_category": "migrant_stranded",
    "breakdown": "total",
}


def test_a_day_has_a_row_for_each_direction_and_the_stranded_are_a_stock() -> None:
    assert harmonised(BUSY_DAY) == {
        "observation": [{**TOLD, **HOURS, "obs_date": DAY, "outcome": "movement"}],
        "flow": [
            {
                **TOLD,
                **HOURS,
                **HEARD,
                "flow_tool": "POE",
                "direction": "incoming",
                "n_ind": 120,
                "estimate_low": 100,
                "estimate_high": 150,
                "men": 50,
                "women": 30,
                "boys": 10,
                "girls": 5,
                "sadd_unknown": 25,
                "sadd_method": "ki_estimate",
            },
            {**TOLD, **HOURS, **HEARD, "flow_tool": "POE", "direction": "outgoing", "n_ind": 0},
        ],
        "flow_split": [
            {"group": 0, "dimension": "nationality", "code": "BFA", "n": 80},
            {"group": 0, "dimension": "nationality", "code": "OOO", "n": 40},
        ],
        "baseline": [
            {
                **TOLD,
                **HEARD,
                **STRANDED,
                "ind": 12,
                "men": 7,
                "women": 2,
                "boys": 2,
                "girls": 1,
                "needs": "shelter;food",
            }
        ],
    }


def test_a_direction_nobody_counted_has_no_row_and_who_may_be_stranded_is_unknown() -> None:
    assert harmonised(ONE_WAY) == {
        "observation": [{**SEEN, "estimate_method": "count", "obs_date": DAY, "outcome": "movement"}],
        "flow": [
            {
                **SEEN,
                "estimate_method": "count",
                "flow_tool": "POE",
                "direction": "outgoing",
                "n_ind": 8,
                "sadd_unknown": 8,
            }
        ],
    }


def test_a_day_of_movement_without_figures_says_so_and_nobody_stranded_is_a_zero() -> None:
    assert harmonised(NO_FIGURE) == {
        "observation": [
            {
                **SEEN,
                "estimate_method": "observation",
                "obs_date": DAY,
                "outcome": "movement",
                "quality_flags": "movement_without_groups",
            }
        ],
        "baseline": [{**SEEN, **STRANDED, "estimate_method": "observation", "ind": 0}],
    }


def test_a_day_without_movement_is_a_recorded_zero() -> None:
    assert harmonised(QUIET_DAY) == {
        "observation": [
            {**SEEN, **HOURS, "estimate_method": "observation", "obs_date": DAY, "outcome": "no_movement"}
        ]
    }


def test_a_day_nothing_is_known_of_has_its_reason() -> None:
    assert harmonised(NOTHING_KNOWN) == {
        "observation": [{**SEEN, "obs_date": DAY, "outcome": "not_observed", "not_observed_reason": "closed"}]
    }


@pytest.mark.parametrize(
    ("slip", "refused"),
    [
        ({"traffic/n_ind": -1}, "constraint traffic/n_ind"),
        ({"traffic/estimate_low": 121}, "constraint traffic/estimate_low"),
        ({"traffic/estimate_high": 119}, "constraint traffic/estimate_high"),
        ({"traffic/sadd/girls": 31}, "constraint traffic/sadd/girls"),
        ({"traffic/sadd_known": "yes"}, "constraint traffic/sadd/girls"),
        ({"traffic/nationalities[2]/nat_n": 41}, "constraint traffic/nationalities[2]/nat_n"),
        ({"day/ways_known": "neither incoming"}, "constraint day/ways_known"),
        ({"day/ways_known": "neither"}, "not-asked traffic/n_ind"),
        ({"day/ways_known": "outgoing"}, "not-asked traffic[2]/n_ind"),
        (
            {"stranded/stranded_sadd_group/stranded_girls": 2},
            "constraint stranded/stranded_sadd_group/stranded_girls",
        ),
        ({"stranded/stranded_needs_top": "none food"}, "constraint stranded/stranded_needs_top"),
        ({"day/outcome": "not_observed"}, "not-asked stranded/stranded_there"),
    ],
)
def test_a_slip_about_the_day_is_stopped_where_it_is_made(
    enumerator: Enumerator, slip: dict[str, object], refused: str
) -> None:
    assert enumerator.fills("poe_flow", BUSY_DAY.answers).findings == []
    assert refused in enumerator.fills("poe_flow", {**BUSY_DAY.answers, **slip}).findings
