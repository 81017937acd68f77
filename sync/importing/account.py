"""The account of an import: what became of each row, and sums that show that nobody was lost on the way.

A row is imported (new, changed, or as it was) or listed with its reason. What is told of a row that was
imported (a position left out, a code not known) stands beside it. Sums are taken of the file's own cells, and
again of what was imported and what was listed: the one must be the other two.
"""

from __future__ import annotations

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    NEW = "new"
    CHANGED = "changed"  # an edit of the one before
    UNCHANGED = "unchanged"
    LISTED = "listed"  # not imported
    GONE = "gone"  # imported before, and no longer in the file; it stays


@dataclass(frozen=True, slots=True)
class Remark:
    """Something about one cell, or (column "") about a whole row."""

    line: int | None
    identifier: str
    column: str
    value: str
    text: str  # what is wrong or was done
    is_reason: bool = False  # why the row was not imported


@dataclass(slots=True)
class Sum:
    """A figure of the file: how much of it went where, and how many cells say nothing."""

    file: int = 0
    imported: int = 0
    listed: int = 0
    unknown: int = 0  # cells of the file without a number
    unknown_imported: int = 0

    @property
    def balanced(self) -> bool:
        return self.file == self.imported + self.listed


@dataclass(slots=True)
class Account:
    """What an import did, or with `dry_run` would do."""

    source: str
    file: str
    encoding: str
    rows: int
    dry_run: bool
    form_id: str = ""
    form_version: str = ""
    form_published: bool = False  # by this import: the project did not have it
    outcomes: list[tuple[int | None, str, Outcome]] = field(default_factory=list)  # line, identifier
    remarks: list[Remark] = field(default_factory=list)
    sums: dict[str, Sum] = field(default_factory=dict)  # by the file's column
    unmatched: dict[str, dict[str, list[int]]] = field(default_factory=dict)  # "areas" -> text -> lines
    notes: list[str] = field(default_factory=list)  # about the whole file
    seconds: float = 0.0  # of receipt

    def tell(self, line: int | None, identifier: str, column: str, value: str, text: str) -> None:
        """Something about a row that is imported all the same."""
        self.remarks.append(Remark(line, identifier, column, value, text))

    def list_row(
        self,
        line: int | None,
        identifier: str,
        column: str,
        value: str,
        reason: str,
        figures: Mapping[str, int | None] | None = None,
    ) -> None:
        """A row, or what a row says of one group, that is not imported."""
        self.outcomes.append((line, identifier, Outcome.LISTED))
        self.remarks.append(Remark(line, identifier, column, value, reason, is_reason=True))
        for name, number in (figures or {}).items():
            self.sums[name].listed += number or 0

    def miss(self, kind: str, text: str, line: int) -> None:
        """A text of the file that nothing registered here answers to."""
        self.unmatched.setdefault(kind, {}).setdefault(text, []).append(line)

    def count_cell(self, column: str, number: int | None) -> None:
        """A cell of the file, before anything is decided about its row."""
        total = self.sums.setdefault(column, Sum())
        total.file += number or 0
        total.unknown += number is None

    def take(self, line: int | None, identifier: str, outcome: Outcome) -> None:
        self.outcomes.append((line, identifier, outcome))

    def add_imported(self, figures: Mapping[str, int | None]) -> None:
        for name, number in figures.items():
            self.sums[name].imported += number or 0
            self.sums[name].unknown_imported += number is None

    @property
    def counts(self) -> Counter[str]:
        return Counter(str(outcome) for _, _, outcome in self.outcomes)

    @property
    def balanced(self) -> bool:
        return all(total.balanced for total in self.sums.values())

    def to_json(self) -> dict[str, Any]:
        counts = self.counts
        written = counts[Outcome.NEW] + counts[Outcome.CHANGED]
        return {
            "source": self.source,
            "file": self.file,
            "encoding": self.encoding,
            "dry_run": self.dry_run,
            "form": {
                "form_id": self.form_id, "version": self.form_version, "published": self.form_published
            },
            "rows": self.rows,
            **{str(outcome): counts[outcome] for outcome in Outcome},
            "sums": {
                name: {
                    "file": one.file, "imported": one.imported, "listed": one.listed,
                    "unknown": one.unknown, "unknown_imported": one.unknown_imported,
                    "balanced": one.balanced,
                }
                for name, one in self.sums.items()
            },
            "listed_rows": [_remark(remark) for remark in self.remarks if remark.is_reason],
            "told": [_remark(remark) for remark in self.remarks if not remark.is_reason],
            "gone_rows": [name for _, name, outcome in self.outcomes if outcome is Outcome.GONE],
            "unmatched": self.unmatched,
            "notes": self.notes,
            "seconds": round(self.seconds, 3),
            "rows_per_second": round(written / self.seconds) if written and self.seconds else None,
        }  # fmt: skip

    def to_csv(self) -> str:
        """Every row of the file with what became of it: a line for each remark, one where there is none."""
        told: dict[int | None, list[Remark]] = defaultdict(list)
        for remark in self.remarks:
            told[remark.line].append(remark)
        out = io.StringIO(newline="")
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(("line", "identifier", "outcome", "column", "value", "remark"))
        for line, identifier, outcome in sorted(self.outcomes, key=lambda one: (one[0] or 1 << 62, one[1])):
            mine = [] if line is None else told.pop(line, [])  # all of a line stand with its first outcome
            for cells in _lines(mine):
                writer.writerow(("" if line is None else line, identifier, outcome, *map(_plain, cells)))
        return out.getvalue()


def _lines(remarks: list[Remark]) -> Iterator[tuple[str, str, str]]:
    yield from ((r.column, r.value, r.text) for r in remarks)
    if not remarks:
        yield ("", "", "")


def _plain(cell: str) -> str:
    """No spreadsheet takes a cell of somebody's file for a formula of ours."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


def _remark(remark: Remark) -> dict[str, Any]:
    return {
        "line": remark.line, "identifier": remark.identifier, "column": remark.column or None,
        "value": remark.value, "text": remark.text,
    }  # fmt: skip
