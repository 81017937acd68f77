"""The keys of repeat rows, as Central makes them: a SHA-1 over the way from the submission to the row.

A row keeps its key however other submissions change, and whatever is inside it; in its own submission the key
follows from its place, as the form gives rows no name of their own.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from urllib.parse import quote

from sqlalchemy import select

from sync.odata.tables import ROOT, Step, Table
from sync.store import ReadSession
from sync.tables import answer_row

Places = Mapping[tuple[int, str, int], tuple[int, int | None]]
"""(version, repeat path, ordinal) -> (place among the rows of the same parent, ordinal of that parent)."""


def row_key(instance_id: str, steps: Sequence[Step], places: Sequence[int]) -> str:
    """The key of a row; without steps that of the submission.

    places  of each repeat among the steps, from the outermost, from 0
    """
    if not steps:
        return instance_id
    at = iter(places)
    parts = [f"{step.raw}#{next(at)}" if step.is_repeat else f"{step.raw}#" for step in steps]
    text = "%%".join([f"{ROOT}#{instance_id}", *parts])
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


class RowKeys:
    """The keys of one table's rows, and those of the rows around them, with what is equal in all of them
    worked out once."""

    def __init__(self, table: Table) -> None:
        parts, text = [], ""
        for step in table.steps:
            text += f"%%{step.raw}#"
            if step.is_repeat:
                parts.append(text)
                text = ""
        self._parts = parts

    def of(self, instance_id: str, places: Sequence[int]) -> str:
        """The key of a row; the submission's where there are no places."""
        if not places:
            return instance_id
        if len(places) == 1:  # nearly every one
            text = f"{ROOT}#{instance_id}{self._parts[0]}{places[0]}"
        else:
            way = "".join([f"{part}{place}" for part, place in zip(self._parts, places, strict=False)])
            text = f"{ROOT}#{instance_id}{way}"
        return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def submission_link(instance_id: str) -> str:
    """`Submissions('uuid%3A...')`, what navigation links begin with."""
    scheme, _, rest = instance_id.partition(":")
    if scheme == "uuid" and rest.isascii() and rest.replace("-", "").isalnum():
        return f"{ROOT}('uuid%3A{rest}')"  # nearly every one, and much cheaper
    return f"{ROOT}('{quote(instance_id, safe='')}')"


def row_link(instance_id: str, steps: Sequence[Step], places: Sequence[int]) -> str:
    """The address of one row of a repeat below the service, where its own repeats hang."""
    parts, seen = [submission_link(instance_id)], 0
    for i, step in enumerate(steps):
        if step.is_repeat:
            seen += 1
            parts.append(f"{step.name}('{row_key(instance_id, steps[: i + 1], places[:seen])}')")
        else:
            parts.append(step.name)
    return "/".join(parts)


def read_places(session: ReadSession, tables: Collection[Table], versions: Collection[int]) -> Places:
    """The places of all rows of nested repeats among the tables, and of those around them."""
    paths = {path for table in tables if table.parents for path in (*table.parents, table.path)}
    if not paths or not versions:
        return {}
    columns = (answer_row.c.version_id, answer_row.c.table_path, answer_row.c.ordinal)
    statement = (
        select(*columns, answer_row.c.parent_ordinal)
        .where(answer_row.c.version_id.in_(sorted(versions)), answer_row.c.table_path.in_(sorted(paths)))
        .order_by(*columns)
    )
    found: dict[tuple[int, str, int], tuple[int, int | None]] = {}
    siblings: dict[tuple[int, str, int | None], int] = defaultdict(int)
    for batch in session.stream(statement):
        for version, path, ordinal, parent in batch:
            family = (version, path, parent)
            found[version, path, ordinal] = (siblings[family], parent)
            siblings[family] += 1
    return found


def places_of(places: Places, version: int, table: Table, ordinal: int) -> list[int]:
    """The places on the way to one row, from the outermost repeat: with one repeat only, its ordinal."""
    if not table.parents:
        return [ordinal]
    found: list[int] = []
    at: int | None = ordinal
    for path in (table.path, *reversed(table.parents)):
        if at is None:
            return [0] * (len(table.parents) + 1)  # rows of a form version in which it was not inside
        place, at = places.get((version, path, at), (0, None))
        found.append(place)
    return found[::-1]
