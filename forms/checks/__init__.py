"""Checks of the sheets: everything an author can get wrong that the sheets themselves show, all at once."""

from __future__ import annotations

from forms.outline import Outline, read_outline
from forms.problems import FormProblem
from forms.sheets import Workbook


def check_sheets(workbook: Workbook) -> list[FormProblem]:
    """All problems of an XLSForm's sheets, warnings included."""
    return check_outline(read_outline(workbook))


def check_outline(outline: Outline) -> list[FormProblem]:
    return []
