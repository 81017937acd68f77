"""Which answers a harmonised variable takes: the question's type against the variable's.

Types are as narrow as a reader of the data must rely on. What the form computes (`calculate`) may feed
anything but a position: its text is read by the variable's type when rows are made, and flagged if it does
not fit.
"""

from __future__ import annotations

from collections.abc import Iterator

from forms.findings import Finding
from forms.mapping import MappingItem
from forms.model import AnswerType, Field
from forms.vocabulary import Variable, VariableType

_TAKES: dict[VariableType, tuple[AnswerType, ...]] = {
    "int": ("int",),
    "decimal": ("decimal", "int"),
    "text": ("string", "select1", "int", "decimal"),
    "bool": ("boolean", "select1"),
    "date": ("date",),
    "time": ("time",),
    "datetime": ("dateTime",),
    "geopoint": ("geopoint",),
    "code": ("select1", "string"),
    "codes": ("select", "select1", "rank"),
}

_WANTED: dict[VariableType, str] = {
    "int": "an integer question",
    "decimal": "a decimal or integer question",
    "text": "a text or select_one question",
    "bool": "a question answered true or false",
    "date": "a date question",
    "time": "a time question",
    "datetime": "a dateTime question",
    "geopoint": "a geopoint question",
    "code": "a select_one question",
    "codes": "a select_multiple, rank or select_one question",
}

_NAMED: dict[AnswerType, str] = {
    "string": "text",
    "int": "an integer",
    "decimal": "a decimal",
    "select": "select_multiple",
    "select1": "select_one",
    "binary": "a file",
}


def check_type(one: Field, item: MappingItem, variable: Variable) -> Iterator[Finding]:
    """`wrong-type`, with the way out where there is a usual one."""
    if one.type in _TAKES[variable.type] or _computed(one, variable) or _numbers(one, variable):
        return
    unit = f" ({variable.unit})" if variable.unit else ""
    yield Finding(
        one.path,
        "wrong-type",
        f"{one.name!r} is {_NAMED.get(one.type, one.type)}, but {item.table}.{variable.name} "
        f"takes {variable.type}{unit}.",
        f"Feed it from {_WANTED[variable.type]}{_way_out(one, variable)}.",
    )


def _computed(one: Field, variable: Variable) -> bool:
    return one.calculated and one.type == "string" and variable.type != "geopoint"


def _numbers(one: Field, variable: Variable) -> bool:
    """A scale asked as select_one whose codes are numbers: confidence 1 to 5."""
    if one.type != "select1" or variable.type not in ("int", "decimal") or not one.choices:
        return False
    return all(
        choice.name.lstrip("-").isascii() and choice.name.lstrip("-").isdigit() for choice in one.choices
    )


def _way_out(one: Field, variable: Variable) -> str:
    name = f"${{{one.name}}}"
    if variable.type == "int" and one.type == "decimal":
        return f", or from a calculate: round({name})"
    if variable.type == "date" and one.type == "dateTime":
        return f", or from a calculate: format-date({name}, '%Y-%m-%d')"
    if variable.type == "time" and one.type == "dateTime":
        return f", or from a calculate: format-date-time({name}, '%H:%M:%S')"
    if variable.type == "code" and one.type == "select":
        return ", or map it to a variable that takes several codes"
    return ""
