"""How long a place was observed on a day, when several observers may have been there at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import RowMapping

_DAY = 24 * 60


@dataclass(frozen=True, slots=True)
class Span:
    """One observation: local times as written, and hours; each None when not known."""

    start: str | None
    end: str | None
    hours: float | None

    @classmethod
    def of(cls, row: Mapping[str, Any] | RowMapping) -> Span:
        return cls(row["obs_start"], row["obs_end"], row["obs_hours"])

    @property
    def minutes(self) -> tuple[float, float] | None:
        """Minutes since midnight, the end after the start also past midnight; None when one is unknown."""
        start = _minutes(self.start)
        if start is None:
            return None
        if self.hours is not None:
            return start, start + self.hours * 60
        end = _minutes(self.end)
        if end is None:
            return None
        return start, end if end > start else end + _DAY


def observed_hours(spans: Sequence[Span]) -> dict[str, Any]:
    """obs_start, obs_end and obs_hours of a day: first start, last end, hours that overlap counted once."""
    timed = sorted(
        ((span.minutes, span) for span in spans if span.minutes is not None), key=lambda one: one[0]
    )
    untimed = max(
        (span.hours for span in spans if span.minutes is None and span.hours is not None), default=None
    )
    if not timed:
        only = spans[0] if len(spans) == 1 else Span(None, None, None)
        return {"obs_start": only.start, "obs_end": only.end, "obs_hours": untimed}
    covered, reach = 0.0, 0.0
    for (start, end), _ in timed:
        covered += max(0.0, end - max(start, reach))
        reach = max(reach, end)
    last = max(timed, key=lambda one: one[0][1])[1]
    return {
        "obs_start": timed[0][1].start,
        "obs_end": last.end,
        "obs_hours": max(round(covered / 60, 2), untimed or 0.0),
    }


def _minutes(text: str | None) -> float | None:
    """ "06:30", "06:30:00.000+01:00" -> 390; None when it is no time."""
    try:
        hours, minutes = (text or "")[:5].split(":")
        return int(hours) * 60 + int(minutes)
    except ValueError:
        return None
