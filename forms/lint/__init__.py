"""Good practice and data responsibility: what `waypost form lint` says of a form that compiles.

The XLSForm's bytes -> warnings, each with its cell and remedy. Every rule is a function of the questionnaire
in a file below, which knows no other rule; its name is its code. An author who knows better silences one rule
at one question, with a reason, in a column `lint` of the survey sheet (docs/FORMS.md): `long-list: ordered by
distance, and read aloud`. Source: the IOM Data Protection Principles, and ODK's advice on form design.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from forms.lint.answers import check_dont_know, check_long_lists, check_traps
from forms.lint.bounds import check_counts, check_dates, check_images
from forms.lint.consent import check_before_consent, check_binding, check_missing, check_needless
from forms.lint.identifiers import check_free_text, check_identifiers, check_person_text
from forms.lint.questionnaire import Note, Questionnaire, read_questionnaire
from forms.lint.texts import check_purpose, check_untranslated
from forms.outline import read_outline
from forms.problems import FormProblem
from forms.workbook import WorkbookUnreadable, read_workbook

Rule = Callable[[Questionnaire], Iterator[Note]]

RULES: dict[str, Rule] = {
    "identifier-unmarked": check_identifiers,
    "person-text": check_person_text,
    "public-free-text": check_free_text,
    "consent-missing": check_missing,
    "personal-before-consent": check_before_consent,
    "consent-not-binding": check_binding,
    "consent-needless": check_needless,
    "purpose-missing": check_purpose,
    "untranslated": check_untranslated,
    "no-dont-know": check_dont_know,
    "required-trap": check_traps,
    "long-list": check_long_lists,
    "unbounded-count": check_counts,
    "unbounded-date": check_dates,
    "image-size": check_images,
}
"""Every rule by its code, which is also the word that silences it."""


def lint_form(data: bytes, name: str) -> tuple[FormProblem, ...]:
    """Look a form over for what compiles and is unwise.

    data, name  an XLSForm (.xlsx, .xls, .csv, Markdown); an XForm has no cells and gives nothing
    Returns warnings in sheet order. A file that cannot be read gives its one problem, an error; what
    `compile_form` tells is not repeated.
    """
    try:
        form = read_questionnaire(read_outline(read_workbook(data, name)))
    except WorkbookUnreadable as unreadable:
        return (unreadable.problem,)
    found = [*_silencers(form)]
    for code, rule in RULES.items():
        for note in rule(form):
            if note.question is None or code not in note.question.silenced:
                found.append(FormProblem(code, note.detail, note.hint, note.cell, "warning"))
    return tuple(sorted(dict.fromkeys(found), key=lambda p: form.place(p.cell)))


def _silencers(form: Questionnaire) -> Iterator[FormProblem]:
    """Cells of the `lint` column that silence nothing: an unknown rule, or no reason."""
    header = form.outline.columns.one("lint")
    for one in form.questions:
        for code, reason in one.silenced.items():
            cell = form.outline.survey.cell(one.node.row, header)
            if code not in RULES:
                detail = f"The lint cell of {one.name!r} names {code!r}, which is no rule."
                hint = f"Write `rule: reason`. The rules are {', '.join(RULES)}."
                yield FormProblem("bad-lint", detail, hint, cell, "warning")
            elif not reason:
                detail = f"The lint cell of {one.name!r} silences {code} without a reason."
                hint = f"Write `{code}: why it is right here`, for whoever takes the form over."
                yield FormProblem("bad-lint", detail, hint, cell, "warning")
