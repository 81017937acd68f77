"""A column of a dataset: its name, what is in it, and who may see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

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
