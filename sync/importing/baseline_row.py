"""One row of a baseline sheet: what it says of each group of people at its place, and what is told of it.

Flows in: a row, what its columns hold, what is registered here. Flows out: a `Count` for each population
category with a figure, as answers to the form `dtm_baseline_row`; sync/importing/baseline.py decides which
counts are whole and which are parts of one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from forms import vocabulary
from sync.importing.account import Account
from sync.importing.baseline_columns import FIGURES, Columns
from sync.importing.baseline_place import PlaceReader, RowCells
from sync.importing.baseline_registers import Known
from sync.importing.cells import Unreadable, day, whole
from sync.importing.table import SourceRow
from sync.places.areas import slug

_SUMMED = ("ind", "hh")
_ASSESSMENTS = ("BA", "SA", "ETT")


@dataclass(frozen=True, slots=True)
class Scope:
    """Which operation, round and assessment a row belongs to."""

    operation: str
    round: str
    assessment: str


@dataclass(frozen=True, slots=True)
class Count:
    """One group of people at one place. key: the place in the file's own words; part: reason and origin."""

    line: int
    scope: Scope
    key: str
    category: str
    part: tuple[str, str]
    numbers: Mapping[str, int]  # by variable; unknown ones are not in it
    answers: Mapping[str, str]
    figures: Mapping[str, int | None]  # share of the sums, by column
    day: date | None

    @property
    def identifier(self) -> str:
        """The same in every edition of the sheet."""
        return _identifier(self.scope, self.key, self.category)


@dataclass(slots=True)
class RowReader:
    """Reads the rows of one sheet into counts, and tells the account of their cells."""

    columns: Columns
    known: Known
    account: Account
    wanted: Scope  # "" where the file's own column decides
    on: date | None = None  # the day of a file that has no column for it

    @property
    def cells(self) -> RowCells:
        return RowCells(self.columns, self.account)

    def read(self, row: SourceRow) -> Iterator[Count]:
        """The counts of a row. A row, or group, that cannot be taken is listed and yields nothing."""
        figures = {category: self._figures(row, category) for category in self.columns.categories}
        if row.too_many:
            why = "The row has more cells than there are columns: none of them can be trusted."
            self.cells.list_row(row, "", "", why, _joined(figures.values()))
            return
        scope = self._scope(row, _joined(figures.values()))
        if scope is None:
            return
        at, place = PlaceReader(self.cells, self.known).read(row)
        if not at:
            self.cells.list_row(
                row, "", "", "It names no place: neither area nor site.", _joined(figures.values())
            )
            return
        when = self._day(row)
        part, why_and_whence = self._displacement(row)
        any_figure = False
        for named, shares in figures.items():
            category = self._category(row, named)
            who = _identifier(scope, at, category)
            numbers = self._numbers(row, named, shares, who)
            if numbers is None:
                any_figure = True
                continue
            if not any(name in numbers for name in _SUMMED):
                continue
            any_figure = True
            answers = {
                "sheet/operation": scope.operation,
                "sheet/round": scope.round,
                "sheet/assessment": scope.assessment,
                "sheet/reporting_date": when.isoformat() if when else "",
                "sheet/source_id": row[self.columns.ours.get("source_id")],
                **place,
                "figures/category": category,
                **{f"figures/{name}": str(number) for name, number in numbers.items()},
                **why_and_whence,
            }
            said = {path: text for path, text in answers.items() if text}
            yield Count(row.line, scope, at, category, part, numbers, said, shares, when)
        if not any_figure:
            self.cells.list_row(
                row, "", "", "It has no figure of persons or households.", _joined(figures.values())
            )

    # -- what the row belongs to ---

    def _scope(self, row: SourceRow, shares: Mapping[str, int | None]) -> Scope | None:
        """None when the row is of another scope than was asked for, or does not say: then it is listed."""
        said = {n: self.cells.text(row, n) for n in ("operation", "round", "assessment_type")}
        operation = self._operation(said["operation"] or self.wanted.operation)
        assessment = (said["assessment_type"] or self.wanted.assessment).upper()
        number = self._round(said["round"] or self.wanted.round, operation, assessment)
        mine = (
            ("operation", operation, self._operation(self.wanted.operation)),
            ("assessment_type", assessment, self.wanted.assessment),
            ("round", number, self._round(self.wanted.round, operation, assessment)),
        )
        for name, found, asked in mine:
            called = name.replace("_", " ")
            why = f"It does not say its {called}." if not found and name != "operation" else ""
            if asked and found != asked:
                why = f"It is of another {called}: {asked} was asked for."
            if name == "assessment_type" and not why and found not in _ASSESSMENTS:
                why = f"It is none of {', '.join(_ASSESSMENTS)}."
            if why:
                column = self.columns.ours.get(name, "")
                self.cells.list_row(row, column, row[column], why, shares)
                return None
        self._look_up(operation, number, assessment, row.line)
        return Scope(operation, number, assessment)

    def _operation(self, text: str) -> str:
        return (self.known.operation(text) if text else None) or text

    def _round(self, text: str, operation: str, assessment: str) -> str:
        return (self.known.round(text, operation, assessment) if text else None) or text

    def _look_up(self, operation: str, number: str, assessment: str, line: int) -> None:
        """Operations and rounds that nobody registered are kept, flagged by the pipeline, and told here."""
        if operation and self.known.operation(operation) is None:
            self.account.miss("operations", operation, line)
        if self.known.round(number, operation, assessment) is None:
            self.account.miss("rounds", f"{assessment} {number}", line)

    def _day(self, row: SourceRow) -> date | None:
        column = self.columns.ours.get("reporting_date")
        try:
            found = day(row[column]) if column else self.on
        except Unreadable as problem:
            self.cells.tell(row, column or "", f"It {problem}: the day is not known.")
            return None
        if found is None:
            self.cells.tell(row, column or "", "The day the figures are valid for is not known.")
        return found

    # -- who, and why ---

    def _category(self, row: SourceRow, named: str) -> str:
        """The group of a row's own column, where there is one and it is known; else that of the figures."""
        text = self.cells.text(row, "category")
        if not text:
            return named
        code = text.casefold().replace(" ", "_")
        if code in vocabulary.codes("population_category"):
            return code
        self.account.miss("population categories", text, row.line)
        self.cells.tell(row, self.columns.ours["category"], "It is no population category: taken as other.")
        return "other"

    def _displacement(self, row: SourceRow) -> tuple[tuple[str, str], dict[str, str]]:
        reason, answers = self.cells.text(row, "reason"), {}
        if reason:
            codes = self.known.reasons(reason)
            if codes is None:
                self.account.miss("reasons", reason, row.line)
                self.cells.tell(row, self.columns.ours["reason"], "It has no code: kept in words.")
                answers["displacement/reason_said"] = reason
            else:
                answers["displacement/reasons"] = " ".join(codes)
        origin, pcode = (
            self.cells.text(row, "origin_admin1_name"),
            self.cells.text(row, "origin_admin1_pcode"),
        )
        if origin or pcode:
            match = self.known.area(pcode or origin, 1, None, names=not pcode)
            if match.area is not None:
                answers["displacement/origin_adm1"] = match.area.code
            else:
                self.account.miss("places of origin", f"{pcode} {origin}".strip(), row.line)
                answers["displacement/origin_adm1"] = pcode
                answers["displacement/origin_name"] = origin
        return (slug(reason), pcode or slug(origin)), answers

    # -- how many ---

    def _figures(self, row: SourceRow, category: str) -> dict[str, int | None]:
        """A group's share of the sums, which are taken of every row, whatever becomes of it."""
        shares: dict[str, int | None] = {}
        for name in _SUMMED:
            column = self.columns.figures.get((name, category))
            if column is not None:
                try:
                    shares[column] = whole(row[column])
                except Unreadable:
                    shares[column] = None
                self.account.count_cell(column, shares[column])
        return shares

    def _numbers(
        self, row: SourceRow, category: str, shares: Mapping[str, int | None], identifier: str
    ) -> dict[str, int] | None:
        """The figures of a group; None when its persons or households cannot be read: then it is listed."""
        numbers: dict[str, int] = {}
        for name in FIGURES:
            column = self.columns.figures.get((name, category))
            try:
                number = whole(row[column]) if column is not None else None
            except Unreadable as problem:
                if name in _SUMMED:
                    why = f"The figure {problem}."
                    self.account.list_row(row.line, identifier, column or "", row[column], why, shares)
                    return None
                self.cells.tell(row, column or "", f"It {problem}: taken as not known.")
                continue
            if number is not None:
                numbers[name] = number
        self._compare(row, category, numbers)
        return numbers

    def _compare(self, row: SourceRow, category: str, numbers: Mapping[str, int]) -> None:
        if not {"ind", "ind_m", "ind_f"} <= numbers.keys():
            return
        made = numbers["ind_m"] + numbers["ind_f"]
        if made != numbers["ind"]:
            column = self.columns.figures["ind", category]
            text = f"Male and female together are {made:,}: both are kept as they are."
            self.cells.tell(row, column, text)


def _identifier(scope: Scope, key: str, category: str) -> str:
    return "|".join((scope.operation, scope.assessment, scope.round, key, category))


def _joined(shares: Iterable[Mapping[str, int | None]]) -> dict[str, int | None]:
    return {column: number for one in shares for column, number in one.items()}
