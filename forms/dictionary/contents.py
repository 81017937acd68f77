"""What the data dictionary says, before it is a page, a workbook or a document.

Vocabulary, code lists with their languages, and the library's forms -> `Dictionary`. Every rendering is made
of this one value, so that none of them can say something else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from forms import vocabulary
from forms.compile import compile_form
from forms.library_index import library
from forms.vocabulary import Code, Variable

LONG_LIST = 100
"""Lists with more codes than this show only the codes that have a definition of their own."""

NOTES: dict[str, str] = {
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
"""What one row of each table is."""


@dataclass(frozen=True)
class TableEntry:
    name: str
    note: str
    variables: tuple[tuple[Variable, tuple[str, ...]], ...]  # with the library's forms that feed it

    @property
    def title(self) -> str:
        return "Common columns" if self.name == vocabulary.COMMON else f"Table `{self.name}`"


@dataclass(frozen=True)
class CodeListEntry:
    name: str
    codes: tuple[Code, ...]
    used_by: tuple[str, ...]  # keys of variables: "flow.direction"

    @property
    def shown(self) -> tuple[Code, ...]:
        """All codes, or of a long list those that need a word."""
        return tuple(c for c in self.codes if c.definition) if len(self.codes) > LONG_LIST else self.codes

    @property
    def usage(self) -> str:
        if not self.used_by:
            return "Used by registers: rounds, operations, informants, corridors."
        return "Used by " + ", ".join(f"`{user}`" for user in self.used_by) + "."


@dataclass(frozen=True)
class Dictionary:
    version: str
    tables: tuple[TableEntry, ...]
    code_lists: tuple[CodeListEntry, ...]


def dictionary(
    variables: Iterable[Variable],
    code_lists: Mapping[str, Iterable[Code]],
    fed_by: Mapping[str, tuple[str, ...]],
    version: str,
) -> Dictionary:
    """fed_by  names of forms by variable key; a common variable is fed where any table's one is."""
    variables = tuple(variables)
    tables = tuple(
        TableEntry(name, note, tuple((v, fed_by.get(v.key, ())) for v in variables if v.table == name))
        for name, note in NOTES.items()
    )
    users = {name: tuple(v.key for v in variables if v.code_list == name) for name in code_lists}
    lists = tuple(CodeListEntry(name, tuple(codes), users[name]) for name, codes in code_lists.items())
    return Dictionary(version, tables, lists)


@cache
def current() -> Dictionary:
    """The dictionary of this version of the software and its library of forms."""
    lists = {name: vocabulary.codes(name).values() for name in vocabulary.code_lists()}
    return dictionary(vocabulary.all_variables(), lists, _fed_by(), vocabulary.VERSION)


def _fed_by() -> dict[str, tuple[str, ...]]:
    """Variable key -> the library's forms that feed it, by a question or by a fixed value."""
    found: dict[str, set[str]] = {}
    common = {v.name for v in vocabulary.all_variables() if v.table == vocabulary.COMMON}
    for name, source in library().items():
        form = compile_form(source, f"{name}.md").form
        if form is None:
            continue
        fed = {(b.table, b.variable) for b in form.bindings}
        fed |= {(m.table, variable) for m in form.makers for variable, _ in m.qualifiers}
        for table, variable in fed:
            key = f"{vocabulary.COMMON if variable in common else table}.{variable}"
            found.setdefault(key, set()).add(name)
    return {key: tuple(sorted(names)) for key, names in found.items()}
