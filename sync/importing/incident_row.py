"""One row of the Missing Migrants list as answers to the form `mmp_incident`, and what is told of its cells.

An empty cell is unknown and stays so. `Reported Date` (files until 2020, the API) is the day of the report,
`Incident Date` the day it happened; neither is taken for the other. What cannot be read is left out and told.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from forms import vocabulary
from forms.crosswalks import Unmapped, crosswalk, normalised
from sync.importing.account import Account
from sync.importing.cells import Unreadable, day, last_of_month, month_of, nothing, position, whole
from sync.importing.table import SourceRow

SOURCE = "missing_migrants"

_NUMBERS = ("dead", "missing", "survivors", "female", "male", "children")
_TEXTS = {
    "location_description": "where/location_description",
    "unsd_region": "where/unsd_region",
    "region_origin": "people/region_origin",
    "cause": "people/cause_said",
    "information_source": "sources/information_source",
    "url": "sources/source_url",
}
_CODED = {
    "region": ("incident_region", "where/region", "where/region_other"),
    "route": ("migration_route", "where/route", "where/route_other"),
    "cause": ("death_cause", "people/cause", "people/cause_said"),
}
"""Code list, the question it answers, and the question that keeps a text without a code."""


class IncidentRow:
    """One row being read: its answers, its share of the sums, and what is told of its cells."""

    def __init__(self, row: SourceRow, columns: Mapping[str, str], account: Account) -> None:
        self.row = row
        self._columns = columns
        self._account = account
        self.identifier = row[columns["identifier"]]
        self.figures: dict[str, int | None] = {}

    def answers(self) -> dict[str, str]:
        """By question, in no order; an unknown cell answers nothing."""
        found: dict[str, str | None] = {"list/source_id": self.identifier}
        main = self._text("main")
        if main is not None and main != self.identifier:
            found["list/event_id"] = main
        found |= self._days()
        found |= {path: self._text(name) for name, path in _TEXTS.items()}
        for name in _CODED:
            found |= self._coded(name)
        found["where/country"] = self._country()
        found |= self._origin()
        found["where/location"] = self._position()
        found |= self._numbers()
        found["sources/source_quality"] = self._quality()
        return {path: text for path, text in found.items() if text}

    def reason(self, same: SourceRow | None) -> tuple[str, str, str] | None:
        """Why the row is not imported, with its column and value: where it cannot be told from others."""
        column = self._columns["identifier"]
        if self.row.too_many:
            return "", "", "The row has more cells than there are columns: none of them can be trusted."
        if not self.identifier:
            return column, "", "It has no identifier: it could not be told from others at the next import."
        if same is None:
            return None
        alike = "word for word" if same.cells == self.row.cells else "with other content; the first was taken"
        return column, self.identifier, f"It stands in line {same.line} already, {alike}."

    def _text(self, name: str) -> str | None:
        text = self.row[self._columns.get(name)]
        return None if nothing(text) else text

    def _tell(self, name: str, text: str) -> None:
        column = self._columns.get(name, "")
        self._account.tell(self.row.line, self.identifier, column, self.row[column], text)

    # -- days ---

    def _days(self) -> dict[str, str | None]:
        year, month = self._year(), self._month()
        happened, reported = self._day("incident_date", year, month), self._day("reported", year, month)
        known = happened or reported
        if known is not None:
            self._compare(known, year, month)
        found = {
            "day/date_known": "day" if happened else "dnk",
            "day/event_date": _iso(happened),
            "day/reported_date": _iso(reported),
            "day/reporting_date": _iso(known),
        }
        if known is not None:
            return found
        if year is None:
            self._tell("year", "No date is known: figures by month do not hold it.")
            return found
        if month is None:
            self._tell("year", "Only the year is known: figures by month do not hold it.")
            return found | _period(date(year, 1, 1), date(year, 12, 31))
        first = date(year, month, 1)
        month_known = {"day/date_known": "month", "day/event_month": _iso(first)}
        return (
            found | month_known | _period(first, last_of_month(first)) | {"day/reporting_date": _iso(first)}
        )

    def _day(self, name: str, year: int | None, month: int | None) -> date | None:
        try:
            return day(self.row[self._columns.get(name)], year, month)
        except Unreadable as problem:
            self._tell(name, f"It {problem}: the day is not known.")
            return None

    def _year(self) -> int | None:
        text = self._text("year")
        if text is None:
            return None
        if text.isdigit() and 2000 <= int(text) <= 2100:
            return int(text)
        self._tell("year", "It is not a year.")
        return None

    def _month(self) -> int | None:
        text = self._text("month")
        month = month_of(text) if text is not None else None
        if text is not None and month is None:
            self._tell("month", "It is not a month.")
        return month

    def _compare(self, known: date, year: int | None, month: int | None) -> None:
        for name, said, dated in (("year", year, known.year), ("month", month, known.month)):
            if said not in (None, dated):
                self._tell(name, f"The date is {known}; that was taken.")

    # -- codes ---

    def _coded(self, name: str) -> dict[str, str | None]:
        code_list, path, in_words = _CODED[name]
        text = self._text(name)
        if text is None:
            return {}
        try:
            code = crosswalk(SOURCE, code_list, text)
        except Unmapped:
            self._account.miss(code_list, text, self.row.line)
            self._tell(name, f"It has no code in {code_list}: kept in words.")
            other = {path: "other"} if name != "cause" else {}
            return {**other, in_words: text}
        return {path: code if isinstance(code, str) else None}

    def _country(self) -> str | None:
        text = self._text("country")
        return self._iso3("country", text) if text is not None else None

    def _origin(self) -> dict[str, str | None]:
        text = self._text("countries_origin")
        if text is None:
            return {}
        whole_text = _country_code(text)
        parts = [text] if whole_text else [part.strip() for part in text.replace(";", ",").split(",")]
        codes = [self._iso3("countries_origin", part) for part in parts if part]
        known = list(dict.fromkeys(code for code in codes if code and code != _UNKNOWN))
        only = known[0] if len(known) == 1 and len(codes) == 1 else None
        return {"people/countries_origin": " ".join(known), "people/country_origin": only}

    def _iso3(self, name: str, text: str) -> str | None:
        code = _country_code(text)
        if code is None:
            self._account.miss("countries", text, self.row.line)
            self._tell(name, f"{text[:80]!r} is no country by that name: left empty.")
        return None if code == _UNKNOWN else code

    # -- figures and places ---

    def _numbers(self) -> dict[str, str | None]:
        found: dict[str, int | None] = {}
        for name in _NUMBERS:
            if name in self._columns:
                found[name] = self._number(name)
        for name in ("dead", "missing"):
            if name in self._columns:
                column = self._columns[name]
                self.figures[column] = found[name]
                self._account.count_cell(column, found[name])
        self._compare_total(found)
        known = {f"people/{name}": str(n) for name, n in found.items() if n is not None}
        victims = [found.get(name) for name in ("dead", "missing")]
        if any(n is not None for n in victims):
            known["people/victims"] = str(sum(n for n in victims if n is not None))
        return dict(known)

    def _number(self, name: str) -> int | None:
        try:
            return whole(self.row[self._columns[name]])
        except Unreadable as problem:
            self._tell(name, f"It {problem}: taken as not known.")
            return None

    def _compare_total(self, found: Mapping[str, int | None]) -> None:
        if "total" not in self._columns:
            return
        stated = self._number("total")
        known = [n for n in (found.get("dead"), found.get("missing")) if n is not None]
        if stated is not None and known and stated != sum(known):
            self._tell("total", f"Dead and missing together are {sum(known):,}; these two were taken.")
        elif stated and not known:
            self._tell("total", "Neither the dead nor the missing are known; the total stands in no column.")

    def _position(self) -> str | None:
        try:
            found = position(self.row[self._columns.get("coordinates")])
        except Unreadable as problem:
            self._tell("coordinates", f"It {problem}: imported without a position.")
            return None
        return str(found) if found is not None else None

    def _quality(self) -> str | None:
        text = self._text("source_quality")
        if text is None or text in ("1", "2", "3", "4", "5"):
            return text
        self._tell("source_quality", "It is not on the scale from 1 to 5: left empty.")
        return None


_UNKNOWN = "OOO"
_UNKNOWN_WORDS = {"unknown", "mixed", "unspecified", "not known"}


def _country_code(text: str) -> str | None:
    """ISO3 of a country as the United Nations name it, or by a name of the crosswalk; OOO: not known."""
    if normalised(text) in _UNKNOWN_WORDS:
        return _UNKNOWN
    try:
        code = crosswalk(SOURCE, "nationality", text)
    except Unmapped:
        return _COUNTRIES.get(normalised(text))
    return code if isinstance(code, str) else _UNKNOWN


_COUNTRIES = {normalised(code.label): code.code for code in vocabulary.codes("nationality").values()}


def _period(first: date, last: date) -> dict[str, str | None]:
    return {"day/period_start": _iso(first), "day/period_end": _iso(last)}


def _iso(found: date | None) -> str | None:
    return found.isoformat() if found is not None else None
