"""The survey's rows one by one: a type pyxform knows, a name, what the type needs."""

from __future__ import annotations

from collections.abc import Iterator

from pyxform import aliases
from pyxform.utils import default_is_dynamic

from forms.outline import Node, Outline, is_disabled
from forms.problems import FormProblem
from forms.question_types import suggest_type
from forms.sheets import SheetRow


def check_questions(outline: Outline) -> Iterator[FormProblem]:
    """Rows without a type, unknown types, questions without a name, calculates without a calculation."""
    columns = outline.columns
    kind, name, disabled = columns.one("type"), columns.one("name"), columns.one("disabled")
    labels = list(columns.languages(("label",)).values())
    for row in outline.survey.filled():
        untyped = not row.get(kind) and not is_disabled(row, disabled)
        if untyped and (row.get(name) or any(row.get(label) for label in labels)):
            yield FormProblem(
                "missing-value",
                f"The row of {row.get(name) or 'a label'!r} has no type.",
                "Give it one, such as text or integer, or clear the row.",
                outline.survey.cell(row, kind),
            )
    for row in outline.unknown:
        yield _unknown_type(outline, row)
    for node in outline.nodes:
        if not node.name and name is not None:
            detail = f"The {node.type.text!r} row has no name."
            hint = "Give it a name of letters, digits and underscores; answers are kept under it."
            yield FormProblem("missing-value", detail, hint, outline.survey.cell(node.row, name))
        if node.type.text == "calculate":
            yield from _calculation(outline, node)
        elif node.type.shown and node.name and not _is_silent(outline, node):
            yield from _label(outline, node)


def _unknown_type(outline: Outline, row: SheetRow) -> FormProblem:
    text = " ".join(row.get(outline.columns.one("type")).split())
    cell = outline.survey.cell(row, outline.columns.one("type"))
    words = text.split()
    if text in aliases.select:
        detail, hint = (
            f"The type {text!r} names no choice list.",
            f"Write {text} LIST, with a list of choices.",
        )
        return FormProblem("unknown-list", detail, hint, cell)
    if words[0] in aliases.select and len(words) > 2:
        detail = f"The type {text!r} names a list with blanks in it."
        hint = (
            f"Name the list without blanks, here and on the choices sheet: {words[0]} {'_'.join(words[1:])}."
        )
        return FormProblem("unknown-list", detail, hint, cell)
    near = suggest_type(text)
    hint = f"Did you mean {near!r}?" if near else "The types are listed at xlsform.org."
    return FormProblem("unknown-type", f"There is no question type {text!r}.", hint, cell)


def _calculation(outline: Outline, node: Node) -> Iterator[FormProblem]:
    header = outline.columns.one("bind", "calculate")
    if node.row.get(header) or default_is_dynamic(node.row.get(outline.columns.one("default")), "calculate"):
        return
    yield FormProblem(
        "missing-value",
        f"The calculate {node.name!r} has no calculation.",
        "Write the formula in the calculation column, or take out the row.",
        outline.survey.cell(node.row, header or outline.columns.one("type")),
    )


_SEEN = (("label",), ("hint",), ("media", "image"), ("media", "audio"), ("media", "video"))


def _is_silent(outline: Outline, node: Node) -> bool:
    """What the form answers by itself has no control; the head of a table of selects shows its choices."""
    if node.row.get(outline.columns.one("control", "appearance")) == "label":
        return True
    return any(node.row.get(outline.columns.one(*tokens)) for tokens in (("bind", "calculate"), ("trigger",)))


def _label(outline: Outline, node: Node) -> Iterator[FormProblem]:
    texts = [outline.columns.languages(tokens) for tokens in _SEEN]
    if any(node.row.get(header) for headers in texts for header in headers.values()):
        return
    header = next(iter(texts[0].values()), None)
    yield FormProblem(
        "missing-value",
        f"The question {node.name!r} has no label.",
        "Give it a label or a hint: nobody could see what is asked.",
        outline.survey.cell(node.row, header or outline.columns.one("name")),
    )
