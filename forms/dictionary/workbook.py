"""The data dictionary as .xlsx, for statisticians: one sheet of variables, one of codes, with filters.

The same dictionary gives the same bytes.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

import openpyxl
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from forms import languages
from forms.dictionary.contents import Dictionary
from forms.library_files import EPOCH, dateless

_OTHERS = [code for code in languages.languages() if code != languages.SOURCE]


def workbook(dictionary: Dictionary) -> bytes:
    """Sheets `variables` (one row a variable), `codes` (one row a code) and `about`."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    _sheet(book.create_sheet("variables"), _variables(dictionary))
    _sheet(book.create_sheet("codes"), _codes(dictionary))
    _sheet(book.create_sheet("about"), _about(dictionary))
    book.properties.created = book.properties.modified = EPOCH
    out = io.BytesIO()
    book.save(out)
    return dateless(out.getvalue())


def _variables(dictionary: Dictionary) -> list[list[str]]:
    labels = [f"label ({code})" for code in _OTHERS if code in ("fr", "ar")]
    header = ["table", "variable", "label", *labels, "definition", "type", "unit", "null", "code list", "HXL"]
    rows = [[*header, "sensitivity", "source", "required", "fed by"]]
    for table in dictionary.tables:
        for v, forms in table.variables:
            others = [v.labels.get(code, "") for code in ("fr", "ar")]
            about = [v.definition, v.type, v.unit, v.null_rule, v.code_list or "", v.hxl]
            rest = [v.sensitivity, v.source, "yes" if v.required else "no", ", ".join(forms)]
            rows.append([table.name, v.name, v.label, *others, *about, *rest])
    return rows


def _codes(dictionary: Dictionary) -> list[list[str]]:
    rows = [["code list", "code", "label", *(f"label ({c})" for c in _OTHERS), "definition", "retired in"]]
    for entry in dictionary.code_lists:
        for c in entry.codes:
            others = [c.labels.get(code, "") for code in _OTHERS]
            rows.append([entry.name, c.code, c.label, *others, c.definition, c.retired_in or ""])
    return rows


def _about(dictionary: Dictionary) -> list[list[str]]:
    tables = [[table.title.replace("`", ""), table.note] for table in dictionary.tables]
    return [["vocabulary version", dictionary.version], *tables, ["null", "unknown or not asked, never zero"]]


def _sheet(sheet: Worksheet, rows: Sequence[Sequence[str]]) -> None:
    for number, row in enumerate(rows, start=1):
        for column, text in enumerate(row, start=1):
            if text:
                cell = sheet.cell(number, column, text)
                cell.data_type = "s"
                cell.alignment = Alignment(wrap_text=True, vertical="top")
    for column, text in enumerate(rows[0], start=1):
        head = sheet.cell(1, column)
        head.font, head.fill = Font(bold=True), PatternFill("solid", fgColor="DDE7EE")
        width = 60 if text == "definition" else 30 if "label" in text or text == "fed by" else 18
        sheet.column_dimensions[get_column_letter(column)].width = width
    sheet.freeze_panes = "C2"
    sheet.auto_filter.ref = sheet.dimensions
