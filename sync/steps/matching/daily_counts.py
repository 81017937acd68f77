"""A count of one place, day and direction entered twice (POE, FMC): there can be only one such figure."""

from __future__ import annotations

from typing import Any

from sync.steps.matching.evidence import Evidence, Features, contradict, likeness, people, span, where
from sync.steps.matching.windows import could_coincide, time_features

TOOLS = frozenset({"POE", "FMC"})
PRIOR = 0.5
"""In bits: two figures for one place, day and direction are more likely one than two."""


def block(values: dict[str, Any], nationality: str | None) -> tuple[list[str], Features] | None:
    when, place, n = time_features(values), values["place_id"], values["n_ind"]
    if when is None or place is None or not n:
        return None
    if values["flow_tool"] == "FMC" and not (values["obs_start"] and values["obs_end"]):
        return None  # an hourly count without its hour meets every other one of the day
    features: Features = {
        **when,
        "place": place,
        "place_name": values["place_name"],
        "n": n,
        "direction": values["direction"],
        "nationality": values["nationality_iso3"],
        "transport": values["transport"],
        "hours": [values["obs_start"], values["obs_end"]],
        "informant": values["informant_id"],
    }
    return [f"{place}|{when['day']}"], features


def evidence(a: Features, b: Features) -> Evidence | None:
    """None where the two are figures for different things."""
    if a["place"] != b["place"] or a["day"] != b["day"] or not could_coincide(a, b):
        return None
    if any(contradict(a[name], b[name]) for name in ("direction", "nationality", "transport")):
        return None
    if None not in (*a["hours"], *b["hours"]) and not _overlap(a["hours"], b["hours"]):
        return None
    found = Evidence(PRIOR)
    alike = likeness(a["n"], b["n"])
    bits = 3.0 if alike >= 0.9 else 1.5 if alike >= 0.75 else 0.0
    found.add(bits, f"{span([a['n'], b['n']], 'movements')} {where(a, b)} on {a['day']}{people(a, b)}")
    found.agree(a["direction"], b["direction"], 1.0, 0.0, f"both {a['direction']}")
    return found


def _overlap(one: list[str], other: list[str]) -> bool:
    """Whether two spans of local time share a moment; those over midnight share the day's end."""
    if one[1] <= one[0] or other[1] <= other[0]:
        return True
    return one[0] < other[1] and other[0] < one[1]
