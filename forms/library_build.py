"""The library's forms as XLSForms: sources, code lists and catalogues of languages put together.

`forms/library/NAME.md` + `forms/vocabulary/codes/*.csv` + `forms/languages/*/*.po` -> sheets of cells, as any
author would have written them. A text that a language lacks stays empty: the form is complete when
`missing` finds nothing, which a test holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from forms import languages, vocabulary
from forms.library_source import TEXTS, FormSource, Table

Sheets = dict[str, list[list[str]]]
"""Sheet name -> rows of cells, the header first."""

_SOURCE_ONLY = {"survey": (), "choices": ("codes",), "settings": ("family", "languages")}


@dataclass(frozen=True, slots=True)
class Message:
    """A text of a form that people read, and where its translations are looked for, in this order."""

    text: str
    where: str  # "survey/n_ind/label"
    homes: tuple[tuple[str, str | None], ...]  # (domain, context)

    def translation(self, language: str) -> languages.Translation | None:
        found = (languages.translation(language, domain, self.text, ctx) for domain, ctx in self.homes)
        return next((one for one in found if one is not None), None)


def build(source: FormSource) -> Sheets:
    """The XLSForm of a source: survey, choices, settings, with a column of each text for each language."""
    choices = filled_choices(source)
    settings = {k: v for k, v in source.settings.items() if k not in _SOURCE_ONLY["settings"]}
    settings["client_editable"] = "yes"  # what was sent can be corrected in Collect, and a correction returns
    settings["default_language"] = languages.languages()[languages.SOURCE].name
    sheets = {
        "survey": _sheet(source, "survey", source.survey),
        "choices": _sheet(source, "choices", choices),
        "settings": [list(settings), list(settings.values())],
    }
    return {name: rows for name, rows in sheets.items() if len(rows) > 1}


def messages(source: FormSource) -> Iterator[Message]:
    """Every text of a form, in the order of its sheets."""
    for row in source.survey.rows:
        yield from (message for _, message in _of_row(source, "survey", row))
    for row in filled_choices(source).rows:
        yield from (message for _, message in _of_row(source, "choices", row))


def missing(source: FormSource, language: str) -> list[Message]:
    """The texts that a language lacks."""
    if language == languages.SOURCE:
        return []
    return [m for m in messages(source) if m.translation(language) is None]


def filled_choices(source: FormSource) -> Table:
    """The choices with what comes from the vocabulary: labels, whole lists, the rest of a list."""
    named = {row.get("list_name") for row in source.choices.rows}
    rows = list(source.choices.rows)
    rows += [
        {"list_name": name, "name": "*"}
        for name in source.lists_asked()
        if name not in named and name in vocabulary.code_lists()
    ]
    own = {(row.get("list_name"), row.get("name")) for row in rows}
    filled = [choice for row in rows for choice in _labelled(row, own)]
    columns = dict.fromkeys(("list_name", "name", "label", *source.choices.columns))
    return Table(tuple(columns), tuple(filled))


def _labelled(row: dict[str, str], own: set[tuple[str | None, str | None]]) -> Iterator[dict[str, str]]:
    list_name = row.get("codes") or row.get("list_name", "")
    if row.get("name") == "*":
        for code in vocabulary.codes(list_name).values():
            if code.retired_in is None and (row.get("list_name"), code.code) not in own:
                yield {**row, "name": code.code, "label": code.label, "codes": list_name}
    elif "label" in row:
        yield {key: value for key, value in row.items() if key != "codes"}
    else:
        code = vocabulary.codes(list_name)[row["name"]]
        yield {**row, "label": code.label, "codes": list_name}


def _of_row(source: FormSource, sheet: str, row: dict[str, str]) -> Iterator[tuple[str, Message]]:
    """The texts of a row by column. A label from the vocabulary is translated there and nowhere else."""
    key = "/".join(row[k] for k in ("list_name", "name") if k in row)
    for column in TEXTS:
        if text := row.get(column):
            context = f"{source.name}/{key}.{column}"
            homes: tuple[tuple[str, str | None], ...] = (
                (source.family, context),
                (languages.SHARED, None),
            )
            if "codes" in row:
                homes = (("codes", row["codes"]),)
            yield column, Message(text, f"{sheet}/{key}/{column}", homes)


def _sheet(source: FormSource, sheet: str, table: Table) -> list[list[str]]:
    names = {code: languages.languages()[code].name for code in source.languages}
    header: list[tuple[str, str | None]] = []  # (column of the source, language)
    for column in table.columns:
        if column in TEXTS:
            header += [(column, code) for code in names]
        elif column not in _SOURCE_ONLY[sheet]:
            header.append((column, None))
    rows = [[f"{column}::{names[code]}" if code else column for column, code in header]]
    for row in table.rows:
        texts = dict(_of_row(source, sheet, row))
        rows.append([_cell(row, texts, column, code) for column, code in header])
    return rows


def _cell(row: dict[str, str], texts: dict[str, Message], column: str, language: str | None) -> str:
    if language is None or language == languages.SOURCE:
        return row.get(column, "")
    message = texts.get(column)
    found = message.translation(language) if message else None
    return found.text if found else ""
