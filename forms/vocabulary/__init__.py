"""The harmonised vocabulary: the one closed table of variables, and the code lists they draw on.

Everything that names a harmonised variable derives from here: the columns of the tables, the checks of the
compiler, the headers of the datasets, the HXL row, the documentation. `variables.csv` and `codes/*.csv` are
the source; this module only reads them.

Adding a variable or a code raises VERSION (minor). Codes are never reused, only retired (`retired_in`).
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

from forms import languages

VERSION = "1.1"
"""Recorded with each published form version and each harmonised row."""

VariableType = Literal[
    "int", "decimal", "text", "bool", "date", "time", "datetime", "geopoint", "code", "codes"
]

COMMON = "common"
"""Variables of this pseudo-table are columns of every table in COMMON_TABLES."""

COMMON_TABLES = ("observation", "flow", "baseline", "profile", "event")
TABLES = (*COMMON_TABLES, "flow_split")


@dataclass(frozen=True, slots=True)
class Variable:
    table: str
    name: str
    type: VariableType
    unit: str
    null_rule: str
    code_list: str | None
    hxl: str
    sensitivity: str
    source: Literal["form", "system"]  # system: the pipeline fills it, a form cannot map to it
    required: bool  # a form that makes rows of the table must feed it
    label: str  # English, the source language
    definition: str

    @property
    def labels(self) -> dict[str, str]:
        """The label in every other language that has it, by language code."""
        return languages.labels("variables", self.label, self.key)

    @property
    def key(self) -> str:
        return f"{self.table}.{self.name}"

    @property
    def is_column(self) -> bool:
        """A geopoint becomes lat, lon and gps_accuracy_m; every other variable is one column."""
        return self.type != "geopoint"


@dataclass(frozen=True, slots=True)
class Code:
    list_name: str
    code: str
    label: str  # English, the source language
    definition: str = ""
    retired_in: str | None = None  # vocabulary version

    @property
    def labels(self) -> dict[str, str]:
        """The label in every other language that has it, by language code."""
        return languages.labels("codes", self.label, self.list_name)


def _rows(name: str) -> list[dict[str, str]]:
    text = files("forms.vocabulary").joinpath(name).read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text)))


@cache
def all_variables() -> tuple[Variable, ...]:
    """Every variable in the order of `variables.csv`, common ones once."""
    return tuple(
        Variable(
            table=row["table"],
            name=row["name"],
            type=row["type"],  # type: ignore[arg-type]
            unit=row["unit"],
            null_rule=row["null_rule"],
            code_list=row["code_list"] or None,
            hxl=row["hxl"],
            sensitivity=row["sensitivity"],
            source=row["source"],  # type: ignore[arg-type]
            required=row["required"] == "yes",
            label=row["label"],
            definition=row["definition"],
        )
        for row in _rows("variables.csv")
    )


@cache
def variables(table: str) -> dict[str, Variable]:
    """The variables of one table by name, common ones first, in order. KeyError for an unknown table."""
    if table not in TABLES:
        raise KeyError(table)
    wanted = (COMMON, table) if table in COMMON_TABLES else (table,)
    return {v.name: v for group in wanted for v in all_variables() if v.table == group}


def variable(table: str, name: str) -> Variable | None:
    """One variable, or None when the table or the name is unknown."""
    return variables(table).get(name) if table in TABLES else None


@cache
def code_lists() -> tuple[str, ...]:
    """The names of all code lists, sorted: those of variables, and those of registers (rounds, corridors)."""
    folder = files("forms.vocabulary").joinpath("codes")
    return tuple(sorted(f.name.removesuffix(".csv") for f in folder.iterdir() if f.name.endswith(".csv")))


@cache
def codes(list_name: str) -> dict[str, Code]:
    """The codes of a list, retired ones included, in the order of its file. KeyError for an unknown list."""
    if list_name not in code_lists():
        raise KeyError(list_name)
    return {
        row["code"]: Code(
            list_name,
            row["code"],
            row["label"],
            row.get("definition") or "",
            row.get("retired_in") or None,
        )
        for row in _rows(f"codes/{list_name}.csv")
    }
