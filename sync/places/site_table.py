"""One row of a table of places: cells to values, with a problem for every cell that does not fit.

place_id    code, unique in the project: "FMP-03"           required
name                                                        required
kind        code list place_type                            required
lon, lat    WGS84 degrees with a decimal point, both or neither
pcode       area of the place; where there is no position, it is placed by this
timezone    IANA: "Africa/Ndjamena"; default UTC
route       corridor or route it stands on
weekdays    when it should be observed: "12345", "1-5", "mon-fri", "mon tue sat", "daily"
opens, closes   local hours of that: "06:00"
valid_from, valid_to   "2026-11-01"
ssid        code in DTM's own register
official    yes or no; empty: not known
iata        code of an airport
paired_code place on the other side of the border
corridor    code of the corridor it stands on
organisation   code of who runs it
designated  yes: of the points of its route, the one that a network's movements are taken from
status      code list place_lifecycle; status_from (required with it), status_to, status_reason

Columns from ssid on change nothing of a place where the table does not have them.
"""

from __future__ import annotations

import math
import re
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from forms import vocabulary

COLUMNS = (
    "place_id", "name", "kind", "lon", "lat", "pcode", "timezone", "route",
    "weekdays", "opens", "closes", "valid_from", "valid_to",
    "ssid", "official", "iata", "paired_code", "corridor", "organisation", "designated",
    "status", "status_from", "status_to", "status_reason",
)  # fmt: skip

_AS_THEY_ARE = ("ssid", "iata", "paired_code", "corridor", "organisation")
_YES_NO = {"": None, "yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CODE = re.compile(r"[^\s\x00-\x1f]{1,64}")


@dataclass(frozen=True, slots=True)
class SiteProblem:
    row: int  # line of the file, from 1
    column: str  # "" for the whole row
    text: str


@dataclass(frozen=True, slots=True)
class PlaceState:
    """Whether a place is at work, from when to when."""

    status: str  # code list place_lifecycle
    begins: date
    ends: date | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class SiteRow:
    """values: columns of table `place`; expected: (ISO weekdays, opens, closes)."""

    code: str
    values: dict[str, Any]
    expected: tuple[str, str, str] | None = None
    warnings: list[str] = field(default_factory=list)
    state: PlaceState | None = None


def read_row(record: Mapping[str, str | None], line: int) -> tuple[SiteRow | None, list[SiteProblem]]:
    """The row, and all its problems. None when its code cannot be read."""
    cells = {name: (record.get(name) or "").strip() for name in COLUMNS}
    reader = _Cells(cells, line)
    code, begins, ends = reader.code(), reader.day("valid_from"), reader.day("valid_to")
    values: dict[str, Any] = {
        "code": code,
        "name": reader.required("name"),
        "kind": reader.kind(),
        "lon": reader.degrees("lon", 180.0),
        "lat": reader.degrees("lat", 90.0),
        "pcode": cells["pcode"] or None,
        "timezone": reader.zone(),
        "route": cells["route"] or None,
        "valid_from": begins,
        "valid_to": ends,
    }
    values |= {name: cells[name] or None for name in _AS_THEY_ARE if name in record}
    values |= {name: reader.yes_or_no(name) for name in ("official", "designated") if name in record}
    if bool(cells["lon"]) != bool(cells["lat"]):
        reader.problem("lat" if cells["lon"] else "lon", "lon and lat go together: give both or neither")
    if begins and ends and ends < begins:
        reader.problem("valid_to", f"{ends} is before valid_from {begins}")
    expected, state = reader.expected(), reader.state()
    warnings = []
    if not cells["lon"] and not cells["pcode"]:
        warnings.append(
            f"{values['code']} has neither position nor p-code: its records cannot be placed by it"
        )
    row = SiteRow(code, values, expected, warnings, state) if code else None
    return row, sorted(reader.problems, key=lambda problem: COLUMNS.index(problem.column))


class _Cells:
    def __init__(self, cells: Mapping[str, str], line: int) -> None:
        self._cells = cells
        self._line = line
        self.problems: list[SiteProblem] = []

    def problem(self, column: str, text: str) -> None:
        self.problems.append(SiteProblem(self._line, column, text))

    def required(self, column: str) -> str:
        if not self._cells[column]:
            self.problem(column, "is empty")
        return self._cells[column]

    def code(self) -> str:
        code = self.required("place_id")
        if code and not _CODE.fullmatch(code):
            self.problem(
                "place_id", f"{code[:80]!r} has a blank in it or is longer than 64: forms choose by it"
            )
        return code

    def kind(self) -> str:
        kind = self.required("kind").lower()
        known = [c.code for c in vocabulary.codes("place_type").values() if not c.retired_in]
        if kind and kind not in known:
            self.problem("kind", f"{kind!r} is not a kind of place; known are {', '.join(known)}")
        return kind

    def degrees(self, column: str, most: float) -> float | None:
        text = self._cells[column]
        if not text:
            return None
        try:
            value = float(text)
        except ValueError:
            self.problem(column, f"{text!r} is not a number of degrees; write 12.6392, with a point")
            return None
        if not math.isfinite(value) or abs(value) > most:
            self.problem(
                column, f"{text} is not between -{most:.0f} and {most:.0f}; are lon and lat swapped?"
            )
            return None
        return value

    def zone(self) -> str:
        name = self._cells["timezone"] or "UTC"
        try:
            zoneinfo.ZoneInfo(name)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            self.problem("timezone", f"{name!r} is not an IANA time zone such as Africa/Bamako")
        return name

    def day(self, column: str) -> date | None:
        text = self._cells[column]
        try:
            return date.fromisoformat(text) if text else None
        except ValueError:
            self.problem(column, f"{text!r} is not a date; write 2026-11-22")
            return None

    def yes_or_no(self, column: str) -> bool | None:
        text = self._cells[column].lower()
        if text not in _YES_NO:
            self.problem(column, f"{text!r} is neither yes nor no; leave it empty where it is not known")
        return _YES_NO.get(text)

    def state(self) -> PlaceState | None:
        status = self._cells["status"].lower()
        begins, ends = self.day("status_from"), self.day("status_to")
        if not status:
            for column in ("status_from", "status_to", "status_reason"):
                if self._cells[column]:
                    self.problem(column, "says more of a status, but status is empty")
            return None
        known = [c.code for c in vocabulary.codes("place_lifecycle").values() if not c.retired_in]
        if status not in known:
            self.problem("status", f"{status!r} is not a status; known are {', '.join(known)}")
        if begins is None:
            self.problem("status_from", "is empty or no date, status is not: since when?")
            return None
        if ends is not None and ends < begins:
            self.problem("status_to", f"{ends} is before status_from {begins}")
        return PlaceState(status, begins, ends, self._cells["status_reason"] or None)

    def expected(self) -> tuple[str, str, str] | None:
        given = [self._cells[c] for c in ("weekdays", "opens", "closes")]
        if not any(given):
            return None
        weekdays = self._weekdays(given[0])
        opens, closes = self._clock("opens"), self._clock("closes")
        if opens and closes and opens >= closes and closes != "00:00":
            self.problem("closes", f"{closes} is not after opens {opens}; an overnight point closes at 00:00")
        return weekdays, opens, closes

    def _clock(self, column: str) -> str:
        match = re.fullmatch(r"(\d{1,2}):(\d{2})(?::00)?", self._cells[column])
        if match is None or int(match[1]) > 23 or int(match[2]) > 59:
            text = self._cells[column]
            self.problem(
                column, f"{text!r} is not a time; write 06:00" if text else "is empty, weekdays are not"
            )
            return ""
        return f"{int(match[1]):02}:{match[2]}"

    def _weekdays(self, text: str) -> str:
        if text.lower() in ("", "daily"):
            return "1234567"
        found: set[int] = set()
        for part in re.split(r"[\s,;/]+", text.lower()):
            ends = [self._weekday(end) for end in part.split("-")]
            if None in ends or len(ends) > 2:
                if part.isdigit() and set(part) <= set("1234567"):
                    found |= {int(d) for d in part}
                    continue
                self.problem("weekdays", f"{text!r} is not a set of weekdays; write 12345, 1-5 or mon-fri")
                return ""
            first, last = ends[0] or 1, ends[-1] or 7
            found |= {(first - 1 + step) % 7 + 1 for step in range((last - first) % 7 + 1)}
        return "".join(str(day) for day in sorted(found))

    def _weekday(self, text: str) -> int | None:
        if text in tuple("1234567"):
            return int(text)
        return _DAYS.index(text[:3]) + 1 if text[:3] in _DAYS else None
