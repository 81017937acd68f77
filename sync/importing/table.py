"""A file of a partner as rows of text: CSV in the encoding it happens to have, .xlsx, or JSON of an API.

Flows in: bytes and the file's name. Flows out: a `Table` whose rows know the line they stand in, so that
whatever is said about them can be looked up. Nothing is interpreted here but what nothing looks like.
"""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import PurePath
from typing import Any
from zipfile import BadZipFile

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from forms.hostile import check_size, check_zip
from sync.problems import Invalid

_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_HXL = re.compile(r"#\w+(\s*\+\s*\w+)*")
_ENCODINGS = ("utf-8-sig", "cp1252", "latin-1")


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One row. cells: text by column, blanks trimmed, "" where there is none."""

    line: int  # of the file, from 1; of a JSON list: the how-manieth entry
    cells: Mapping[str, str]
    too_many: bool = False  # more cells than columns: none of them can be trusted

    def __getitem__(self, column: str | None) -> str:
        return self.cells.get(column, "") if column is not None else ""


@dataclass(frozen=True, slots=True)
class Table:
    columns: tuple[str, ...]
    rows: tuple[SourceRow, ...]
    encoding: str  # "cp1252", "xlsx", "json"
    tags: Mapping[str, str] = field(default_factory=dict)  # HXL tag by column, where the file has such a row


def read_table(data: bytes, name: str) -> Table:
    """The rows of a file; its name says what it is. Empty rows are left out, an HXL row becomes `tags`.

    Raises Invalid: no rows, no heading, a column that stands twice, a workbook or JSON that cannot be read.
    """
    kind = PurePath(name).suffix.lower()
    if kind == ".json":
        return _from_json(data, name)
    if kind in (".xlsx", ".xlsm"):
        encoding = "xlsx"
        grid: _Grid = _workbook(data, name)
    elif kind == ".xls":
        raise Invalid(f"{name} is a workbook of the old kind.", "Save it as .xlsx or .csv and import that.")
    else:
        encoding, text = _decoded(data)
        grid = _csv(text)
    return _table(name, encoding, grid)


def _decoded(data: bytes) -> tuple[str, str]:
    """UTF-8 and UTF-16 say what they are; else it is what spreadsheets of Western Europe write."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16", data.decode("utf-16", errors="replace")
    for encoding in _ENCODINGS:
        try:
            return encoding, data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise AssertionError("latin-1 reads any bytes")


_Grid = Iterable[tuple[int, Sequence[str]]]


def _csv(text: str) -> _Grid:
    heading = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=heading.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    line = 1
    for cells in reader:
        yield line, [clean(cell) for cell in cells]
        line = reader.line_num + 1


def _workbook(data: bytes, name: str) -> list[tuple[int, Sequence[str]]]:
    problem = check_size(data) or check_zip(data)
    if problem is not None:
        raise Invalid(f"{name}: {problem.detail}", problem.hint)
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        grid = enumerate(sheet.iter_rows(values_only=True), start=1)
        return [(line, [clean(_as_text(value)) for value in values]) for line, values in grid]
    except (BadZipFile, InvalidFileException, KeyError, ValueError, IndexError) as error:
        raise Invalid(
            f"{name} cannot be read as a workbook.", "Open it in a spreadsheet program and save it anew."
        ) from error


def _table(name: str, encoding: str, grid: _Grid) -> Table:
    lines = ((line, cells) for line, cells in grid if any(cells))
    columns = _heading(name, next(lines, None))
    tags: dict[str, str] = {}
    rows: list[SourceRow] = []
    for line, cells in lines:
        if not rows and not tags and (found := _tags(columns, cells)):
            tags = found
            continue
        too_many = any(cells[len(columns) :])
        padded = [*cells, *[""] * (len(columns) - len(cells))]
        row = {column: cell for column, cell in zip(columns, padded, strict=False) if column}
        rows.append(SourceRow(line, row, too_many))
    if not rows:
        raise Invalid(f"{name} has no rows below its heading.", "Nothing was imported.")
    return Table(tuple(column for column in columns if column), tuple(rows), encoding, tags)


def _heading(name: str, first: tuple[int, Sequence[str]] | None) -> list[str]:
    if first is None:
        raise Invalid(f"{name} is empty.", "Nothing was imported.")
    columns = list(first[1])
    while columns and not columns[-1]:
        columns.pop()
    twice = sorted({column for column in columns if column and columns.count(column) > 1})
    if twice:
        raise Invalid(
            f"{name} has two columns {', '.join(twice)}.", "Give each column a name of its own, import again."
        )
    return columns


def _tags(columns: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    """The HXL tags of a row, by column; {} when it is a row like others."""
    filled = [cell for cell in cells if cell]
    if not filled or not all(_HXL.fullmatch(cell) for cell in filled):
        return {}
    return {column: tag for column, tag in zip(columns, cells, strict=False) if column and tag}


def _from_json(data: bytes, name: str) -> Table:
    try:
        found = json.loads(data)
    except ValueError as error:
        raise Invalid(f"{name} is not JSON: {error}.", "Nothing was imported.") from None
    if isinstance(found, dict):  # an API's envelope: the one list in it
        found = next((value for value in found.values() if isinstance(value, list)), None)
    if not isinstance(found, list) or not found or not all(isinstance(entry, dict) for entry in found):
        raise Invalid(f"{name} is not a list of objects.", "Nothing was imported.")
    rows = tuple(
        SourceRow(line, {str(key): clean(_as_text(value)) for key, value in entry.items()})
        for line, entry in enumerate(found, start=1)
    )
    columns = dict.fromkeys(column for row in rows for column in row.cells)
    return Table(tuple(columns), rows, "json")


def _as_text(value: Any) -> str:
    """A cell as people would type it: 12 and not 12.0, a day without its midnight."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return ", ".join(_as_text(each) for each in value)
    return str(value)


def clean(text: str) -> str:
    """Text without what no XML may hold, no-break blanks as blanks, trimmed, in Unicode's normal form."""
    return unicodedata.normalize("NFC", _NOT_XML.sub("", text).replace("\u00a0", " ")).strip()


def folded(heading: str) -> str:
    """A heading as it is compared: "Number of Dead", "number_of_dead" and "NumberOfDead" are one."""
    return "".join(letter for letter in heading.casefold() if letter.isalnum())


def found_columns(
    columns: Iterable[str], known: Mapping[str, Sequence[str]]
) -> tuple[dict[str, str], list[str]]:
    """Which column of a file is which of ours (ours -> the file's), and the columns that are none."""
    ours = {folded(heading): name for name, headings in known.items() for heading in headings}
    mine: dict[str, str] = {}
    others: list[str] = []
    for column in columns:
        name = ours.get(folded(column))
        if name is None or name in mine:
            others.append(column)
        else:
            mine[name] = column
    return mine, others
