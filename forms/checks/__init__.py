"""Checks of the sheets: everything an author can get wrong that the sheets themselves show, all at once.

Workbook -> problems. Each module below looks at one thing and knows nothing of the others; what only pyxform
finds is added by `forms.compile`, what concerns the mapping by `forms.contract`.
"""

from __future__ import annotations

from forms.checks.groups import check_groups
from forms.checks.lists import check_lists
from forms.checks.mapping_rows import check_mapping_rows
from forms.checks.names import check_names
from forms.checks.questions import check_questions
from forms.checks.references import check_references
from forms.checks.structure import check_settings, check_structure
from forms.checks.translations import check_translations
from forms.outline import Outline, read_outline
from forms.problems import FormProblem
from forms.sheets import Workbook

CHECKS = (
    check_questions,
    check_names,
    check_groups,
    check_lists,
    check_references,
    check_translations,
    check_mapping_rows,
    check_settings,
)


def check_sheets(workbook: Workbook) -> list[FormProblem]:
    """All problems of an XLSForm's sheets, warnings included."""
    return check_outline(read_outline(workbook))


def check_outline(outline: Outline) -> list[FormProblem]:
    """The same for a workbook whose survey sheet was already read as a tree."""
    problems = list(check_structure(outline))
    if outline.columns.one("type") is None:
        return problems  # without types there is no form to look at
    for check in CHECKS:
        problems.extend(check(outline))
    return problems
