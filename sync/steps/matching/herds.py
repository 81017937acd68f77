"""One herd reported by two informants (TTT): at one counting point, at two neighbouring ones, or at none.

Informants estimate, so counts agree within a quarter; a herd walks, so two points may see it hours apart.
"""

from __future__ import annotations

import math
from typing import Any

from sync.steps.matching.evidence import Evidence, Features, contradict, likeness, people, span, where
from sync.steps.matching.windows import apart_in_words, could_coincide, keys, minutes_apart, time_features

TOOLS = frozenset({"TTT"})
SPECIES = ("cattle", "sheep", "goats", "camels", "donkeys", "horses")
PRIOR = -5.5
"""In bits: an area sees tens of herds in half a day, not thousands."""

WALKING_KM_H = 6.0
SMALLEST = 10  # heads: fewer are a household's animals, not a herd
_LIKENESS_BITS = ((0.9, 3.0), (0.75, 2.0), (0.6, 0.0))
_UNLIKE_BITS = -4.0
_FARTHEST_MINUTES = 6 * 60
_AT_ONE_PLACE = ((30, 2.0), (60, 1.5), (120, 0.5), (_FARTHEST_MINUTES, -1.5))
_ON_THE_WAY = ((60, 1.0), (180, 0.5), (_FARTHEST_MINUTES, 0.0))
_EARTH_KM = 6371.0


def block(values: dict[str, Any], _: str | None) -> tuple[list[str], Features] | None:
    """Keys and features of a herd report, None without animals, date, or any idea of the place."""
    when = time_features(values)
    heads = {name: values[name] for name in SPECIES if values[name] is not None}
    if not any(heads.values()) and values["animals_total"] is not None:
        heads = {"animals": values["animals_total"]}
    if when is None or sum(heads.values()) < SMALLEST:
        return None
    grounds = {
        "place": values["place_id"],
        "adm2": values["adm2_pcode"] or values["adm1_pcode"],
        "corridor": values["corridor_id"],
    }
    found = [f"{kind}:{code}|{cell}" for kind, code in grounds.items() if code for cell in keys(when)]
    if not found:
        return None
    features: Features = {
        **when,
        **grounds,
        "place_name": values["place_name"],
        "lon": values["lon"],
        "lat": values["lat"],
        "heads": heads,
        "n": values["n_ind"],
        "direction": values["direction"],
        "kind": values["transhumance_type"],
        "origin": values["origin_adm1"] or values["origin_iso3"],
        "final": values["final_adm1"] or values["final_iso3"],
        "elsewhere": values["counted_elsewhere"],
        "elsewhere_at": values["counted_place"],
        "informant": values["informant_id"],
    }
    return found, features


def evidence(a: Features, b: Features) -> Evidence | None:
    """None where the two cannot be one herd."""
    minutes = minutes_apart(a, b)
    if contradict(a["direction"], b["direction"]) or contradict(a["kind"], b["kind"]):
        return None
    if (minutes is None and not could_coincide(a, b)) or not _can_walk(a, b, minutes):
        return None
    found = Evidence(PRIOR)
    same_place = a["place"] is not None and a["place"] == b["place"]
    if minutes is not None:
        if minutes > _FARTHEST_MINUTES:
            return None
        times = _AT_ONE_PLACE if same_place else _ON_THE_WAY
        found.add(next(bits for limit, bits in times if minutes <= limit))
    _heads(found, a, b, f"{where(a, b)} on {min(a['day'], b['day'])}{apart_in_words(minutes)}{people(a, b)}")
    if same_place:
        found.add(2.0)
    found.agree(a["direction"], b["direction"], 0.5, 0.0, f"both {a['direction']}")
    found.agree(a["corridor"], b["corridor"], 1.0, -2.0, "same corridor")
    found.agree(a["origin"], b["origin"], 0.5, -2.0, "same origin")
    found.agree(a["final"], b["final"], 0.5, -2.0, "same destination")
    found.agree(a["informant"], b["informant"], -3.0, 1.0)  # who tells of two herds knows that they are two
    _elsewhere(found, a, b)
    return found


def _heads(found: Evidence, a: Features, b: Features, circumstances: str) -> None:
    """Species by species; larger herds are rarer. A species only one of them names says nothing."""
    shared = [name for name in a["heads"] if name in b["heads"]]
    counted = sorted(shared, key=lambda name: (-(a["heads"][name] + b["heads"][name]), name))
    if not any(a["heads"][name] and b["heads"][name] for name in counted):
        found.add(_UNLIKE_BITS)
    for position, name in enumerate(counted):
        one, other = a["heads"][name], b["heads"][name]
        if max(one, other) < SMALLEST:
            continue
        alike = likeness(one, other)
        bits = next((bits for least, bits in _LIKENESS_BITS if alike >= least), _UNLIKE_BITS)
        rare = min(2.0, max(0.0, math.log2(max(one, other) / 200))) if bits > 0 else 0.0
        reason = span([one, other], name) if bits >= 0 else ""
        found.add(bits + rare, f"{reason} {circumstances}" if reason and position == 0 else reason)


def _elsewhere(found: Evidence, a: Features, b: Features) -> None:
    if "yes" not in (a["elsewhere"], b["elsewhere"]):
        return
    named = any(x["elsewhere_at"] and x["elsewhere_at"] == y["place"] for x, y in ((a, b), (b, a)))
    found.add(4.0 if named else 2.0, "one is said to have been counted before")


def _can_walk(a: Features, b: Features, minutes: int | None) -> bool:
    """Whether the herd can have come from one position to the other; 3 km are granted for the positions."""
    if minutes is None or None in (a["lon"], a["lat"], b["lon"], b["lat"]):
        return True
    lat_a, lat_b = math.radians(a["lat"]), math.radians(b["lat"])
    dlon = math.radians(b["lon"] - a["lon"])
    haversine = (
        math.sin((lat_b - lat_a) / 2) ** 2 + math.cos(lat_a) * math.cos(lat_b) * math.sin(dlon / 2) ** 2
    )
    km = 2 * _EARTH_KM * math.asin(min(1.0, math.sqrt(haversine)))
    return km <= 3 + WALKING_KM_H * (minutes + 30) / 60
