"""What people read: the purpose at the start, and translations that are none."""

from __future__ import annotations

from collections.abc import Iterator

from forms.lint.questionnaire import Note, Questionnaire
from forms.lint.words import words_of

_ENOUGH = 8
"""Words a purpose takes at least: what for, who sees it, whether names are kept."""
_ALIKE = 3
"""Texts of fewer words may be the same in two languages: "Position", "GPS"."""


def check_purpose(form: Questionnaire) -> Iterator[Note]:
    """A note that says the purpose, before the first question anybody is asked."""
    for one in form.questions:
        if one.node.type.note and any(len(words_of(text)) >= _ENOUGH for text in one.label.values()):
            return
        if one.asked:
            yield form.note(
                one,
                "type",
                f"Before the first question, {one.name!r}, nothing says what the form is for.",
                "Begin with a note: what is asked and why, who sees the answers, what is not asked.",
            )
            return


def check_untranslated(form: Questionnaire) -> Iterator[Note]:
    """A text that stands in another language's column as it is. Empty ones are told by `form check`."""
    columns = form.outline.columns
    for one in form.questions:
        for column, texts in (("label", one.label), ("hint", one.hint)):
            source = texts.get(form.default_language)
            if source is None or len(words_of(source)) < _ALIKE:
                continue
            for language, text in texts.items():
                if language != form.default_language and text == source:
                    header = columns.languages((column,))[language]
                    yield Note(
                        f"The {column} of {one.name!r} in {language} is the text in {form.default_language}.",
                        "Translate it, or leave the cell empty until somebody can.",
                        form.outline.survey.cell(one.node.row, header),
                        one,
                    )
