"""Reports of volunteers after an emergency."""

from __future__ import annotations

from tests.library.fieldworker import Visit

NUMBER = {
    "event_digits": "82146925",
    "event_check": "3",
    "event_id": "821-469-253",
    "username": "V-12",
    "typed_by": "V-12",
}

ARRIVALS = Visit(
    "eet",
    {
        "trigger_code": "flood",
        "where/area": "NE001001",
        "where/place_name": "Tabelot",
        "event_date": "2026-11-20",
        "movements": "arrived",
        "how_many/arrived_ind": 120,
        "how_many/arrived_hh": 20,
        "from_to/from_area": "NE001001",
        "shelter": "school",
        "needs": "food drinking_water shelter",
        "how_known": "seen",
    },
    {"arrived_group": "arrived", "arrived_from": "NE001001", "access": "yes"},
    "people arrived after a flood",
    NUMBER,
)

ALL_WAYS = Visit(
    "eet",
    {
        "trigger_code": "conflict_attack",
        "where/place_name": "Tabelot",
        "event_date": "2026-11-19",
        "movements": "arrived left transit return",
        "how_many/arrived_ind": 60,
        "how_many/left_ind": 300,
        "how_many/left_hh": 50,
        "how_many/return_intended": 25,
        "from_to/from_area": "NE001001",
        "from_to/to_area": "NE001001",
        "shelter": "host_family",
        "needs": "protection",
        "how_known": "told",
        "access_said": "limited_access",
    },
    {
        "arrived_group": "arrived",
        "left_group": "left",
        "transit_group": "transit",
        "arrived_from": "NE001001",
        "left_to": "NE001001",
        "transit_from": "NE001001",
        "transit_to": "NE001001",
        "access": "limited_access",
    },
    "people come, go and pass through, as somebody told",
    NUMBER,
)

NOBODY_MOVED = Visit(
    "eet",
    {
        "trigger_code": "dnk",
        "where/place_name": "Tabelot",
        "event_date": "2026-11-20",
        "movements": "none",
        "how_known": "dnk",
    },
    {},
    "nobody has moved, and little is known",
    NUMBER,
)
