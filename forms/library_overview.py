"""What the library holds, form by form: title, languages with their state, tables fed, files needed.

Sources and catalogues -> values to list. Nothing is compiled for it, so that a list is quick; a test holds
the tables against what the compiler binds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from forms.generated_lists import referred_files
from forms.library_build import messages
from forms.library_source import FormSource
from forms.mapping import parse_mapping


@dataclass(frozen=True, slots=True)
class LanguageState:
    """How far a form is in one language. English is the source: translated and reviewed by its authors."""

    code: str
    texts: int
    translated: int
    reviewed: int  # by a speaker, who signed the translation

    @property
    def state(self) -> str:
        """source, reviewed, unreviewed (no speaker has signed all of it) or incomplete."""
        if self.code == "en":
            return "source"
        if self.translated < self.texts:
            return "incomplete"
        return "reviewed" if self.reviewed == self.texts else "unreviewed"


@dataclass(frozen=True, slots=True)
class ListedForm:
    form: str
    title: str
    version: str
    family: str
    languages: tuple[LanguageState, ...]
    tables: tuple[str, ...]  # the harmonised tables it makes rows of, sorted
    files: tuple[str, ...]  # the choice lists it cannot be opened without


def listed(source: FormSource) -> ListedForm:
    """One form of the library."""
    survey = "\n".join(f"| {row['type']} |" for row in source.survey.rows)
    return ListedForm(
        source.name,
        source.settings.get("form_title", source.name),
        source.settings["version"],
        source.family,
        tuple(_languages(source)),
        tuple(sorted(_tables(source))),
        referred_files(survey),
    )


def _languages(source: FormSource) -> Iterator[LanguageState]:
    texts = list(messages(source))
    for code in source.languages:
        if code == "en":
            yield LanguageState(code, len(texts), len(texts), len(texts))
            continue
        found = [one for m in texts if (one := m.translation(code)) is not None]
        yield LanguageState(code, len(texts), len(found), sum(one.reviewed for one in found))


def _tables(source: FormSource) -> set[str]:
    """Settings and repeats name a table alone, questions name it before a variable."""
    named = {item.table for item in parse_mapping(source.settings.get("harmonise", ""))}
    for row in source.survey.rows:
        repeat = row["type"].startswith("begin_repeat")
        items = parse_mapping(row.get("harmonise", ""))
        named |= {item.table for item in items if repeat or item.variable is not None}
    return named
