"""Four kinds of file, one grid: bytes -> the titles of the sheets and the text of their cells.

Each reader yields `Grid`s: the rows of a sheet with their numbers, cells as text ("" where empty). The rules
of what a cell's text is are pyxform's, so that a form means here what it means there; a test holds it.
"""

from __future__ import annotations

import csv
import datetime
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO, StringIO
from typing import Any
from zipfile import BadZipFile

import openpyxl
import xlrd

from forms.problems import FormProblem
from forms.sheets import clean_text

MAX_COLUMNS = 1_000  # cells right of it are not read; no form has so many columns
MAX_BLANK_ROWS = 500  # after so many blank rows the sheet has ended: formatted rows can go on for a million
MAX_CELLS = 3_000_000  # filled cells of a workbook


@dataclass(frozen=True, slots=True)
class Grid:
    title: str
    rows: list[tuple[int, list[str]]]  # (row number as the author sees it, cells)


class Unreadable(Exception):
    def __init__(self, detail: str, hint: str = "", code: str = "unreadable-file") -> None:
        self.problem = FormProblem(
            code, detail, hint or "Open it in a spreadsheet program, save it as .xlsx, and upload that copy."
        )
        super().__init__(detail)


class _Meter:
    """Counts filled cells over a whole workbook and stops an endless one."""

    def __init__(self) -> None:
        self.cells = 0

    def rows(self, rows: Iterable[list[str]], title: str) -> list[tuple[int, list[str]]]:
        kept: list[tuple[int, list[str]]] = []
        blank = 0
        for number, cells in enumerate(rows, start=1):
            filled = sum(1 for cell in cells if cell)
            self.cells += filled
            if self.cells > MAX_CELLS:
                raise Unreadable(
                    f"The sheet {title!r} brings the workbook to more than {MAX_CELLS:,} cells.",
                    "Move long lists to a CSV file and use select_one_from_file.",
                    "hostile-file",
                )
            blank = 0 if filled else blank + 1
            if blank > MAX_BLANK_ROWS:
                break
            kept.append((number, cells))
        while kept and not any(kept[-1][1]):
            kept.pop()
        return kept


def cell_text(value: Any) -> str:
    """A spreadsheet value as the author sees it: TRUE, 1 for 1.0, ISO dates."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, str):
        return clean_text(value)
    return str(value)


def read_xlsx(data: bytes, wanted: Callable[[str, int], bool]) -> Iterator[Grid]:
    try:
        book = openpyxl.load_workbook(BytesIO(data), read_only=True, data_only=True, keep_links=False)
    except (BadZipFile, KeyError, OSError, TypeError, ValueError, AttributeError, SyntaxError) as error:
        raise Unreadable(f"It is not a workbook that can be read ({_short(error)}).") from error
    meter = _Meter()
    try:
        for title in book.sheetnames:
            sheet = book[title]
            if not wanted(title, len(book.sheetnames)) or not hasattr(sheet, "reset_dimensions"):
                yield Grid(title, [])
                continue
            sheet.reset_dimensions()  # some programs write a dimension smaller than the sheet
            rows = (
                [cell_text(v) for v in row] for row in sheet.iter_rows(max_col=MAX_COLUMNS, values_only=True)
            )
            yield Grid(title, meter.rows(rows, title))
    finally:
        book.close()


def read_xls(data: bytes, wanted: Callable[[str, int], bool]) -> Iterator[Grid]:
    try:
        book = xlrd.open_workbook(file_contents=data, on_demand=True, logfile=StringIO())
    except Exception as error:  # xlrd raises whatever a damaged record leads it to
        raise Unreadable(f"It is not a workbook that can be read ({_short(error)}).") from error
    meter = _Meter()
    for title in book.sheet_names():
        if not wanted(title, book.nsheets):
            yield Grid(title, [])
            continue
        sheet = book.sheet_by_name(title)
        width = min(sheet.ncols, MAX_COLUMNS)
        rows = ([_xls_text(book, sheet.cell(r, c)) for c in range(width)] for r in range(sheet.nrows))
        yield Grid(title, meter.rows(rows, title))


def _xls_text(book: Any, cell: Any) -> str:
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return cell_text(bool(cell.value))
    if cell.ctype == xlrd.XL_CELL_DATE:
        try:
            parts = xlrd.xldate_as_tuple(cell.value, book.datemode)
        except xlrd.XLDateError:
            return cell_text(cell.value)
        if parts[:3] == (0, 0, 0):
            return str(datetime.time(*parts[3:]))
        return str(datetime.datetime(*parts))  # noqa: DTZ001 - a spreadsheet's dates have no zone
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return str(xlrd.error_text_from_code.get(cell.value, "#ERROR"))
    return cell_text(cell.value)


def read_csv(text: str) -> Iterator[Grid]:
    """pyxform's layout: a sheet's name in the first column, its header in the next row, then its rows."""
    try:
        csv.field_size_limit(1024 * 1024)
        records = list(csv.reader(StringIO(text, newline="")))
    except csv.Error as error:
        raise Unreadable(f"It is not a CSV file that can be read ({error}).") from error
    yield from _stacked((record[0], record[1:]) for record in records if record)


_COMMENT = re.compile(r"^\s*#")
_TRAILING_COMMENT = re.compile(r"^(.*\|)\s*#[^|]*$")
_SEPARATOR = re.compile(r"^[|\-:\s]*--[|\-:\s]*$")
_PIPE = re.compile(r"(?<!\\)\|")


def read_markdown(text: str) -> Iterator[Grid]:
    """Markdown tables whose first column names the sheet; lines without a table are prose and passed over."""
    yield from _stacked(_markdown_records(text))


def _markdown_records(text: str) -> Iterator[tuple[str, list[str]]]:
    for raw in text.split("\n"):
        if _COMMENT.match(raw):
            continue
        trailing = _TRAILING_COMMENT.match(raw)
        line = (trailing.group(1) if trailing else raw).strip()
        if len(line) < 2 or not line.startswith("|"):
            continue
        last = line.rfind("|")
        if last == 0 or _SEPARATOR.match(line):
            continue
        first, *rest = _PIPE.split(line[1:last])
        yield first, [cell.replace(r"\|", "|") for cell in rest]


def _stacked(records: Iterable[tuple[str, list[str]]]) -> Iterator[Grid]:
    """Sheets below one another, each begun by its name in the first column."""
    meter = _Meter()
    title, rows = "", list[list[str]]()
    for first, cells in records:
        name, texts = clean_text(first), [clean_text(cell) for cell in cells[:MAX_COLUMNS]]
        if name:
            if title:
                yield Grid(title, meter.rows(rows, title))
            title, rows = name, []
            if not any(texts):
                continue
        elif not rows and not any(texts):
            continue  # the header is the first row that holds something
        rows.append(texts)
    if title:
        yield Grid(title, meter.rows(rows, title))


def decode_text(data: bytes) -> str:
    """UTF-8, with or without a mark; UTF-16 with one, as some spreadsheet programs save CSV."""
    try:
        if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return data.decode("utf-16")
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Unreadable(
            f"Line {line} is not UTF-8 text.",
            "Save the file as 'CSV UTF-8', or as .xlsx, and upload that copy.",
        ) from error


def _short(error: BaseException) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__
