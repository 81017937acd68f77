"""A column of a dataset: its name, what is in it, and who may see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from forms import languages, vocabulary

TEXT_TYPES = frozenset({"text", "code", "codes", "time", "datetime"})
"""Types whose cells are text: what a spreadsheet could take for a formula."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `type`, `unit` and `null_rule` as in the vocabulary; `sensitivity` decides who sees it."""

    name: str
    type: str
    unit: str
    hxl: str
    sensitivity: str
    label: str  # English
    labels: Mapping[str, str]  # in other languages, by code
    definition: str
    null_rule: str = ""
    code_list: str | None = None

    @property
    def is_text(self) -> bool:
        return self.type in TEXT_TYPES


def own(
    name: str,
    type_: str,
    unit: str,
    hxl: str,
    label: str,
    definition: str,
    null: str = "",
    sensitivity: str = "public",
) -> Column:
    """A column that is in no harmonised table: worked out for one dataset."""
    return Column(
        name, type_, unit, hxl, sensitivity, label, languages.labels("datasets", label), definition, null
    )


def shared(table: str, *names: str) -> tuple[Column, ...]:
    """Columns of a harmonised table as the vocabulary has them."""
    return tuple(of_variable(vocabulary.variables(table)[name]) for name in names)


def of_variable(v: vocabulary.Variable) -> Column:
    return Column(
        v.name,
        v.type,
        v.unit,
        v.hxl,
        v.sensitivity,
        v.label,
        v.labels,
        v.definition,
        v.null_rule,
        v.code_list,
    )
