"""XLSForm file bytes -> Workbook: `.xlsx`, `.xls`, `.csv` and Markdown, told apart by what they hold.

Flow: size and zip checks (`forms.hostile`), one of four readers (`forms.readers`), then headers, rows and
addresses (`forms.sheets`).
"""

from __future__ import annotations

from collections.abc import Iterable

from pyxform.constants import SUPPORTED_SHEET_NAMES

from forms import readers
from forms.hostile import check_size, check_zip
from forms.problems import FormProblem
from forms.sheets import Header, Sheet, SheetRow, Workbook, clean_name, file_stem

ZIP_MAGIC = b"PK\x03\x04"
XLS_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENDINGS = (".xlsx", ".xlsm", ".xls", ".csv", ".md")


class WorkbookUnreadable(Exception):
    """No workbook can be read from the bytes; `problem` says why and what to do."""

    def __init__(self, problem: FormProblem) -> None:
        super().__init__(str(problem))
        self.problem = problem


def read_workbook(data: bytes, name: str) -> Workbook:
    """Read an XLSForm file.

    data  the file's bytes, of any origin
    name  its file name; its ending tells Markdown from CSV, for the others the bytes decide
    Raises WorkbookUnreadable when nothing can be read from it.
    """
    problem = check_size(data)
    if problem is None and data.startswith(ZIP_MAGIC):
        problem = check_zip(data)
    if problem:
        raise WorkbookUnreadable(problem)
    try:
        kind, grids = _grids(data, name)
        return _workbook(kind, grids, file_stem(name))
    except readers.Unreadable as unreadable:
        raise WorkbookUnreadable(unreadable.problem) from unreadable


def _grids(data: bytes, name: str) -> tuple[str, Iterable[readers.Grid]]:
    if not data.strip():
        raise readers.Unreadable("The file is empty.", "Upload the form itself.")
    if data.startswith(ZIP_MAGIC):
        return ".xlsx", readers.read_xlsx(data, _is_ours)
    if data.startswith(XLS_MAGIC):
        return ".xls", readers.read_xls(data, _is_ours)
    lower = name.lower()
    if lower.endswith((".xlsx", ".xlsm", ".xls")):
        raise readers.Unreadable(f"{name[-80:]!r} is named as a workbook, but holds none.")
    text = readers.decode_text(data)
    if lower.endswith(".md") or (not lower.endswith(".csv") and _looks_like_markdown(text)):
        return ".md", readers.read_markdown(text)
    if not lower.endswith(".csv") and "," not in text[:5000]:
        raise readers.Unreadable(
            "The file is neither a workbook nor Markdown, CSV or XForm XML.",
            f"Upload a form with one of the endings {', '.join(ENDINGS)} or .xml.",
        )
    return ".csv", readers.read_csv(text)


def _looks_like_markdown(text: str) -> bool:
    return any(line.lstrip().startswith("|") for line in text[:5000].splitlines())


def _is_ours(title: str, sheets: int) -> bool:
    """pyxform's rule: sheets of these names; a single sheet of any name is the survey."""
    return sheets == 1 or title.strip().lower() in SUPPORTED_SHEET_NAMES


def _workbook(kind: str, grids: Iterable[readers.Grid], stem: str) -> Workbook:
    grids = list(grids)
    sheets: dict[str, Sheet] = {}
    for grid in grids:
        key = grid.title.strip().lower()
        if len(grids) == 1 and key not in SUPPORTED_SHEET_NAMES:
            key = "survey"
        if key in SUPPORTED_SHEET_NAMES and key not in sheets:
            sheets[key] = _sheet(key, grid)
    if not grids:
        raise readers.Unreadable(
            "No sheet was found in it.",
            "An XLSForm has a sheet named survey; in Markdown and CSV its name stands in the first column.",
        )
    return Workbook(sheets, tuple(grid.title for grid in grids), stem, kind)


def _sheet(key: str, grid: readers.Grid) -> Sheet:
    """The first row that holds something is the header; columns without a header are the author's notes."""
    start = next((i for i, (_, cells) in enumerate(grid.rows) if any(cells)), None)
    if start is None:
        return Sheet(key, grid.title)
    header_row, cells = grid.rows[start]
    headers = tuple(Header(clean_name(text), index) for index, text in enumerate(cells) if clean_name(text))
    rows = tuple(
        SheetRow(number, {i: text for i, text in enumerate(cells) if text})
        for number, cells in grid.rows[start + 1 :]
    )
    return Sheet(key, grid.title, headers, rows, header_row)
