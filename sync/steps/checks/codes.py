"""Codes against their lists, and figures no row of its table may lack."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from forms import vocabulary
from sync.steps.checks import Seen
from sync.steps.values import FlagNote

SPLIT_LISTS = {
    "nationality": "nationality",
    "origin": "nationality",
    "previous": "nationality",
    "next": "nationality",
    "destination": "nationality",
    "transport": "transport",
    "reason": "reason",
    "movement_type": "movement_type",
    "sex": "sex",
    "age": "age_band",
    "vulnerability": "vulnerability",
}
"""The code list of each split dimension."""


@cache
def _coded(table: str) -> tuple[tuple[str, str], ...]:
    """(variable, code list) of the columns a form may fill with codes."""
    return tuple(
        (v.name, v.code_list)
        for v in vocabulary.variables(table).values()
        if v.code_list and v.source == "form"
    )


@cache
def _required(table: str) -> tuple[str, ...]:
    return tuple(v.name for v in vocabulary.variables(table).values() if v.required)


def unknown_codes(seen: Seen) -> Iterator[FlagNote]:
    for row in seen.rows:
        for name, code_list in _coded(row.table):
            given = row.values.get(name)
            for code in given.split(";") if given else ():
                if code not in vocabulary.codes(code_list):
                    reason = f"{name} is {code[:40]!r}, which is not in the code list {code_list}."
                    detail = {"variable": f"{row.table}.{name}", "code_list": code_list}
                    yield FlagNote("unknown_code", reason, row.record_id, detail)
        for split in seen.splits.get(row.record_id, ()):
            list_name = SPLIT_LISTS.get(split.dimension)
            if list_name is not None and split.code not in vocabulary.codes(list_name):
                reason = (
                    f"The split by {split.dimension} has {split.code[:40]!r}, not in the list {list_name}."
                )
                yield FlagNote("unknown_code", reason, row.record_id, {"code_list": list_name})


def missing_required(seen: Seen) -> Iterator[FlagNote]:
    for row in seen.rows:
        for name in _required(row.table):
            if row.values.get(name) is None:
                reason = f"{row.table}.{name} has no value."
                yield FlagNote("missing_required", reason, row.record_id, {"variable": f"{row.table}.{name}"})
