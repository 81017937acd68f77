"""A group on the move counted twice at one point (FMR, EET): same direction, close size, sex and age, time.

Everyday groups of two or three meet their like at any bus station and are left alone.
"""

from __future__ import annotations

import math
from typing import Any

from sync.steps.matching.evidence import Evidence, Features, contradict, people, rarity_bits, span, where
from sync.steps.matching.windows import apart_in_words, could_coincide, keys, minutes_apart, time_features

TOOLS = frozenset({"FMR", "EET"})
SMALLEST = 5
PRIOR = -13.0
"""In bits: two enumerators at a busy point make thousands of pairs of groups a day, nearly all different."""

_BAND = math.log(1.5)
_TIME_BITS = ((10, 3.0), (30, 2.0), (60, 1.0), (120, -2.0), (180, -4.0))
_SADD = ("men", "women", "boys", "girls")
_CODES = (
    ("nationality", 1.0, -5.0, "same nationality"),
    ("transport", 1.0, -4.0, "same means of transport"),
    ("origin", 1.0, -3.0, "same origin"),
    ("final", 1.0, -3.0, "same destination"),
)


def block(values: dict[str, Any], nationality: str | None) -> tuple[list[str], Features] | None:
    """Keys and features of a flow row, None where it cannot be compared: no point, no date, few people."""
    n, place, when = values["n_ind"], values["place_id"], time_features(values)
    if when is None or place is None or n is None or n < SMALLEST:
        return None
    band = int(math.log(n) // _BAND)
    found = [f"{place}|{cell}|{size}" for cell in keys(when) for size in (band, band + 1)]
    features: Features = {
        **when,
        "place": place,
        "place_name": values["place_name"],
        "n": n,
        "sadd": [values[name] for name in _SADD],
        "direction": values["direction"],
        "nationality": values["nationality_iso3"] or nationality,
        "transport": values["transport"],
        "origin": values["origin_iso3"],
        "final": values["final_iso3"],
        "elsewhere": values["counted_elsewhere"],
        "informant": values["informant_id"],
    }
    return found, features


def evidence(a: Features, b: Features) -> Evidence | None:
    """None where the two cannot be one group."""
    minutes = minutes_apart(a, b)
    if a["place"] != b["place"] or contradict(a["direction"], b["direction"]):
        return None
    if minutes is None and not could_coincide(a, b):
        return None
    size = rarity_bits(a["n"], b["n"])
    if size is None or (minutes is not None and minutes > _TIME_BITS[-1][0]):
        return None
    found = Evidence(PRIOR + size)
    found.reasons.append(
        span([a["n"], b["n"]], "movements")
        + f" {where(a, b)} on {min(a['day'], b['day'])}{apart_in_words(minutes)}{people(a, b)}"
    )
    if minutes is not None:
        found.add(next(bits for limit, bits in _TIME_BITS if minutes <= limit))
    _sex_and_age(found, a, b)
    found.agree(a["direction"], b["direction"], 1.0, 0.0, f"both {a['direction']}")
    for name, same, different, reason in _CODES:
        found.agree(a[name], b[name], same, different, reason)
    if "yes" in (a["elsewhere"], b["elsewhere"]):
        found.add(2.0, "one is said to have been counted before")
    return found


def _sex_and_age(found: Evidence, a: Features, b: Features) -> None:
    """Equal cells are worth about half of what all ways to divide the group among four cells are."""
    if None in a["sadd"] or None in b["sadd"]:
        return
    apart = sum(abs(x - y) for x, y in zip(a["sadd"], b["sadd"], strict=True))
    n = max(a["n"], b["n"])
    ways = math.log2(math.comb(n + 3, 3))
    if apart == 0:
        found.add(0.5 * ways, "same men, women, boys and girls")
    elif apart <= max(2, 0.15 * n):
        found.add(0.25 * ways, "similar sex and age")
    elif apart > 0.3 * n:
        found.add(-4.0)
