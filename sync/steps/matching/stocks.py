"""One place assessed twice in one round (DOMAIN 2.6.7): two totals of one population, two submissions."""

from __future__ import annotations

import unicodedata
from typing import Any

from sync.steps.matching.evidence import Evidence, Features, likeness, people

PRIOR = 1.0
"""In bits: two totals of one population at one place and round are one assessed twice, until shown not."""


def block(values: dict[str, Any], _: str | None) -> tuple[list[str], Features] | None:
    """Totals only, and only with a place or area, and a round or a date."""
    ground = values["place_id"] or values["declared_pcode"]
    time = values["round"] or (values["reporting_date"] and values["reporting_date"].isoformat())
    category = values["population_category"]
    wanted = values["record_type"] == "population" and values["breakdown"] == "total"
    if not wanted or ground is None or time is None or category is None:
        return None
    tool = values["assessment_type"] or values["form_id"]  # BA and SA are never added, nor compared
    features: Features = {
        "tool": tool,
        "operation": values["operation"],
        "ground": ground,
        "name": values["place_name"] or ground,
        "village": _folded(values["declared_place_name"]),
        "time": time,
        "when": f"round {time}" if values["round"] else time,
        "category": category,
        "ind": values["ind"],
        "hh": values["hh"],
        "informant": values["informant_id"],
    }
    return [f"{tool}|{ground}|{time}|{category}"], features


def evidence(a: Features, b: Features) -> Evidence | None:
    """None where they speak of different places, times, populations or operations."""
    if any(a[name] != b[name] for name in ("tool", "ground", "time", "category")):
        return None
    if any(a[name] and b[name] and a[name] != b[name] for name in ("village", "operation")):
        return None
    found = Evidence(PRIOR)
    about = f"{a['category']} at {min(a['name'], b['name'])} in {a['when']}{people(a, b)}"
    unit = "ind" if a["ind"] is not None and b["ind"] is not None else "hh"
    one, other = a[unit], b[unit]
    if one is None or other is None:
        found.reasons.append(f"both assess {about}")
        return found
    low, high = sorted((one, other))
    what = "persons" if unit == "ind" else "households"
    figures = f"{low:,} {what}" if low == high else f"{low:,} and {high:,} {what}"
    alike = likeness(one, other)
    found.add(3.0 if low == high else 2.0 if alike >= 0.9 else 0.0, f"both assess {about}: {figures}")
    return found


def _folded(name: str | None) -> str | None:
    """A place name without accents, case and punctuation, for comparison only."""
    plain = unicodedata.normalize("NFKD", name or "").casefold()
    return "".join(c for c in plain if c.isalnum()) or None
