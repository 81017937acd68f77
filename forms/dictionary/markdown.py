"""The data dictionary as Markdown: what docs/DATA_DICTIONARY.md is made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from forms.dictionary.contents import CodeListEntry, Dictionary, TableEntry
from forms.vocabulary import Variable

_INTRODUCTION = """\
# Data dictionary

Generated from the vocabulary by `python -m forms.dictionary > docs/DATA_DICTIONARY.md`; do not edit it here.

Vocabulary version {version}. A form feeds a variable by naming it in its `harmonise` column; variables whose
source is the system are filled by the pipeline. Null means unknown or not asked, never zero. Codes are never
reused, only retired.
"""


def markdown(dictionary: Dictionary) -> str:
    """The whole dictionary as Markdown: tables first, then code lists."""
    parts = [_INTRODUCTION.format(version=dictionary.version)]
    parts += [_table(table) for table in dictionary.tables]
    parts.append("## Code lists\n")
    parts += [_code_list(one) for one in dictionary.code_lists]
    return "\n".join(parts)


def _table(table: TableEntry) -> str:
    header = ("variable", "type", "code list", "null", "HXL", "sensitivity", "source", "meaning", "fed by")
    rows = [
        (
            f"`{v.name}`",
            _type(v),
            f"[{v.code_list}](#{v.code_list})" if v.code_list else "",
            v.null_rule,
            f"`{v.hxl}`",
            v.sensitivity,
            "form, required" if v.required else v.source,
            f"**{v.label}.** {v.definition}",
            ", ".join(forms),
        )
        for v, forms in table.variables
    ]
    return f"## {table.title}\n\n{table.note}\n\n{_rows(header, rows)}"


def _type(variable: Variable) -> str:
    return f"{variable.type}, {variable.unit}" if variable.unit else variable.type


def _code_list(entry: CodeListEntry) -> str:
    rows = [(f"`{c.code}`", c.label, _with_retirement(c.definition, c.retired_in)) for c in entry.shown]
    used = entry.usage
    if len(entry.shown) < len(entry.codes):
        file = f"`forms/vocabulary/codes/{entry.name}.csv`"
        used += f" {len(entry.codes)} codes: ISO 3166-1 alpha-3, listed in {file}, and these."
    return f"### {entry.name}\n\n{used}\n\n{_rows(('code', 'label', 'definition'), rows)}"


def _with_retirement(definition: str, retired_in: str | None) -> str:
    return f"Retired in {retired_in}. {definition}".strip() if retired_in else definition


def _rows(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)
