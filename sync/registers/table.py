"""A register as an office keeps it in a spreadsheet: CSV to lines of cells, with every problem of the table.

Flows in: bytes, or the options of a command as one line. Flows out: lines whose cells are read by kind; each
cell that does not fit is noted with its row, its column, what is wrong and what to do, and all of them are
raised together, before anything is written.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from forms import vocabulary
from sync.problems import Invalid

_CODE = re.compile(r"[^\s\x00-\x1f;,]{1,64}")
_ISO3 = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class RowProblem:
    row: int | None  # line of the file, from 1; None: of a command's options
    column: str  # "" for the whole row
    message: str
    hint: str  # what to do


class Line:
    """The cells of one row by column, blanks trimmed, and the problems found while they are read."""

    def __init__(self, cells: Mapping[str, str | None], row: int | None = None) -> None:
        self.row = row
        self.problems: list[RowProblem] = []
        self._cells = {name: (value or "").strip() for name, value in cells.items()}

    def problem(self, column: str, message: str, hint: str) -> None:
        self.problems.append(RowProblem(self.row, column, message, hint))

    def text(self, column: str) -> str | None:
        return self._cells.get(column) or None

    def required(self, column: str) -> str:
        found = self.text(column)
        if found is None:
            self.problem(column, "is empty", f"Give the {column.replace('_', ' ')}.")
        return found or ""

    def code(self, column: str, *, required: bool = True) -> str:
        """A code as forms carry it; "" where there is none."""
        found = self.required(column) if required else self.text(column) or ""
        if found and not _CODE.fullmatch(found):
            self.problem(
                column,
                f"{found[:80]!r} is not a code",
                "Use at most 64 letters, digits and signs without blank, comma or semicolon.",
            )
        return found

    def of_list(self, column: str, list_name: str, *, required: bool = False) -> str | None:
        """A code of one of our lists that is not retired."""
        found = self.required(column) if required else self.text(column)
        known = [c.code for c in vocabulary.codes(list_name).values() if not c.retired_in]
        if found and found not in known:
            self.problem(column, f"{found[:40]!r} is not in the list {list_name}", f"Use {', '.join(known)}.")
        return found or None

    def day(self, column: str) -> date | None:
        found = self.text(column)
        try:
            return date.fromisoformat(found) if found else None
        except ValueError:
            self.problem(column, f"{found!r} is not a date", "Write it as 2026-11-22.")
            return None

    def several(self, column: str) -> list[str]:
        """Values separated by blanks, commas or semicolons, each once, in order."""
        return list(dict.fromkeys(part for part in re.split(r"[\s,;]+", self.text(column) or "") if part))

    def countries(self, column: str) -> list[str]:
        found = [country.upper() for country in self.several(column)]
        for country in found:
            if not _ISO3.fullmatch(country):
                self.problem(
                    column, f"{country!r} is not a country's code", "Use ISO 3166 alpha-3: TCD, NER."
                )
        return found


def read_lines(data: bytes, columns: Sequence[str], needed: Sequence[str], what: str) -> list[Line]:
    """The lines of a CSV, UTF-8, separated by comma or semicolon, with a heading row; empty ones left out.

    what    the register's name, for the sentence: "rounds"
    Raises  Invalid when the file or its heading cannot be read, or no line is in it
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise Invalid(
            f"The table of {what} is not UTF-8: line {line} has a byte that is no letter.",
            'Save it as "CSV UTF-8" and import that.',
        ) from error
    delimiter = ";" if ";" in text.split("\n", 1)[0] else ","
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    names = [(name or "").strip().lower() for name in reader.fieldnames or []]
    reader.fieldnames = names
    problems = _heading_problems(names, columns, needed)
    lines: list[Line] = []
    for record in reader if not problems else ():
        extra = record.pop(None, None)
        if not any((value or "").strip() for value in record.values()) and not extra:
            continue
        lines.append(Line(record, reader.line_num))
        if extra is not None:
            lines[-1].problem("", "more cells than columns", "Quote a text that holds the separator.")
    if not problems and not lines:
        problems.append(RowProblem(1, "", f"there are no {what} in the table", "Add a row for each."))
    refuse(problems, what)
    return lines


def read_entries(
    lines: Sequence[Line], read: Callable[[Line], dict[str, Any]], key: Callable[[dict[str, Any]], str]
) -> list[tuple[Line, dict[str, Any]]]:
    """Each line with the values it holds; a key that stands twice is a problem of its later line."""
    entries: list[tuple[Line, dict[str, Any]]] = []
    first: dict[str, int | None] = {}
    for line in lines:
        values = read(line)
        name = key(values)
        if name in first:
            line.problem("", f"{name} stands in row {first[name]} already", "Leave one of the two.")
        first.setdefault(name, line.row)
        entries.append((line, values))
    return entries


def refuse(problems: Sequence[RowProblem], what: str) -> None:
    """Raise Invalid with every problem in `errors` (row, column, message, hint); nothing for none."""
    if not problems:
        return
    errors: list[dict[str, object]] = [
        {"row": p.row, "column": p.column or None, "message": p.message, "hint": p.hint} for p in problems
    ]
    if all(p.row is None for p in problems):
        told = "; ".join(f"{p.column} {p.message}" for p in problems)
        raise Invalid(f"This cannot be registered: {told}.", " ".join(p.hint for p in problems))
    number = f"{len(problems)} problem{'s' if len(problems) != 1 else ''}"
    raise Invalid(f"The table of {what} has {number}.", "Nothing was imported. Correct them all.", errors)


def _heading_problems(
    names: Sequence[str], columns: Sequence[str], needed: Sequence[str]
) -> list[RowProblem]:
    known = f"Known columns are {', '.join(columns)}."
    problems = [
        RowProblem(1, name, f"column {name} is missing", "Add it to the heading row.")
        for name in needed
        if name not in names
    ]
    for name in dict.fromkeys(names):
        if name not in columns:
            problems.append(RowProblem(1, name, f"unknown column {name or '(empty)'}", known))
        elif names.count(name) > 1:
            problems.append(RowProblem(1, name, f"column {name} stands twice", "Leave one of the two."))
    return problems
