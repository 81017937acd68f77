"""`${references}`: each names one question, group or repeat of the survey sheet."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterator

from pyxform.parsing.expression import RE_PYXFORM_REF_INNER

from forms.columns import TRANSLATED, Columns, read_columns
from forms.outline import Outline, is_disabled
from forms.problems import FormProblem
from forms.question_types import parse_type
from forms.sheets import Header, Sheet, SheetRow

_REFERENCE = re.compile(r"\$\{([^}]*)\}|\$\{[^}]*$")
_GENERATED = "instanceID"  # pyxform adds it, and lets it be referred to


def check_references(outline: Outline) -> Iterator[FormProblem]:
    """References in all cells pyxform resolves: the survey, labels of choices, settings, entities."""
    names = _names(outline)
    for sheet in outline.workbook.sheets.values():
        columns = read_columns(sheet)
        headers = [c.header for c in columns if _is_resolved(sheet, columns, c.tokens)]
        for row in sheet.filled():
            for header in headers:
                text = row.get(header)
                if "${" in text:
                    yield from _check(sheet, row, header, text, names)


def _names(outline: Outline) -> Counter[str]:
    """How often each name of the survey sheet is given, rows whose type is missing or unknown included."""
    kind, name = outline.columns.one("type"), outline.columns.one("name")
    disabled = outline.columns.one("disabled")
    names: Counter[str] = Counter({_GENERATED: 1})
    for row in outline.survey.filled():
        text = " ".join(row.get(kind).split())
        known = parse_type(text) if text else None
        is_end = known is not None and known.kind in ("end", "setting")
        if row.get(name) and not is_end and not is_disabled(row, disabled):
            names[row.get(name)] += 1
    return names


def _is_resolved(sheet: Sheet, columns: Columns, tokens: tuple[str, ...]) -> bool:
    if sheet.name == "choices":
        return any(tokens[: len(meaning)] == meaning for meaning in TRANSLATED["choices"])
    if sheet.name == "entities":
        return tokens != ("dataset",)
    if sheet.name == "survey":
        return tokens != ("name",)
    return sheet.name == "settings"


def _check(
    sheet: Sheet, row: SheetRow, header: Header, text: str, names: Counter[str]
) -> Iterator[FormProblem]:
    told = set()
    for match in _REFERENCE.finditer(text):
        whole, inside = match[0], (match[1] or "")
        if whole in told:
            continue
        told.add(whole)
        parsed = RE_PYXFORM_REF_INNER.fullmatch(inside)
        name = parsed["ncname"] if parsed else ""
        if not parsed:
            code, detail, hint = _malformed(whole, inside, names)
        elif name not in names:
            code, detail = "unknown-reference", f"{whole} refers to a question that does not exist."
            near = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
            hint = f"Did you mean ${{{near[0]}}}?" if near else "Correct the name, or add the question."
        elif names[name] > 1:
            code, detail = "duplicate-name", f"{whole} could mean any of {names[name]} rows named {name!r}."
            hint = "Rename them so that the one referred to has a name of its own."
        else:
            continue
        yield FormProblem(code, detail, hint, sheet.cell(row, header))


def _malformed(whole: str, inside: str, names: Counter[str]) -> tuple[str, str, str]:
    if inside.strip() in names:
        hint = f"Write ${{{inside.strip()}}}, without blanks."
    else:
        hint = "Write ${name}: a question's name between '${' and '}', without blanks."
    return "unknown-reference", f"{whole[:60]!r} is not a reference.", hint
