"""Where a row of a baseline sheet is: its areas by code or name, its registered site, its position.

Flows in: a row and what is registered here. Flows out: the place in the file's own words, and the answers
about it. What nothing here answers to is kept as the file has it, and told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sync.importing.account import Account
from sync.importing.baseline_columns import Columns
from sync.importing.baseline_registers import Known
from sync.importing.cells import Unreadable, nothing, placed
from sync.importing.table import SourceRow
from sync.places.areas import slug
from sync.places.matching import CONVERSIONS

_LEVELS = ("1", "2", "3")


@dataclass(frozen=True, slots=True)
class RowCells:
    """The cells of rows by what they hold, and what is told of them."""

    columns: Columns
    account: Account

    def text(self, row: SourceRow, name: str) -> str:
        text = row[self.columns.ours.get(name)]
        return "" if nothing(text) else text

    def tell(self, row: SourceRow, column: str, text: str) -> None:
        self.account.tell(row.line, self._name(row), column, row[column], text)

    def list_row(
        self, row: SourceRow, column: str, value: str, why: str, shares: Mapping[str, int | None]
    ) -> None:
        self.account.list_row(row.line, self._name(row), column, value, why, shares)

    def _name(self, row: SourceRow) -> str:
        """What a person finds the row by."""
        named = ("source_id", "site_code", "site_name", "admin2_pcode", "admin2_name", "admin1_pcode")
        return next((text for name in named if (text := self.text(row, name))), "")


@dataclass(frozen=True, slots=True)
class PlaceReader:
    cells: RowCells
    known: Known

    def read(self, row: SourceRow) -> tuple[str, dict[str, str]]:
        """The place in the file's own words, "" for none, and the answers about it."""
        words: list[str] = []
        code, name = "", ""
        parent = self.cells.text(row, "admin0_pcode") or None
        for level in _LEVELS:
            pcode, called = (self.cells.text(row, f"admin{level}_{kind}") for kind in ("pcode", "name"))
            if not pcode and not called:
                continue
            words.append(pcode or slug(called))
            name = called or name
            found = self._area(row, level, pcode, called, parent)
            if found is not None:
                code = parent = found
        answers = {"place/pcode": code or self._deepest_code(row), "place/place_name": name}
        site, called = self.cells.text(row, "site_code"), self.cells.text(row, "site_name")
        if site or called:
            words.append(site or slug(called))
            answers["place/place_name"] = called or site
        if site:
            answers["place/place_id"] = self.known.sites.get(site, "")
            if site not in self.known.sites:
                self.cells.account.miss("sites", site, row.line)
        answers["place/location"] = self._position(row)
        return "/".join(words), answers

    def _area(self, row: SourceRow, level: str, pcode: str, called: str, parent: str | None) -> str | None:
        """Our code of an area: by its code, else by its name within the parent."""
        column = self.cells.columns.ours.get(f"admin{level}_{'pcode' if pcode else 'name'}", "")
        match = self.known.area(pcode or called, int(level), parent, names=not pcode)
        if match.area is None and pcode and called:
            match = self.known.area(called, int(level), parent, names=True)
        if match.area is None:
            if self.known.gazetteer is not None:
                self.cells.account.miss("areas", f"{pcode} {called}".strip(), row.line)
                asked = " or ".join(text for text in (pcode, called) if text)
                self.cells.tell(row, column, f"No area here is {asked}: {match.note}.")
            return None
        if match.how in CONVERSIONS or match.how == "fuzzy":
            self.cells.tell(row, column, f"{match.note}.")
        elif pcode and called and not self._is_called(match.area.code, int(level), called):
            self.cells.tell(
                row, column, f"{match.area.code} is {match.area.name} here, and {called} in the file."
            )
        return match.area.code

    def _is_called(self, code: str, level: int, name: str) -> bool:
        assert self.known.gazetteer is not None
        area = self.known.gazetteer.areas.get((level, code))
        return area is None or slug(name) in {slug(each) for each in (area.name, *area.names)}

    def _deepest_code(self, row: SourceRow) -> str:
        """As the file has it, where nothing here answers to it: kept, and flagged by the pipeline."""
        codes = [self.cells.text(row, f"admin{level}_pcode") for level in _LEVELS]
        return next((code for code in reversed(codes) if code), "")

    def _position(self, row: SourceRow) -> str:
        lat, lon = self.cells.text(row, "lat"), self.cells.text(row, "lon")
        if not lat and not lon:
            return ""
        try:
            return str(placed(float(lat), float(lon)))
        except ValueError as problem:
            why = str(problem) if isinstance(problem, Unreadable) else "is not a number of degrees"
            self.cells.tell(row, self.cells.columns.ours.get("lat", ""), f"The position {why}: left out.")
            return ""
