"""A form of the library as its authors keep it: a Markdown table, in English, without what stands elsewhere.

`forms/library/NAME.md` -> `FormSource`. `forms.library_build` makes the XLSForm of it. Beside the columns of
an XLSForm a source has, and the XLSForm made from it has not:

settings  `family`     the domain of its translations: forms/languages/CODE/FAMILY.po
          `languages`  codes of the languages it is offered in, English first: "en fr ar"
choices   `codes`      the code list a choice's label comes from, where it is not named as its list_name

A choice without a label has that of its code in the vocabulary. A list that is named in the survey and has no
row in choices is the whole code list of that name; a row with the name `*` stands for all codes of its list
that have no row of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from forms import readers

TEXTS = ("label", "hint", "guidance_hint", "constraint_message", "required_message")
"""Columns that people read, and that are translated."""


@dataclass(frozen=True)
class Table:
    """One sheet: its columns and its rows, each by column name, without empty cells."""

    columns: tuple[str, ...]
    rows: tuple[dict[str, str], ...]


@dataclass(frozen=True)
class FormSource:
    name: str
    survey: Table
    choices: Table
    settings: dict[str, str]

    @property
    def family(self) -> str:
        return self.settings["family"]

    @property
    def languages(self) -> tuple[str, ...]:
        return tuple(self.settings["languages"].split())

    def lists_asked(self) -> Iterator[str]:
        """The choice lists the survey names, each once; files are not among them."""
        seen = set()
        for row in self.survey.rows:
            kind, _, rest = row.get("type", "").partition(" ")
            name = rest.split(" ")[0]
            if kind in ("select_one", "select_multiple", "rank") and name and name not in seen:
                seen.add(name)
                yield name


def read_source(name: str, text: str) -> FormSource:
    """Read `forms/library/NAME.md`. ValueError where a sheet or a setting of a source is missing."""
    grids = {grid.title: grid for grid in readers.read_markdown(text)}
    settings = _table(grids.get("settings"))
    if "survey" not in grids or len(settings.rows) != 1:
        raise ValueError(f"{name}: a form of the library has a survey sheet and one row of settings")
    if missing := {"form_id", "version", "family", "languages"} - settings.rows[0].keys():
        raise ValueError(f"{name}: its settings lack {', '.join(sorted(missing))}")
    return FormSource(name, _table(grids["survey"]), _table(grids.get("choices")), settings.rows[0])


def _table(grid: readers.Grid | None) -> Table:
    if grid is None or not grid.rows:
        return Table((), ())
    header = [text.strip() for text in grid.rows[0][1]]
    rows = tuple(
        {column: cell for column, cell in zip(header, cells, strict=False) if column and cell}
        for _, cells in grid.rows[1:]
        if any(cells)
    )
    return Table(tuple(column for column in header if column), rows)
