"""One event told of twice (alerts, triggers, incidents): same kind, same place or area, dates within a day.

Two informants tell of one theft, two volunteers of one flood. A follow-up belongs to its report and is
compared with nothing; incidents of one outside list were told apart by whoever keeps the list.
"""

from __future__ import annotations

import unicodedata
from datetime import date
from typing import Any

from sync.steps.matching.evidence import UNSURE, Evidence, Features, contradict, likeness, people

TOOLS = frozenset({"TTT", "EET", "MMP"})
PRIOR = 0.5
"""In bits: two alerts of one kind, from one place or area and day, are more likely one event than two."""

_WHAT = ("event_type", "movement_alert", "trigger_code", "death_cause", "alert_kind")
_COUNTS = (
    ("dead", "dead"),
    ("missing", "missing"),
    ("displaced", "displaced"),
    ("n_ind", "persons"),
    ("herds", "herds"),
    ("animals_lost", "animals lost"),
)
_ALIKE = 0.75
_UNLIKE = 0.2  # tens against hundreds: estimates differ, events differ more


def block(values: dict[str, Any], _: str | None) -> tuple[list[str], Features] | None:
    """Keys and features of a report; None for a follow-up, and without a kind, a date, or any idea of the
    place."""
    day: date | None = values["event_date"] or values["reporting_date"]
    what = {name: values[name] for name in _WHAT if values[name] not in (None, *UNSURE)}
    grounds = {
        "place": values["place_id"],
        "area": values["adm2_pcode"] or values["declared_pcode"] or values["adm1_pcode"],
    }
    if values["event_stage"] == "follow_up" or day is None or not what or not any(grounds.values()):
        return None
    features: Features = {
        **grounds,
        "ward": values["adm3_pcode"],
        "place_name": values["place_name"],
        "village": _folded(values["declared_place_name"]),
        "day": day.isoformat(),
        "what": what,
        "counts": {name: values[name] for name, _ in _COUNTS if values[name] is not None},
        "number": values["event_id"],
        "source": values["source_id"],
        "informant": values["informant_id"],
    }
    # By area too where there is a place: one informant names the well, the other only the district.
    days = (day.toordinal(), day.toordinal() + 1)
    return [f"{kind}:{code}|{cell}" for kind, code in grounds.items() if code for cell in days], features


def evidence(a: Features, b: Features) -> Evidence | None:
    """None where the two cannot be one event."""
    if any(contradict(a[name], b[name]) for name in ("place", "ward", "village", "source")):
        return None
    apart = abs(date.fromisoformat(a["day"]).toordinal() - date.fromisoformat(b["day"]).toordinal())
    if apart > 1 or not any(a[name] is not None and a[name] == b[name] for name in ("place", "area")):
        return None
    shared = [name for name in _WHAT if name in a["what"] and name in b["what"]]
    if not shared or any(a["what"][name] != b["what"][name] for name in shared):
        return None
    told = a["what"][shared[0]]  # the most exact thing both say
    when = f"on {a['day']}" if apart == 0 else f"on {min(a['day'], b['day'])} and the day after"
    found = Evidence(PRIOR)
    found.add(1.0 if apart == 0 else 0.0, f"both tell of {told} {_where(a, b)} {when}{people(a, b)}")
    found.add(-1.0 if shared == ["alert_kind"] else 0.0)
    for name, bits in (("place", 1.5), ("village", 1.5), ("ward", 0.5)):
        found.agree(a[name], b[name], bits, 0.0)
    if a["number"] is not None and a["number"] == b["number"]:
        found.add(3.0, "the same event number")
    _counts(found, a, b)
    return found


def _counts(found: Evidence, a: Features, b: Features) -> None:
    for name, words in _COUNTS:
        one, other = a["counts"].get(name), b["counts"].get(name)
        if one is None or other is None or max(one, other) == 0:
            continue
        alike = likeness(one, other)
        low, high = sorted((one, other))
        figures = f"{low:,}" if low == high else f"{low:,} and {high:,}"
        if alike >= _ALIKE:
            found.add(1.0, f"{figures} {words}")
        elif alike < _UNLIKE:
            found.add(-1.0)


def _where(a: Features, b: Features) -> str:
    if a["place"] is not None and a["place"] == b["place"]:
        return f"at {a['place_name'] or a['place']}"
    return f"in {a['area']}" if a["area"] == b["area"] else f"at {a['place']}"


def _folded(name: str | None) -> str | None:
    """A place name without accents, case and punctuation, for comparison only."""
    plain = unicodedata.normalize("NFKD", name or "").casefold()
    return "".join(c for c in plain if c.isalnum()) or None
