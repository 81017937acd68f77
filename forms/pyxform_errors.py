"""pyxform's messages as problems: the row and column it names in its text, as a cell of the author's.

pyxform stops at its first error. It is added to ours unless one of ours tells the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from forms.columns import read_columns
from forms.problems import Cell, FormProblem, Severity
from forms.sheets import Workbook

_ROW = re.compile(r"\[row\s*:\s*(\d+)\]")
_SHEET = re.compile(r"(?:On|for) the '(\w+)' sheet|for sheet: '(\w+)'")
_COLUMN = re.compile(r"the '([^']+)' value|[Tt]he (\w+) column")
_QUOTED = re.compile(r"'([^'\n]{1,60})'|[\[{]([^\[\]{}:\n]{1,60})[\]}]")
_GENERIC = {"survey", "choices", "settings", "name", "label", "type", "list_name", "list name"}
_TOLD_BY_US = (
    "is missing the",  # translations
    "List name not in",
    "There should be a choices sheet",
    "Unknown question type",
    "Unmatched",
    "Question or group with no name",
    "Choices should have a label",
    "required column headers were not found",
    "different names for the same column",
    "You must have a sheet named",
    "nested deeper than",
    "invalid element name",  # a name that is none, told by us with its cell
    "'dict' object has no attribute",  # a column of the choices with a language it cannot have
)
"""What pyxform says of things that our checks always find, in words that name no row."""

HINT = "Correct it as pyxform says; the XLSForm reference is at xlsform.org."


def pyxform_problem(message: str, workbook: Workbook, severity: Severity = "error") -> FormProblem:
    """A message of pyxform's, with the cell it speaks of as far as its text tells."""
    text = " ".join(_ROW.sub("", message).split()) or "pyxform refuses the form without saying why."
    return FormProblem("pyxform", text[:600], HINT, _cell(message, workbook), severity)


def _cell(message: str, workbook: Workbook) -> Cell | None:
    row, sheet_match, column = _ROW.search(message), _SHEET.search(message), _COLUMN.search(message)
    if not row and not sheet_match:
        return _cell_of_name(message, workbook)
    named = (sheet_match[1] or sheet_match[2]) if sheet_match else "survey"
    sheet = workbook.sheet(named.lower())
    header = read_columns(sheet).meaning(column[1] or column[2]) if column else None
    number = None
    if row:
        at = int(row[1]) - 2  # pyxform counts the header as row 1, whatever row it stands in
        number = sheet.rows[at].number if 0 <= at < len(sheet.rows) else sheet.header_row
    return sheet.cell(number, header)


def _cell_of_name(message: str, workbook: Workbook) -> Cell | None:
    """The row of the first question a message names, for messages that give no row."""
    survey = workbook.sheet("survey")
    header = read_columns(survey).one("name")
    for name in (a or b for a, b in _QUOTED.findall(message)):
        row = next((row for row in survey.filled() if row.get(header) == name), None)
        if row:
            return survey.cell(row, header)
    return None


def is_told(problem: FormProblem, ours: Iterable[FormProblem]) -> bool:
    """Whether one of our problems already tells what pyxform says: the same row, or the same thing named."""
    words = {a or b for a, b in _QUOTED.findall(problem.detail)} - _GENERIC
    always = any(sign in problem.detail for sign in _TOLD_BY_US)
    return any(
        always or _same_row(problem, other) or any(word in other.detail for word in words) for other in ours
    )


def _same_row(problem: FormProblem, other: FormProblem) -> bool:
    here, there = problem.cell, other.cell
    if here is None or there is None or here.row is None:
        return False
    return (here.sheet, here.row) == (there.sheet, there.row)
