"""What a sheet's headers mean: `Relevance` is the bind's `relevant`, `label::French (fr)` a label in French.

pyxform's own aliases and splitting rules decide, so that no header means one thing to our checks and another
to the XForm. `harmonise` and `sensitivity` are the two columns Waypost adds (docs/FORMS.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from pyxform import aliases, constants
from pyxform.parsing.sheet_headers import process_header
from pyxform.question import MultipleChoiceQuestion, Option
from pyxform.survey import Survey

from forms.sheets import Header, Sheet

HARMONISE = "harmonise"
SENSITIVITY = "sensitivity"
LINT = "lint"
NO_LANGUAGE = constants.DEFAULT_LANGUAGE_VALUE  # "default": what pyxform calls a label without a language

Tokens = tuple[str, ...]

TRANSLATED: dict[str, tuple[Tokens, ...]] = {
    "survey": (
        ("label",), ("hint",), ("guidance_hint",), ("bind", "jr:constraintMsg"), ("bind", "jr:requiredMsg"),
        ("media", "image"), ("media", "big-image"), ("media", "audio"), ("media", "video"),
    ),
    "choices": (
        ("label",), ("media", "image"), ("media", "big-image"), ("media", "audio"), ("media", "video"),
    ),
}  # fmt: skip
"""The columns that may come once per language."""


@cache
def _rules(sheet: str) -> tuple[dict[str, object], frozenset[str]]:
    """(aliases, known columns) of a sheet, as pyxform has them, with ours."""
    if sheet == "survey":
        own = {HARMONISE, SENSITIVITY, LINT, "disabled", "trigger", "parameters", "choice_filter"}
        return aliases.survey_header, frozenset(MultipleChoiceQuestion.get_slot_names()) | own
    if sheet == "settings":
        return aliases.settings_header, frozenset(Survey.get_slot_names()) | {HARMONISE, "namespaces"}
    if sheet == "entities":
        return aliases.entities_header, frozenset(i.value for i in constants.EntityColumns.value_list())
    return aliases.list_header, frozenset(Option.get_slot_names()) | {HARMONISE}


@dataclass(frozen=True, slots=True)
class Column:
    header: Header
    tokens: Tokens  # ("label", "French (fr)"), ("bind", "relevant")


@dataclass(frozen=True)
class Columns:
    """A sheet's columns by meaning."""

    columns: tuple[Column, ...]

    def one(self, *tokens: str) -> Header | None:
        """The first column of exactly this meaning."""
        return next((c.header for c in self.columns if c.tokens == tokens), None)

    def languages(self, tokens: Tokens) -> dict[str, Header]:
        """The columns of a translatable meaning by language; `NO_LANGUAGE` for the one without."""
        found: dict[str, Header] = {}
        for column in self.columns:
            if column.tokens == tokens:
                found.setdefault(NO_LANGUAGE, column.header)
            elif column.tokens[:-1] == tokens:
                found.setdefault(column.tokens[-1], column.header)
        return found

    def meaning(self, name: str) -> Header | None:
        """The column an error message names: by its header, or by its meaning (`relevant`, `list_name`)."""
        wanted = name.strip().lower().replace(" ", "_")
        for column in self.columns:
            if column.header.text == name:
                return column.header
        for column in self.columns:
            if wanted in ("::".join(column.tokens).lower().replace(" ", "_"), column.tokens[-1].lower()):
                return column.header
        return next((c.header for c in self.columns if c.tokens[0].replace(" ", "_") == wanted), None)

    def __iter__(self) -> Iterator[Column]:
        return iter(self.columns)


def read_columns(sheet: Sheet) -> Columns:
    """The meaning of each header of a sheet."""
    known_aliases, known = _rules(sheet.name)
    double = uses_double_colon(sheet)
    return Columns(
        tuple(
            Column(header, tuple(process_header(header.text, double, known_aliases, known)[1]))
            for header in sheet.headers
        )
    )


def uses_double_colon(sheet: Sheet) -> bool:
    """pyxform splits headers at "::" as soon as one header of the sheet has it, at ":" otherwise."""
    return any("::" in header.text for header in sheet.headers)


def double_colon_header(text: str) -> str:
    """A single-colon header as it reads with double colons: `label:French` -> `label::French`."""
    tokens = [token.strip() for token in text.split(":")]
    if "jr" in tokens[:-1]:
        at = tokens.index("jr")
        tokens[at : at + 2] = [f"jr:{tokens[at + 1]}"]
    return "::".join(tokens)
