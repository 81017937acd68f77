"""Translations: a text given in one language is given in all. Warnings only: tablets show "-" instead."""

from __future__ import annotations

from collections.abc import Iterator

from forms.columns import NO_LANGUAGE, TRANSLATED, Tokens, read_columns
from forms.outline import Outline, is_disabled, setting
from forms.problems import FormProblem
from forms.sheets import Header, Sheet, SheetRow

_SHOWN = 8


def check_translations(outline: Outline) -> Iterator[FormProblem]:
    """Missing language columns, and empty cells beside a translated one, gathered by column."""
    default = setting(outline.workbook, "default_language") or NO_LANGUAGE
    by_sheet = {name: _languages(outline.workbook.sheet(name), default) for name in ("survey", "choices")}
    languages = _all_languages(by_sheet)
    if len(languages) < 2:
        return
    disabled = outline.columns.one("disabled")
    for name, tables in by_sheet.items():
        sheet = outline.workbook.sheet(name)
        rows = [row for row in sheet.filled() if name != "survey" or not is_disabled(row, disabled)]
        for headers in tables.values():
            if missing := [language for language in languages if language not in headers]:
                yield _no_column(sheet, headers, missing)
            for language in headers:
                yield from _empty_cells(sheet, rows, headers, language)


def _all_languages(by_sheet: dict[str, dict[Tokens, dict[str, Header]]]) -> list[str]:
    """The form's languages in order. A column without one counts as a language where labels have it so."""
    languages: dict[str, None] = {}
    for tables in by_sheet.values():
        for tokens, headers in tables.items():
            languages.update(dict.fromkeys(x for x in headers if x != NO_LANGUAGE or tokens == ("label",)))
    return list(languages)


def _languages(sheet: Sheet, default: str) -> dict[Tokens, dict[str, Header]]:
    """Column meaning -> language -> header, for the meanings the sheet has."""
    columns = read_columns(sheet)
    found = {}
    for tokens in TRANSLATED[sheet.name]:
        headers = columns.languages(tokens)
        if headers:
            found[tokens] = {default if lang == NO_LANGUAGE else lang: h for lang, h in headers.items()}
    return found


def _no_column(sheet: Sheet, headers: dict[str, Header], missing: list[str]) -> FormProblem:
    header = next(iter(headers.values()))
    return FormProblem(
        "missing-translation",
        f"{_unlabelled(header)!r} has no column for {', '.join(missing)}.",
        f"Add a column {_unlabelled(header)}::{missing[0]}.",
        sheet.cell(sheet.header_row, header),
        "warning",
    )


def _unlabelled(header: Header) -> str:
    """A header without its language: `label::English` -> `label`; `media::image` stays."""
    first, _, rest = header.text.partition("::")
    return f"{first}::{rest.split('::')[0]}" if first.strip() in ("media", "bind") else first.strip()


def _empty_cells(
    sheet: Sheet, rows: list[SheetRow], headers: dict[str, Header], language: str
) -> Iterator[FormProblem]:
    header = headers[language]
    others = [other for lang, other in headers.items() if lang != language]
    empty = [row for row in rows if not row.get(header) and any(row.get(other) for other in others)]
    if not empty:
        return
    shown = ", ".join(f"{header.letter}{row.number}" for row in empty[:_SHOWN])
    more = f" and {len(empty) - _SHOWN} more" if len(empty) > _SHOWN else ""
    yield FormProblem(
        "missing-translation",
        f"{header.text!r} is empty where another language has a text: {shown}{more}.",
        f"Translate into {language}.",
        sheet.cell(empty[0], header),
        "warning",
    )
