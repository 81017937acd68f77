"""Groups and repeats: each begun once and ended once, in order."""

from __future__ import annotations

from collections.abc import Iterator

from forms.outline import Mismatch, Outline
from forms.problems import FormProblem


def check_groups(outline: Outline) -> Iterator[FormProblem]:
    """Ends without a begin, ends of another kind than their begin, begins without an end."""
    kind = outline.columns.one("type")
    for mismatch in outline.mismatches:
        row = mismatch.closed or (mismatch.opened.row if mismatch.opened else None)
        detail, hint = _words(outline, mismatch)
        yield FormProblem("unbalanced-group", detail, hint, outline.survey.cell(row, kind))


def _words(outline: Outline, mismatch: Mismatch) -> tuple[str, str]:
    opened = mismatch.opened
    if opened is None:
        return f"This {mismatch.text!r} ends nothing: no group or repeat is open.", "Take it out."
    begun = outline.survey.cell(opened.row)
    what = f"{opened.type.section} {opened.name!r}"
    if mismatch.closed is None:
        return f"The {what} has no end.", f"Add an end_{opened.type.section} row after its last question."
    return (
        f"This {mismatch.text!r} closes the {what}, begun at {begun}.",
        f"Write end_{opened.type.section}, or close what was begun in between.",
    )
