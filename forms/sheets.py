"""An XLSForm as its author sees it: sheets, rows and cells with their addresses.

The values `forms.workbook.read_workbook` gives. Texts have the author's accidents taken out (1.0 -> "1",
non-breaking spaces, blanks around); where they stood is kept, so that each problem names a cell.

Addresses. In a spreadsheet they are its own: `survey!C14`. In Markdown and CSV, where a table has no
address of its own, the rows of one sheet's table are counted with its header as row 1, blank rows included,
Markdown's `|---|` separators and comments not, and columns are lettered from the first one after the
sheet-name column.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from forms.problems import Cell


def column_letter(index: int) -> str:
    """0 -> "A", 25 -> "Z", 26 -> "AA"."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


@dataclass(frozen=True, slots=True)
class Header:
    text: str  # as the author wrote it, blanks collapsed
    index: int  # 0-based column

    @property
    def letter(self) -> str:
        return column_letter(self.index)


@dataclass(frozen=True, slots=True)
class SheetRow:
    number: int  # 1-based, the author's
    values: dict[int, str]  # by column index; empty cells are absent

    def get(self, header: Header | None) -> str:
        return self.values.get(header.index, "") if header else ""


@dataclass(frozen=True)
class Sheet:
    name: str  # lower case
    title: str  # as the author wrote it
    headers: tuple[Header, ...] = ()
    rows: tuple[SheetRow, ...] = ()  # blank ones included, so that counting them gives the row's number
    header_row: int = 1

    def cell(self, row: SheetRow | int | None = None, header: Header | None = None) -> Cell:
        number = row.number if isinstance(row, SheetRow) else row
        return Cell(self.title, number, header.letter if header else None)

    def filled(self) -> Iterator[SheetRow]:
        """Rows with at least one cell under a header."""
        columns = {header.index for header in self.headers}
        return (row for row in self.rows if not columns.isdisjoint(row.values))


@dataclass(frozen=True)
class Workbook:
    """Sheets an XLSForm uses, by lower-case name, and the names of all sheets of the file."""

    sheets: dict[str, Sheet]
    sheet_titles: tuple[str, ...] = ()
    stem: str = ""  # the file's name without folder and ending
    kind: str = ""  # ".xlsx", ".xls", ".csv" or ".md"

    def sheet(self, name: str) -> Sheet:
        """The sheet, or an empty one of that name."""
        return self.sheets.get(name) or Sheet(name, name)

    @property
    def has_survey(self) -> bool:
        return bool(self.sheets.get("survey") and self.sheets["survey"].headers)


_EDGES = "\u200b\u2060\ufeff"  # zero-width characters that come along when text is pasted
_INVISIBLE = dict.fromkeys(map(ord, _EDGES + "\u200c\u200d"))
_BLANKS = str.maketrans({"\xa0": " ", "\u202f": " ", "\r": "\n", "\x0b": "\n"})


def clean_text(value: str) -> str:
    """A cell's text without what its author cannot see: odd blanks, zero-width and control characters."""
    if value.isascii() and value.isprintable():
        return value.strip()
    value = value.replace("\r\n", "\n").translate(_BLANKS).strip().strip(_EDGES).strip()
    return "".join(c for c in value if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs"))


def clean_name(value: str) -> str:
    """Text of a header or a name: blanks collapsed, zero-width characters dropped."""
    return " ".join(clean_text(value).translate(_INVISIBLE).split())


def file_stem(name: str) -> str:
    """`folder/My form (2).xlsx` -> `My form (2)`."""
    base = name.replace("\\", "/").rsplit("/", 1)[-1]
    return base.rsplit(".", 1)[0] if "." in base else base
