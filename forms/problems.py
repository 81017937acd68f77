"""What is wrong with a form, where, and what to do now.

A compiler returns all its problems; nothing here is raised. The cell is the author's own: sheet, row and
column as a spreadsheet shows them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Cell:
    """A place in an XLSForm: `survey!C14`. Row and column are None when only the sheet is known."""

    sheet: str
    row: int | None = None  # 1-based, as the spreadsheet numbers it
    column: str | None = None  # the letter: "C"; Markdown and CSV columns are lettered the same way

    def __str__(self) -> str:
        if self.row is None and self.column is None:
            return self.sheet
        return f"{self.sheet}!{self.column or ''}{self.row or ''}"


@dataclass(frozen=True, slots=True)
class FormProblem:
    """One thing that is wrong with a form.

    code      slug, one of `PROBLEM_TITLES` below (e.g. "unknown-variable")
    detail    what is wrong with this very cell, quoting its value
    hint      what to do now
    severity  an error stops publication, a warning does not
    """

    code: str
    detail: str
    hint: str
    cell: Cell | None = None
    severity: Severity = "error"

    @property
    def title(self) -> str:
        return PROBLEM_TITLES[self.code]

    def __str__(self) -> str:
        where = f"{self.cell}: " if self.cell else ""
        return f"{where}{self.detail} {self.hint}".strip()

    def to_json(self) -> dict[str, object]:
        """The problem as the API and `waypost form check --json` give it."""
        return {
            "code": self.code,
            "title": self.title,
            "severity": self.severity,
            "cell": str(self.cell) if self.cell else None,
            "detail": self.detail,
            "hint": self.hint,
        }


PROBLEM_TITLES: dict[str, str] = {
    # the file
    "unreadable-file": "The file cannot be read",
    "hostile-file": "The file is larger inside than a form can be",
    "missing-sheet": "A sheet is missing",
    "missing-column": "A column is missing",
    # the sheets
    "missing-value": "A cell is empty that must not be",
    "unknown-type": "The question type is not known",
    "bad-name": "The name cannot be used",
    "duplicate-name": "The name is used twice",
    "unbalanced-group": "A group or repeat is not closed, or closed twice",
    "unknown-list": "The choice list does not exist",
    "empty-list": "The choice list has no choices",
    "unknown-reference": "The question referred to does not exist",
    "unused-list": "The choice list is never used",
    "missing-translation": "A translation is missing",
    "missing-media": "A file the form refers to is missing",
    "pyxform": "pyxform refuses the form",
    "bad-xform": "The XForm cannot be used",
    "bad-entities": "What the form says about entities cannot be used",
    "old-entities": "The form was written for an older specification of entities",
    # the mapping contract
    "bad-mapping": "The mapping cannot be read",
    "unknown-variable": "The harmonised variable does not exist",
    "unknown-table": "The harmonised table does not exist",
    "wrong-type": "The question's type does not fit the variable",
    "uncovered-choice": "A choice has no code in the variable's code list",
    "unknown-code": "The code is not in the code list",
    "wrong-grain": "The variable cannot be fed from here",
    "missing-variable": "A required variable is not fed",
    "cell-fed-twice": "Two questions feed one cell",
    "identifier-mapped": "A direct identifier feeds a harmonised table",
    "bad-sensitivity": "The sensitivity is not known",
    "not-mapped": "The form feeds no harmonised table",
    # changes of a published form
    "type-changed": "A question of the same name has another type",
    "repeat-changed": "A question of the same name is asked another number of times",
    "not-only-mapping": "More than the mapping differs",
    # lint: it compiles, and is unwise
    "identifier-unmarked": "A question looks identifying and is not marked so",
    "person-text": "Free text about persons is not guarded",
    "public-free-text": "Free text is public",
    "consent-missing": "Persons are asked about themselves without consent",
    "personal-before-consent": "A personal question comes before consent",
    "consent-not-binding": "A person who did not agree is asked all the same",
    "consent-needless": "Consent is asked where nobody is asked about themselves",
    "purpose-missing": "Nothing says what the form is for",
    "untranslated": "A translation repeats the source language",
    "no-dont-know": "A question that must be answered has no answer for not knowing",
    "required-trap": "A question that must be answered cannot always be",
    "long-list": "A long list cannot be searched",
    "unbounded-count": "A number has no bounds",
    "unbounded-date": "A date has no bounds",
    "image-size": "Pictures are sent in full size",
    "bad-lint": "A lint cell silences nothing",
    # ODK Validate, at publication
    "odk-validate": "ODK Validate refuses the form",
}
