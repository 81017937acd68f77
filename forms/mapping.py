"""The mapping contract's texts: what authors write in `harmonise`, what binds carry in `wp:harmonise`.

    question   flow.men    baseline.ind{population_category=idp, breakdown=total}
               men (a variable of the form's default table)
    repeat     flow        flow_split{dimension=nationality}
    settings   flow{flow_tool=FMR}; observation      the first is the form's default table

Items are separated by ";". The same text stands in the XForm, so a mapping survives any XForm tool. Codes of
a choice list that differ from the standard ones travel as `wp:codes`: "formcode=standard ...", where blanks,
"=" and "%" of a code are percent-escaped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote, unquote

from forms.model import HARMONISE_NAMESPACE, Qualifiers

HARMONISE_ATTRIBUTE = f"{{{HARMONISE_NAMESPACE}}}harmonise"
SENSITIVITY_ATTRIBUTE = f"{{{HARMONISE_NAMESPACE}}}sensitivity"
CODES_ATTRIBUTE = f"{{{HARMONISE_NAMESPACE}}}codes"

NULL_CODE = "-"
"""A choice mapped to it becomes null."""

_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_ITEM = re.compile(rf"^({_NAME})\s*(?:\.\s*({_NAME}))?\s*(?:\{{(.*)\}})?$", re.DOTALL)
_QUALIFIER = re.compile(rf"^({_NAME})\s*=\s*([^={{}}\s](?:[^={{}}]*[^={{}}\s])?)$")
_SEPARATOR = re.compile(r";(?![^{}]*\})")  # a ";" inside braces is a mistake, told as one


@dataclass(frozen=True, slots=True)
class MappingItem:
    """`table.variable{qualifiers}`; without a variable `table{qualifiers}`, or a lone variable's name."""

    table: str
    variable: str | None = None
    qualifiers: Qualifiers = ()

    def __str__(self) -> str:
        name = f"{self.table}.{self.variable}" if self.variable else self.table
        fixed = ", ".join(f"{key}={value}" for key, value in self.qualifiers)
        return f"{name}{{{fixed}}}" if fixed else name


class MappingSyntaxError(ValueError):
    """An item that cannot be read; its text says what is wrong with it."""


def split_items(text: str) -> list[str]:
    """The items of a `harmonise` text, empty ones dropped."""
    return [item.strip() for item in _SEPARATOR.split(text) if item.strip()]


def parse_item(text: str) -> MappingItem:
    """One item. Raises MappingSyntaxError."""
    match = _ITEM.match(text.strip())
    if not match:
        raise MappingSyntaxError(f"{text!r} is not of the form table.variable{{name=code, ...}}.")
    table, variable, inside = match.groups()
    qualifiers: dict[str, str] = {}
    for part in (inside or "").split(",") if inside and inside.strip() else ():
        fixed = _QUALIFIER.match(part.strip())
        if not fixed:
            raise MappingSyntaxError(f"{part.strip()!r} in {text!r} is not of the form name=code.")
        name, value = fixed.groups()
        if name in qualifiers:
            raise MappingSyntaxError(f"{text!r} fixes {name!r} twice.")
        qualifiers[name] = value
    return MappingItem(table, variable, tuple(sorted(qualifiers.items())))


def parse_mapping(text: str) -> list[MappingItem]:
    """All items of a `harmonise` text. Raises MappingSyntaxError at the first that cannot be read."""
    return [parse_item(item) for item in split_items(text)]


def format_mapping(items: Iterable[MappingItem]) -> str:
    """The text `parse_mapping` reads the same items from."""
    return "; ".join(str(item) for item in items)


def format_codes(codes: Iterable[tuple[str, str]]) -> str:
    """("oui", "yes"), ("sans réponse", "-") -> "oui=yes sans%20réponse=-"."""
    return " ".join(f"{_escape(form)}={_escape(standard)}" for form, standard in codes)


def parse_codes(text: str) -> tuple[tuple[str, str], ...]:
    """The pairs of a `wp:codes` text. Raises MappingSyntaxError."""
    pairs = []
    for part in text.split():
        form, equals, standard = part.partition("=")
        if not (form and equals and standard) or "=" in standard:
            raise MappingSyntaxError(f"{part!r} is not of the form formcode=standard.")
        pairs.append((unquote(form), unquote(standard)))
    return tuple(pairs)


def _escape(code: str) -> str:
    return "".join(quote(c, safe="") if c in "%=" or c.isspace() else c for c in code)


@dataclass(frozen=True, slots=True)
class Annotation:
    """What one bind (or one row of the survey sheet) says: the texts as written, "" where it says nothing."""

    harmonise: str = ""
    sensitivity: str = ""
    codes: str = ""


def merge_qualifiers(*layers: Qualifiers) -> Qualifiers:
    """Qualifiers of settings, repeat and question as one, the more particular winning."""
    merged: dict[str, str] = {}
    for layer in layers:
        merged.update(layer)
    return tuple(sorted(merged.items()))
