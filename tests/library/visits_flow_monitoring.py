"""Visits to flow monitoring points."""

from __future__ import annotations

from tests.library.fieldworker import Visit

GROUP = Visit(
    "fmr",
    {
        "day/place": "FMP-01",
        "day/obs_date": "2026-11-20",
        "day/outcome": "movement",
        "day/obs_start": "06:00:00.000",
        "day/obs_end": "18:00:00.000",
        "groups": 1,
        "groups/direction": "incoming",
        "groups/movement_type": "seasonal",
        "groups/n_ind": 10,
        "groups/sadd_known": "yes",
        "groups/sadd/men": 3,
        "groups/sadd/women": 2,
        "groups/sadd/boys": 4,
        "groups/sadd/girls": 1,
        "groups/vuln_asked": "no",
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
        "groups/counted_elsewhere": "no",
        "groups/info_source": "group_member",
    },
    {"groups/group_no": 1, "groups/sadd_unknown": 0, "groups/nat_sum": 10},
    "a group with everything known",
)
