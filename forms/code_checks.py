"""Codes against their lists: the choices of mapped questions, and the fixed values of rows.

A choice counts under its standard code: what the choice list's `harmonise` column says, else its own name.
Lists from files and from other answers cannot be checked here; their answers are when rows are made.
"""

from __future__ import annotations

import dataclasses
import datetime
import difflib
import re
from collections.abc import Iterator, Mapping

from forms import vocabulary
from forms.findings import Finding, choice_key, codes_key
from forms.mapping import NULL_CODE, MappingItem
from forms.model import Field
from forms.vocabulary import Code, Variable

_SHOWN = 12
_LIST_OF_DIMENSION = re.compile(r"Codes of the list (\w+)")


def check_choices(
    one: Field, item: MappingItem, variable: Variable, codes: tuple[tuple[str, str], ...]
) -> Iterator[Finding]:
    """Choices without a current code in the variable's list, and codes of choices that do not exist."""
    mapped = dict(codes)
    if one.choices is not None and one.type in ("select", "select1", "rank"):
        names = {choice.name for choice in one.choices}
        for form_code in mapped:
            if form_code not in names:
                detail = f"wp:codes gives a code for {form_code!r}, which is no choice of {one.name!r}."
                yield Finding(codes_key(one.path), "bad-mapping", detail, "Remove it from wp:codes.")
        if variable.code_list:
            for choice in one.choices:
                yield from _check_choice(one, item, variable, choice.name, mapped)
    elif variable.code_list:
        known = vocabulary.codes(variable.code_list)
        for standard in dict.fromkeys(mapped.values()):
            if standard != NULL_CODE:
                yield from _check_code(codes_key(one.path), standard, variable, known, item)


def _check_choice(
    one: Field, item: MappingItem, variable: Variable, name: str, mapped: Mapping[str, str]
) -> Iterator[Finding]:
    standard = mapped.get(name, name)
    known = vocabulary.codes(variable.code_list or "")
    if standard == NULL_CODE and name in mapped:
        return
    key = choice_key(one.path, name)
    if name in mapped:
        yield from _check_code(key, standard, variable, known, item)
    elif standard not in known:
        yield Finding(
            key,
            "uncovered-choice",
            f"The choice {name!r} of {one.name!r} has no code in {variable.code_list}, which "
            f"{item.table}.{variable.name} takes.",
            f"Give its code in the harmonise column of the choices sheet ({_offer(name, known)}), "
            "or '-' if it means no answer.",
        )
    else:
        yield from _check_code(key, standard, variable, known, item)


def _check_code(
    key: str, code: str, variable: Variable, known: Mapping[str, Code], item: MappingItem
) -> Iterator[Finding]:
    target = f"{item.table}.{variable.name}"
    if code not in known:
        detail = f"{code!r} is not in {variable.code_list}, the code list of {target}."
        yield Finding(key, "unknown-code", detail, f"Use one of its codes: {_offer(code, known)}.")
    elif retired := known[code].retired_in:
        detail = f"{code!r} was retired from {variable.code_list} in vocabulary {retired}."
        current = {name: entry for name, entry in known.items() if not entry.retired_in}
        yield Finding(key, "unknown-code", detail, f"Use a current code: {_offer(code, current)}.")


def split_variable(variable: Variable, fixed: Mapping[str, str]) -> Variable:
    """`flow_split.code` under a fixed dimension: a code of that dimension's list. Else itself."""
    if variable.key != "flow_split.code":
        return variable
    dimension = vocabulary.codes("split_dimension").get(fixed.get("dimension", ""))
    named = _LIST_OF_DIMENSION.search(dimension.definition) if dimension else None
    return dataclasses.replace(variable, code_list=named[1]) if named else variable


def check_qualifier(key: str, item: MappingItem, variable: Variable, value: str) -> Iterator[Finding]:
    """A fixed value: a current code of its variable's list, or a value of its type."""
    if variable.code_list:
        yield from _check_code(key, value, variable, vocabulary.codes(variable.code_list), item)
    elif not _fits(variable, value):
        detail = f"{value!r} is not a value of {item.table}.{variable.name}, which takes {variable.type}."
        hint = "Only codes, texts, numbers and dates can be fixed; ask for anything else in a question."
        yield Finding(key, "wrong-type", detail, hint)


def _fits(variable: Variable, value: str) -> bool:
    try:
        if variable.type == "int":
            return int(value) >= 0
        if variable.type == "decimal":
            return float(value) == float(value)
        if variable.type == "date":
            return bool(datetime.date.fromisoformat(value))
        if variable.type == "time":
            return bool(datetime.time.fromisoformat(value).isoformat())
    except ValueError:
        return False
    if variable.type == "bool":
        return value in ("true", "false")
    return variable.type == "text"


def _offer(code: str, known: Mapping[str, Code]) -> str:
    """The nearest codes first, then the list, as far as it fits a line."""
    near = difflib.get_close_matches(code, known, n=3, cutoff=0.5)
    folded = {name.lower(): name for name in known}
    if code.lower() in folded:
        near = [folded[code.lower()], *near]
    names = list(dict.fromkeys([*near, *known]))
    more = ", ..." if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
