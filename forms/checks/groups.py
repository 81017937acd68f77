"""Groups and repeats: each begun once and ended once, in order."""

from __future__ import annotations

from collections.abc import Iterator

from forms.outline import Mismatch, Outline
from forms.problems import FormProblem

MAX_LEVELS = 40
"""Nested groups and repeats. A submission is read to a depth of 64 (forms.hostile); no form comes near."""


def check_groups(outline: Outline) -> Iterator[FormProblem]:
    """Ends without a begin, ends of another kind than their begin, begins without an end, endless nesting."""
    kind = outline.columns.one("type")
    deep = next((node for node in outline.nodes if node.path.count("/") > MAX_LEVELS), None)
    if deep:
        detail = f"Here groups are nested more than {MAX_LEVELS} deep."
        yield FormProblem(
            "hostile-file", detail, "Take out levels of groups.", outline.survey.cell(deep.row, kind)
        )
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
