"""Visits to points of entry: the point itself, its status over time, and a day's movements."""

from __future__ import annotations

from tests.library.fieldworker import Visit

AIRPORT = Visit(
    "poe_baseline",
    {
        "setting/visit_date": "2026-11-20",
        "setting/enumerator": "EN-07",
        "setting/place_listed": "yes",
        "setting/place": "POE-02",
        "setting/location": "12.35 -1.51 0.0 8.0",
        "informants/ki_count": 1,
        "informants/channel": "phone",
        "informants/main_informant/ki_role": "border_official",
        "informants/main_informant/ki_recontact": "no",
        "informants/method": "registration",
        "informants/confidence": "5",
        "profile/kind": "poe_airport",
        "profile/iata": "OUA",
        "profile/lifecycle": "active",
        "profile/lifecycle_since": "1961-05-01",
        "profile/official": "yes",
        "profile/hours": "always",
        "profile/days_per_week": 7,
        "profile/transport_modes": "plane",
        "profile/directions": "incoming outgoing transit",
        "profile/paired_country": "GHA",
        "profile/paired_place": "POE-01",
        "profile/managed_by": "government private",
        "profile/actors_present": "border_police customs un",
        "profile/staff": 85,
        "profile/route": "BFA-GHA",
        "health/isolation_space": "yes",
        "health/isolation_capacity": 6,
        "health/water": "yes",
        "health/latrines": "yes",
        "health/latrines_count": 12,
        "health/handwashing": "no",
        "services_there": "yes",
        "services": 1,
        "services/service": "information_point",
        "services/service_count": 2,
        "services/service_works": "yes",
        "services/service_enough": "dnk",
        "comment": "New terminal opens in March",
    },
    {
        "setting/place_id": "POE-02",
        "informants/other_informants_count": 0,
        "profile/opens": "00:00",
        "profile/closes": "23:59",
    },
    "an airport with everything known",
)

UNKNOWN_LANDING = Visit(
    "poe_baseline",
    {
        "setting/visit_date": "2026-11-20",
        "setting/place_listed": "no",
        "setting/place_name": "Old landing",
        "informants/ki_count": 0,
        "informants/method": "observation",
        "informants/confidence": "2",
        "profile/kind": "poe_blue",
        "profile/lifecycle": "dnk",
        "profile/official": "no",
        "profile/hours": "unknown",
        "profile/transport_modes": "boat",
        "profile/directions": "undefined",
        "profile/managed_by": "nobody",
        "health/isolation_space": "dnk",
        "services_there": "no",
    },
    {"informants/other_informants_count": 0},
    "a landing nobody could tell about",
)

CLOSED = Visit(
    "poe_status",
    {
        "setting/place": "POE-01",
        "setting/status_date": "2026-11-20",
        "setting/enumerator": "EN-07",
        "setting/method": "informant",
        "setting/informant": "KI-7",
        "setting/informant_role": "border_police",
        "setting/channel": "phone",
        "setting/report_time": "2026-11-20T08:30:00.000Z",
        "setting/confidence": "4",
        "status/operational_status": "fully_closed",
        "status/closed_for": "entry exit",
        "status/measures": "curfew other",
        "status/measure_other": "Trucks are checked in the next town",
        "status/affected_pop": "nationals herders",
        "status/measure_start": "2026-11-01",
        "status/measure_end": "2026-12-01",
        "status/health_measures": "none",
        "traffic/est_inflow": 0,
        "traffic/est_outflow": 0,
        "comment": "Announced by radio",
    },
    {"setting/informant_id": "KI-7"},
    "a border closed both ways",
)

OPEN = Visit(
    "poe_status",
    {
        "setting/place": "POE-01",
        "setting/status_date": "2026-11-20",
        "setting/method": "seen",
        "status/operational_status": "fully_operational",
        "status/measures": "none",
        "status/health_measures": "dnk",
    },
    name="an open border, in six answers",
)

_DAY = {"day/place": "POE-01", "day/flow_date": "2026-11-20"}

BUSY_DAY = Visit(
    "poe_flow",
    {
        **_DAY,
        "day/enumerator": "EN-07",
        "day/outcome": "movement",
        "day/obs_start": "06:00:00.000",
        "day/obs_end": "18:00:00.000",
        "day/method": "ki_estimate",
        "day/report_time": "2026-11-20T19:00:00.000Z",
        "day/ways_known": "incoming outgoing",
        "traffic": 2,
        "traffic/n_ind": 120,
        "traffic/estimate_low": 100,
        "traffic/estimate_high": 150,
        "traffic/sadd_known": "partly",
        "traffic/sadd/men": 50,
        "traffic/sadd/women": 30,
        "traffic/sadd/boys": 10,
        "traffic/sadd/girls": 5,
        "traffic/sadd/sadd_method": "ki_estimate",
        "traffic/nat_known": "yes",
        "traffic/nationalities": 2,
        "traffic/nationalities/nat_code": "BFA",
        "traffic/nationalities/nat_n": 80,
        "traffic/nationalities[2]/nat_code": "OOO",
        "traffic/nationalities[2]/nat_n": 40,
        "traffic[2]/n_ind": 0,
        "stranded/stranded_there": "yes",
        "stranded/stranded_said": 12,
        "stranded/stranded_sadd": "yes",
        "stranded/stranded_sadd_group/stranded_men": 7,
        "stranded/stranded_sadd_group/stranded_women": 2,
        "stranded/stranded_sadd_group/stranded_boys": 2,
        "stranded/stranded_sadd_group/stranded_girls": 1,
        "stranded/stranded_needs_top": "food shelter",
        "stranded/stranded_needs": "shelter food",
        "comment": "Holiday on the other side",
    },
    {
        "traffic_count": 2,
        "traffic/direction": "incoming",
        "traffic/sadd_unknown": 25,
        "traffic/nat_sum": 120,
        "traffic[2]/direction": "outgoing",
        "stranded/stranded_ind": 12,
    },
    "a day with figures of both directions, and stranded migrants",
)

ONE_WAY = Visit(
    "poe_flow",
    {
        **_DAY,
        "day/outcome": "movement",
        "day/method": "count",
        "day/ways_known": "outgoing",
        "traffic": 1,
        "traffic/n_ind": 8,
        "traffic/sadd_known": "no",
        "traffic/nat_known": "no",
        "stranded/stranded_there": "dnk",
    },
    {"traffic_count": 1, "traffic/direction": "outgoing", "traffic/sadd_unknown": 8},
    "a day of which one direction is known",
)

NO_FIGURE = Visit(
    "poe_flow",
    {
        **_DAY,
        "day/outcome": "movement",
        "day/method": "observation",
        "day/ways_known": "neither",
        "stranded/stranded_there": "no",
    },
    {"traffic_count": 0, "stranded/stranded_ind": 0},
    "a day with movement that nobody counted, and nobody stranded",
)

QUIET_DAY = Visit(
    "poe_flow",
    {
        **_DAY,
        "day/outcome": "no_movement",
        "day/obs_start": "06:00:00.000",
        "day/obs_end": "18:00:00.000",
        "day/method": "observation",
        "stranded/stranded_there": "dnk",
    },
    {"traffic_count": 0},
    "a day without movement",
)

NOTHING_KNOWN = Visit(
    "poe_flow",
    {**_DAY, "day/outcome": "not_observed", "day/not_observed_reason": "closed"},
    {"traffic_count": 0},
    "a day nothing is known of",
)
