"""`waypost form library`: the ready-made forms, listed, and written as files to adapt."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from server.cli import invocation

if TYPE_CHECKING:
    from forms.library_overview import LanguageState, ListedForm
    from forms.library_source import FormSource


class Format(StrEnum):
    xlsx = "xlsx"
    md = "md"


def library(
    form: Annotated[
        list[str] | None,
        typer.Option("--form", metavar="NAME", help="Only this form; repeat for more. Default: all."),
    ] = None,
    write: Annotated[
        Path | None, typer.Option(metavar="DIR", file_okay=False, help="Write the files into this folder.")
    ] = None,
    format_: Annotated[
        Format, typer.Option("--format", help="xlsx for spreadsheets, md for text.")
    ] = Format.xlsx,
) -> None:
    """List the ready-made forms: title, languages, the tables they feed. With --write, as XLSForms to adapt.

    A language is "reviewed" when a speaker has signed each of its texts, and "unreviewed" until then. Each
    workbook has a sheet that says so. Files of these names that are already in the folder are replaced:
    adapt a copy.

    \b
    waypost form library
    waypost form library --form fmr --form fms --write my-forms
    waypost form library --write build/forms --format md
    """
    from forms.library_overview import listed

    chosen = _chosen(form or [])
    overview = [listed(source) for source in chosen]
    written = _write(chosen, write, format_) if write is not None else {}
    value = [_value(each, written.get(each.form)) for each in overview]
    invocation.show(value, lambda: _told(overview, write, written))


def _chosen(names: list[str]) -> list[FormSource]:
    from forms.library_index import sources
    from sync.problems import NotFound

    there = sources()
    if unknown := [name for name in names if name not in there]:
        raise NotFound(f"The library has no form {unknown[0]!r}.", f"It has: {', '.join(there)}.")
    return [source for name, source in there.items() if not names or name in names]


def _write(chosen: list[FormSource], folder: Path, format_: Format) -> dict[str, Path]:
    """The files by form, each as soon as it is made."""
    from forms.library_build import build
    from forms.library_files import markdown, workbook

    folder.mkdir(parents=True, exist_ok=True)
    written = {}
    progress = invocation.Progress("Forms written")
    for number, source in enumerate(chosen, start=1):
        file = folder / f"{source.name}.{format_.value}"
        file.write_bytes(workbook(source) if format_ is Format.xlsx else markdown(build(source)))
        written[source.name] = file
        progress(number, len(chosen))
    progress.end()
    return written


def _value(each: ListedForm, file: Path | None) -> dict[str, Any]:
    states = [{**asdict(language), "state": language.state} for language in each.languages]
    found = {**asdict(each), "languages": states}
    return found if file is None else {**found, "file": file}


def _told(overview: list[ListedForm], folder: Path | None, written: dict[str, Path]) -> str:
    rows = [
        (each.form, each.title, ", ".join(map(_language, each.languages)), ", ".join(each.tables))
        for each in overview
    ]
    text = invocation.table(rows, ("form", "title", "languages", "feeds"), "")
    if folder is None:
        return text
    first = next(iter(written.values()))
    return f"{text}\n{len(written)} files are in {folder}. Adapt them, then: waypost form check {first}"


def _language(language: LanguageState) -> str:
    """ "en", "fr unreviewed", "ar 80 of 92"."""
    if language.state == "source":
        return language.code
    if language.state == "incomplete":
        return f"{language.code} {language.translated} of {language.texts}"
    return f"{language.code} {language.state}"
