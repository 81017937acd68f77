"""The languages of forms, code lists and datasets, as gettext catalogues that translators' tools open.

English is the source: `forms/library/*.md`, `forms/vocabulary/` and the datasets hold English texts only.
`forms/languages/CODE/DOMAIN.po` holds the texts of one language and one domain (a family of forms, the code
lists, the variables): the English text is the msgid, a msgctxt is there only where one English text has two
translations. Nothing else translates anything.

A translation that no speaker has signed carries gettext's `fuzzy` flag. It is used all the same, and counted
as unreviewed wherever languages are listed. Whoever signs it takes the flag off and names themselves in the
translator's comment: `# Reviewed by NAME, 2026-11-22`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import polib

SOURCE = "en"
SHARED = "shared"
"""The domain of texts that several families of forms have in common: asked after a form's own domain."""


@dataclass(frozen=True, slots=True)
class Language:
    code: str  # BCP 47
    name: str  # as XLSForm columns name it: "French (fr)"
    native: str  # as its speakers call it


@dataclass(frozen=True, slots=True)
class Translation:
    source: str  # the English text
    text: str
    context: str | None
    reviewed: bool
    comment: str


Catalogue = Mapping[tuple[str | None, str], Translation]
"""Translations by (context, English text)."""


@cache
def languages() -> dict[str, Language]:
    """Every language there is a catalogue folder for, English first."""
    rows = csv.DictReader(io.StringIO(_file("languages.csv") or ""))
    return {row["code"]: Language(row["code"], row["name"], row["native"]) for row in rows}


@cache
def catalogue(language: str, domain: str) -> Catalogue:
    """The translations of one language and domain; empty where there are none."""
    text = _file(f"{language}/{domain}.po")
    return read(text) if text is not None else {}


def read(text: str) -> Catalogue:
    """The translations in the text of a .po file, without those marked obsolete. OSError when it is none."""
    return {
        (entry.msgctxt, entry.msgid): Translation(
            entry.msgid, entry.msgstr, entry.msgctxt, "fuzzy" not in entry.flags, entry.tcomment
        )
        for entry in polib.pofile(text)
        if not entry.obsolete
    }


def translation(language: str, domain: str, source: str, context: str | None = None) -> Translation | None:
    """The translation of an English text: with its context first, then without; None where it is missing."""
    return used((catalogue(language, domain),), source, context)


def used(found: Iterable[Catalogue], source: str, context: str | None = None) -> Translation | None:
    """The entry a text is shown with: catalogue after catalogue, with its context first, then without."""
    entries = (entries.get((asked, source)) for entries in found for asked in (context, None))
    return next((entry for entry in entries if entry is not None and entry.text), None)


def translate(language: str, domain: str, source: str, context: str | None = None) -> str | None:
    """The translated text, or None where it is missing."""
    if language == SOURCE:
        return source
    entry = translation(language, domain, source, context)
    return entry.text if entry is not None else None


def labels(domain: str, source: str, context: str | None = None) -> dict[str, str]:
    """An English text in every other language that has it, by language code."""
    found = {code: translate(code, domain, source, context) for code in languages() if code != SOURCE}
    return {code: text for code, text in found.items() if text is not None}


def domains(language: str) -> Iterator[str]:
    """The domains one language has a catalogue for, sorted."""
    folder = files("forms.languages").joinpath(language)
    if folder.is_dir():
        yield from sorted(f.name.removesuffix(".po") for f in folder.iterdir() if f.name.endswith(".po"))


def _file(name: str) -> str | None:
    file = files("forms.languages").joinpath(name)
    return file.read_text(encoding="utf-8") if file.is_file() else None
