"""The rows of a form that ask for an area level by level, for authors to paste into their own XLSForm.

Areas of a boundary release -> the survey rows of a cascade and, where the form is to carry its areas itself,
the choices rows; written as Markdown, CSV or a workbook. Each level offers what lies in the area chosen
above it, a level without areas there is not asked, and the deepest area chosen feeds `declared_pcode`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

from openpyxl import Workbook

from forms import vocabulary
from forms.generated_lists import LEVELS, ListedArea
from forms.languages import catalogue, languages

Sheets = dict[str, list[dict[str, str]]]
"""Sheet name -> its rows, each by column name, all rows of a sheet with the same columns."""

TITLES = {
    1: "Administrative area, level 1",
    2: "Administrative area, level 2",
    3: "Administrative area, level 3",
}
"""What countries call region, district or commune differs: the author puts their own word here."""

_DOMAIN = "cascade"


def admin_cascade(
    areas: Sequence[ListedArea],
    levels: Sequence[int],
    table: str,
    spoken: Sequence[str] = (),
    choices: bool = False,
) -> Sheets:
    """The sheets `survey` and, with `choices`, `choices`.

    levels   one after the other, of 1 to 3
    table    harmonised table whose `declared_pcode` is fed
    spoken   languages the areas have names in; those that have a catalogue here get a label column
    Raises   ValueError: levels that make no cascade, a level without areas, no such table
    """
    if not levels or any(level not in LEVELS for level in levels) or list(levels) != sorted(set(levels)):
        raise ValueError(f"levels are from 1 to 3, not {'-'.join(map(str, levels)) or 'none'}")
    if vocabulary.variable(table, "declared_pcode") is None:
        raise ValueError(f"{table} is no harmonised table that keeps the declared area")
    empty = [level for level in levels if not any(area.level == level for area in areas)]
    if empty:
        raise ValueError(f"the release has no area of level {empty[0]}")
    labels = _label_columns(spoken)
    survey = [_question(level, levels, labels, areas, choices) for level in levels]
    survey.append(_deepest(levels, table, labels))
    sheets: Sheets = {"survey": survey}
    if choices:
        sheets["choices"] = [
            _choice(area, levels, labels)
            for level in levels
            for area in sorted(areas, key=lambda a: (a.name, a.pcode))
            if area.level == level
        ]
    return sheets


def as_markdown(sheets: Sheets) -> bytes:
    """A Markdown XLSForm without its settings."""
    lines = []
    for name, rows in sheets.items():
        lines.append(f"| {name} |")
        lines += [_line(list(rows[0])), *(_line(list(row.values())) for row in rows)]
    return ("\n".join(lines) + "\n").encode()


def as_csv(sheets: Sheets) -> bytes:
    """An XLSForm in CSV: the sheet's name alone in a row, then its rows one column further right."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for name, rows in sheets.items():
        writer.writerow([name])
        writer.writerow(["", *rows[0]])
        writer.writerows(["", *row.values()] for row in rows)
    return text.getvalue().encode()


def as_xlsx(sheets: Sheets) -> bytes:
    """A workbook; every cell is text, also one that begins as a formula would."""
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for line, values in enumerate([list(rows[0]), *(list(row.values()) for row in rows)], start=1):
            for column, value in enumerate(values, start=1):
                cell = sheet.cell(line, column, value)
                cell.data_type = "s"
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _question(
    level: int,
    levels: Sequence[int],
    labels: Mapping[str, str],
    areas: Sequence[ListedArea],
    choices: bool,
) -> dict[str, str]:
    upper = levels[levels.index(level) - 1] if level != levels[0] else None
    chosen = f"adm{upper} = ${{adm{upper}}}" if upper is not None else ""
    everywhere = upper is None or _is_everywhere(level, upper, areas)
    return {
        "type": f"select_one adm{level}" if choices else f"select_one_from_file admin{level}.csv",
        "name": f"adm{level}",
        **{column: _title(level, language) for column, language in labels.items()},
        "required": "yes" if everywhere else "",
        "relevant": "" if upper is None else f"${{adm{upper}}} != ''",
        "choice_filter": chosen,
        "appearance": "minimal autocomplete",
        "calculation": "",
        "harmonise": "",
        "sensitivity": "public",
    }


def _is_everywhere(level: int, upper: int, areas: Sequence[ListedArea]) -> bool:
    """Whether every area of the upper level is divided at this one: else nothing may be required."""
    divided = {dict(area.uppers).get(upper) for area in areas if area.level == level}
    return all(area.pcode in divided for area in areas if area.level == upper)


def _deepest(levels: Sequence[int], table: str, labels: Mapping[str, str]) -> dict[str, str]:
    expression = f"${{adm{levels[0]}}}"
    for level in levels[1:]:
        expression = f"coalesce(${{adm{level}}}, {expression})"
    return {
        "type": "calculate",
        "name": "declared_pcode",
        **dict.fromkeys(labels, ""),
        "required": "",
        "relevant": "",
        "choice_filter": "",
        "appearance": "",
        "calculation": expression,
        "harmonise": f"{table}.declared_pcode",
        "sensitivity": "public",
    }


def _choice(area: ListedArea, levels: Sequence[int], labels: Mapping[str, str]) -> dict[str, str]:
    names, above = dict(area.names), dict(area.uppers)
    return {
        "list_name": f"adm{area.level}",
        "name": area.pcode,
        **{column: names.get(language, area.name) for column, language in labels.items()},
        **{f"adm{level}": above.get(level, "") for level in levels[:-1]},
    }


def _label_columns(spoken: Sequence[str]) -> dict[str, str]:
    """XLSForm column -> language. One language needs no more than `label`."""
    known = [code for code in languages() if code in spoken]
    if len(known) < 2:
        return {"label": known[0] if known else "en"}
    return {f"label::{languages()[code].name}": code for code in known}


def _title(level: int, language: str) -> str:
    translation = catalogue(language, _DOMAIN).get((None, TITLES[level]))
    return translation.text if translation is not None and translation.text else TITLES[level]


def _line(values: Sequence[str]) -> str:
    return "| | " + " | ".join(value.replace("|", r"\|").replace("\n", " ") for value in values) + " |"
