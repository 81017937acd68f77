"""The stable identity of a harmonised row: the same on every server, for ever (DATA_MODEL 3).

    record_id = uuid5(project_uuid, canonical string)

The canonical string is the compact JSON array, unescaped and in UTF-8,

    [xml_form_id, root instanceID, table, repeat path, [[variable, code], ...]]

The repeat path is the repeat's XForm path with the position of each repeat among its siblings, from 1, as
XPath writes it: "/data/groups[3]/people[1]"; "" for a row of the form level. The qualifiers are the row's
fixed ones, sorted. Positions count within the instance around them, so that a person added to group 1 changes
no id in group 2, and nothing else in the form or in the answers has a part in the id.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from uuid import UUID, uuid5

from forms.model import Qualifiers
from sync.steps.values import AnswerSet

_canonical = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

Instance = tuple[str, int]
"""(table_path, ordinal): one instance of a repeat, or of the form level ("", 0)."""


def record_id(
    project_uuid: str, xml_form_id: str, root_instance_id: str, table: str, path: str, qualifiers: Qualifiers
) -> str:
    """The id of one row; see the module for the canonical string. ValueError for a bad project_uuid."""
    fixed = sorted([name, code] for name, code in qualifiers)
    parts = [xml_form_id, root_instance_id, table, path, fixed]
    return str(uuid5(_namespace(project_uuid), _canonical(parts)))


@lru_cache(maxsize=64)
def _namespace(project_uuid: str) -> UUID:
    return UUID(project_uuid)


def repeat_paths(answers: Sequence[AnswerSet]) -> dict[Instance, str]:
    """The repeat path of each instance, parents before children, as `answers` come from the parse step."""
    paths: dict[Instance, str] = {}
    siblings: dict[tuple[str, str], int] = {}  # (path of the instance around it, repeat) -> instances so far
    for row in answers:
        if not row.table_path:
            paths[row.table_path, row.ordinal] = ""
            continue
        outer = paths.get((row.parent_path or "", row.parent_ordinal or 0), "")
        position = siblings[outer, row.table_path] = siblings.get((outer, row.table_path), 0) + 1
        below = row.table_path.removeprefix(row.parent_path) if row.parent_path else row.table_path
        paths[row.table_path, row.ordinal] = f"{outer}{below}[{position}]"
    return paths


def chain(row: AnswerSet, by_instance: Mapping[Instance, AnswerSet]) -> tuple[AnswerSet, ...]:
    """The instance and those around it, innermost first, the form level last."""
    found = [row]
    while found[-1].parent_path is not None:
        outer = by_instance.get((found[-1].parent_path, found[-1].parent_ordinal or 0))
        if outer is None:
            break
        found.append(outer)
    return tuple(found)
