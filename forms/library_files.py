"""The library's forms as files: Markdown for the compiler, .xlsx for coordinators who adapt them.

Sheets of cells -> bytes. The same sheets give the same bytes, so that a form that did not change is the same
file. The workbook has a sheet more, `languages`, which says what a speaker has signed: no tool reads it.
"""

from __future__ import annotations

import datetime
import io
import re
import zipfile

import openpyxl
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from forms import languages
from forms.library_build import Sheets, build, messages
from forms.library_source import FormSource

_WIDE = ("label", "hint", "constraint", "relevant", "calculation", "guidance", "required_message")
_MODIFIED = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*<")
EPOCH = datetime.datetime(2026, 1, 1)  # noqa: DTZ001 - what a workbook keeps has no zone


def markdown(sheets: Sheets) -> bytes:
    """Sheets as Markdown tables whose first column names the sheet."""
    lines = []
    for name, rows in sheets.items():
        lines.append(f"| {name} |")
        lines += ["| | " + " | ".join(cell.replace("|", r"\|") for cell in row) + " |" for row in rows]
    return ("\n".join(lines) + "\n").encode()


def workbook(source: FormSource) -> bytes:
    """The form as .xlsx: header rows frozen and bold, long texts wrapped, languages with their state."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in build(source).items():
        _fill(book.create_sheet(name), rows)
    _fill(book.create_sheet("languages"), languages_sheet(source))
    book.properties.created = book.properties.modified = EPOCH
    raw = io.BytesIO()
    book.save(raw)
    return dateless(raw.getvalue())


def languages_sheet(source: FormSource) -> list[list[str]]:
    """Language, texts, translated, reviewed by a speaker: one row per language of the form."""
    texts = list(messages(source))
    rows = [["language", "texts", "translated", "reviewed", "state"]]
    for code in source.languages:
        found = [m.translation(code) for m in texts]
        here = len(texts) if code == languages.SOURCE else sum(one is not None for one in found)
        signed = here if code == languages.SOURCE else sum(one is not None and one.reviewed for one in found)
        state = "source" if code == languages.SOURCE else "reviewed" if signed == len(texts) else "unreviewed"
        rows.append([languages.languages()[code].name, str(len(texts)), str(here), str(signed), state])
    return rows


def _fill(sheet: Worksheet, rows: list[list[str]]) -> None:
    for number, row in enumerate(rows, start=1):
        for column, text in enumerate(row, start=1):
            if text:
                cell = sheet.cell(number, column, text)
                cell.data_type = "s"  # a text that begins with = is no formula
                cell.alignment = Alignment(wrap_text=True, vertical="top")
    for column, text in enumerate(rows[0], start=1):
        cell = sheet.cell(1, column)
        cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor="DDE7EE")
        width = 44 if text.startswith(_WIDE) else 18
        sheet.column_dimensions[get_column_letter(column)].width = width
    sheet.freeze_panes = "D2" if sheet.title == "survey" else "A2"


def dateless(data: bytes) -> bytes:
    """The same workbook with one date on every part, and as the day it was modified."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.infolist():
            info = zipfile.ZipInfo(item.filename, date_time=(2026, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(info, _MODIFIED.sub(rb"\g<1>2026-01-01T00:00:00Z<", old.read(item.filename)))
    return out.getvalue()
