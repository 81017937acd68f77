"""The data dictionary: the vocabulary as a document that people read.

Variables and code lists -> Markdown. `python -m forms.dictionary > docs/DATA_DICTIONARY.md` writes the
committed copy; a test fails when the two differ, so it cannot drift from what the software does.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence

from forms import vocabulary
from forms.vocabulary import Code, Variable

LONG_LIST = 100
"""Lists with more codes than this show only the codes that have a definition of their own."""

_TABLES: dict[str, str] = {
    vocabulary.COMMON: "Columns of every table below except `flow_split`.",
    "observation": "One row per flow monitoring point and local day: observed with or without movement, or "
    "not observed and why. Silence is not zero.",
    "flow": "One row per observed group. Figures are movements, not persons: who crosses twice is counted "
    "twice. Figures of different tools are never added.",
    "baseline": "One row per population category (or place status) at one place in one round, one cell of "
    "one breakdown. Totals come from `breakdown` = `total` only.",
    "profile": "One row per interviewed or registered person, without direct identifiers. Designs are never "
    "pooled.",
    "event": "One row per report of something that happened, or per follow-up of one: transhumance "
    "alerts, emergency triggers, deaths and disappearances. Events of different tools are never added.",
    "flow_split": "Marginals of a flow row, one dimension at a time; never summed across dimensions.",
}

_INTRODUCTION = """\
# Data dictionary

Generated from the vocabulary by `python -m forms.dictionary > docs/DATA_DICTIONARY.md`; do not edit it here.

Vocabulary version {version}. A form feeds a variable by naming it in its `harmonise` column; variables whose
source is the system are filled by the pipeline. Null means unknown or not asked, never zero. Codes are never
reused, only retired.
"""


def markdown(
    variables: Sequence[Variable], code_lists: Mapping[str, Iterable[Code]], version: str = vocabulary.VERSION
) -> str:
    """The whole dictionary as Markdown, tables first, then code lists in the order given."""
    parts = [_INTRODUCTION.format(version=version)]
    parts += [
        _table(table, note, [v for v in variables if v.table == table]) for table, note in _TABLES.items()
    ]
    parts.append("## Code lists\n")
    users = {name: [v.key for v in variables if v.code_list == name] for name in code_lists}
    parts += [_code_list(name, tuple(codes), users[name]) for name, codes in code_lists.items()]
    return "\n".join(parts)


def current() -> str:
    """The dictionary of this version of the software."""
    lists = {name: vocabulary.codes(name).values() for name in vocabulary.code_lists()}
    return markdown(vocabulary.all_variables(), lists)


def _table(name: str, note: str, variables: Sequence[Variable]) -> str:
    title = "Common columns" if name == vocabulary.COMMON else f"Table `{name}`"
    header = ("variable", "type", "code list", "null", "HXL", "sensitivity", "source", "English", "French")
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
            v.labels.get("fr", ""),
        )
        for v in variables
    ]
    return f"## {title}\n\n{note}\n\n{_rows(header, rows)}"


def _type(variable: Variable) -> str:
    return f"{variable.type}, {variable.unit}" if variable.unit else variable.type


def _code_list(name: str, codes: Sequence[Code], users: Sequence[str]) -> str:
    shown = [c for c in codes if c.definition] if len(codes) > LONG_LIST else codes
    rows = [
        (f"`{c.code}`", c.label, c.labels.get("fr", ""), _with_retirement(c.definition, c.retired_in))
        for c in shown
    ]
    used = "Used by " + ", ".join(f"`{user}`" for user in users) + "."
    if len(shown) < len(codes):
        file = f"`forms/vocabulary/codes/{name}.csv`"
        used += f" {len(codes)} codes: ISO 3166-1 alpha-3, listed in {file}, and these."
    return f"### {name}\n\n{used}\n\n{_rows(('code', 'English', 'French', 'definition'), rows)}"


def _with_retirement(definition: str, retired_in: str | None) -> str:
    return f"Retired in {retired_in}. {definition}".strip() if retired_in else definition


def _rows(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


if __name__ == "__main__":
    sys.stdout.write(current())
