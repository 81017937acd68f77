"""Names of questions, groups and repeats: usable in XML, unique where they must be."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from pyxform.constants import RESERVED_NAMES_SURVEY_SHEET
from pyxform.parsing.expression import is_xml_tag

from forms.outline import Node, Outline
from forms.problems import FormProblem


def check_names(outline: Outline) -> Iterator[FormProblem]:
    """Names that cannot be used, and names used twice within one group, or by two repeats."""
    first: dict[str, Node] = {}
    repeats: dict[str, Node] = {}
    for node in outline.nodes:
        if not node.name:
            continue
        if not is_xml_tag(node.name) or ":" in node.name:
            yield _bad(outline, node)
        elif node.name in RESERVED_NAMES_SURVEY_SHEET:
            yield _problem(
                outline,
                node,
                "bad-name",
                f"The name {node.name!r} is kept for the form itself.",
                "Choose another.",
            )
        other = first.setdefault(node.path, node)
        if other is not node:
            yield _twice(outline, node, other, "in the same group")
        elif node.type.section == "repeat":
            if node.name == outline.root[1:]:
                detail = f"The repeat {node.name!r} is named as the form's root."
                yield _problem(outline, node, "duplicate-name", detail, "Give the repeat another name.")
            elif (same := repeats.setdefault(node.name, node)) is not node:
                yield _twice(outline, node, same, "by another repeat")


def _problem(outline: Outline, node: Node, code: str, detail: str, hint: str) -> FormProblem:
    return FormProblem(code, detail, hint, outline.survey.cell(node.row, outline.columns.one("name")))


def _bad(outline: Outline, node: Node) -> FormProblem:
    usable = usable_name(node.name)
    hint = "Begin with a letter or underscore; go on with letters, digits, '_', '-' or '.', without blanks"
    return _problem(
        outline,
        node,
        "bad-name",
        f"The name {node.name!r} cannot be used.",
        f"{hint}{f': {usable}' if usable else ''}.",
    )


def _twice(outline: Outline, node: Node, other: Node, where: str) -> FormProblem:
    cell = outline.survey.cell(other.row, outline.columns.one("name"))
    return _problem(
        outline,
        node,
        "duplicate-name",
        f"The name {node.name!r} is used {where}, at {cell}.",
        "Rename one of them.",
    )


def usable_name(text: str) -> str:
    """The nearest usable name: "Âge (années)" -> "Age_annees"; "" when nothing is left."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    name = re.sub(r"[^A-Za-z0-9_]+", "_", plain).strip("_")
    return f"_{name}" if name[:1].isdigit() else name
