"""Sheets and columns: present, spelled right, named once; and what the settings must say."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from pyxform.constants import SUPPORTED_SHEET_NAMES
from pyxform.parsing.expression import is_xml_tag

from forms.columns import HARMONISE, SENSITIVITY, Columns, read_columns
from forms.outline import Outline, setting
from forms.problems import Cell, FormProblem
from forms.sheets import Sheet, Workbook

_REQUIRED = {"survey": (("type",), ("name",)), "choices": (("list name",), ("name",))}
_SPELLED = {"list name": "list_name"}


def check_structure(outline: Outline) -> Iterator[FormProblem]:
    """Missing sheets, missing columns, columns that come twice, near misses of our own columns."""
    workbook = outline.workbook
    if not workbook.has_survey:
        yield _no_survey(workbook)
    for sheet in workbook.sheets.values():
        if not sheet.headers:
            continue
        columns = read_columns(sheet)
        yield from _missing_columns(sheet, columns)
        yield from _doubled_columns(sheet, columns)
        if sheet.name in ("survey", "choices", "settings"):
            yield from _near_misses(sheet, columns)


def _no_survey(workbook: Workbook) -> FormProblem:
    if "survey" in workbook.sheets:
        title = workbook.sheets["survey"].title
        detail = f"The sheet {title!r} is empty."
        return FormProblem("missing-sheet", detail, "Fill in its columns type, name and label.", Cell(title))
    others = [title for title in workbook.sheet_titles if title.lower() not in SUPPORTED_SHEET_NAMES]
    near = difflib.get_close_matches("survey", [title.lower() for title in others], n=1)
    hint = f"Rename the sheet {near[0]!r} to 'survey'." if near else "Add it: it holds the questions."
    return FormProblem("missing-sheet", "There is no sheet named 'survey'.", hint)


def _missing_columns(sheet: Sheet, columns: Columns) -> Iterator[FormProblem]:
    if sheet.name == "choices" and not any(sheet.filled()):
        return
    for tokens in _REQUIRED.get(sheet.name, ()):
        if columns.one(*tokens) is None:
            name = _SPELLED.get(tokens[0], tokens[0])
            near = difflib.get_close_matches(name, [h.text.lower() for h in sheet.headers], n=1, cutoff=0.7)
            hint = f"Is it {near[0]!r}? Name it {name!r}." if near else f"Add a column {name!r}."
            yield FormProblem(
                "missing-column",
                f"The sheet {sheet.title!r} has no column {name!r}.",
                hint,
                sheet.cell(sheet.header_row),
            )


def _doubled_columns(sheet: Sheet, columns: Columns) -> Iterator[FormProblem]:
    seen: dict[tuple[str, ...], str] = {}
    for column in columns:
        first = seen.setdefault(column.tokens, column.header.letter)
        if first != column.header.letter:
            yield FormProblem(
                "duplicate-name",
                f"The column {column.header.text!r} means the same as column {first}.",
                "Keep one of the two, or clear the header of the one that holds your notes.",
                sheet.cell(sheet.header_row, column.header),
            )


def _near_misses(sheet: Sheet, columns: Columns) -> Iterator[FormProblem]:
    ours = (HARMONISE, SENSITIVITY) if sheet.name == "survey" else (HARMONISE,)
    for column in columns:
        text = column.header.text.lower()
        near = difflib.get_close_matches(text, ours, n=1, cutoff=0.8)
        if near and column.tokens != (near[0],):
            yield FormProblem(
                "missing-column",
                f"The column {column.header.text!r} is not read.",
                f"Did you mean {near[0]!r}? Rename it.",
                sheet.cell(sheet.header_row, column.header),
                "warning",
            )


def check_settings(outline: Outline) -> Iterator[FormProblem]:
    """The form's identity: a form_id of its own, a usable root name."""
    settings = outline.workbook.sheet("settings")
    columns = read_columns(settings)
    row = next(settings.filled(), None)
    if not setting(outline.workbook, "id_string"):
        header = columns.one("id_string")
        cell = settings.cell(row or (settings.header_row if settings.headers else None), header)
        yield FormProblem(
            "missing-value",
            "The settings give no form_id; the file's name stands in for it.",
            "Add a form_id: submissions belong to it for ever, whatever the file is called.",
            cell,
            "warning",
        )
    name = setting(outline.workbook, "name")
    if name and not is_xml_tag(name):
        yield FormProblem(
            "bad-name",
            f"The settings' name {name!r} cannot name the root of the form.",
            "Clear it, or use letters, digits and underscores, beginning with a letter.",
            settings.cell(row, columns.one("name")),
        )
