"""Fetched rows -> OData rows, batch by batch, with flat memory.

What a row needs beside its own answers (places of nested repeats, rows inside for `$expand`, files, edits) is
asked once a batch, on the same snapshot.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import Text, cast, func, select

from server.odata.columns import OF_STAFF
from server.odata.identity import Places, places_of, read_places, row_key, row_link, submission_link
from server.odata.options import Cursor, Selected
from server.odata.query import BATCH, TableQuery
from server.odata.shape import Inside, Shape, shape
from server.odata.tables import Service, Table
from sync.mentioned_files import mentioned_files
from sync.store import ReadSession
from sync.tables import answer_row, attachment, submission

Row = dict[str, Any]
_FIXED, _SYSTEM = 6, 8
"""How many columns `TableQuery` selects before the flags."""


@dataclass(frozen=True, slots=True)
class Within:
    """Rows below one row only: the key of its repeat, the n-th from the outermost."""

    depth: int
    key: str


@dataclass(frozen=True, slots=True)
class Writing:
    """How rows are written: the properties wanted, positions as text, rows inside.

    full     the whole form's service: which questions name files
    """

    service: Service  # cut to what the reader sees
    full: Service
    selected: Selected
    wkt: bool = False
    expand: bool = False
    empty_staff: bool = False  # nobody's name is shown to this reader
    shapes: dict[tuple[str, frozenset[str]], Shape] = field(default_factory=dict)

    @property
    def table(self) -> Table:
        return self.selected.table

    @property
    def fetches_system(self) -> bool:
        """Whether what the server knows of a submission is selected beside its answers."""
        return self.table.path == "" and (bool(self.selected.system) or self.table.has_instance_id)

    def shape_of(self, table: Table, empty: frozenset[str]) -> Shape:
        found = self.shapes.get((table.path, empty))
        if found is None:
            found = self.shapes[table.path, empty] = shape(table.members, empty, self.wkt)
        return found

    def inner(self, table: Table) -> list[Table]:
        """The tables of repeats inside another's rows, however deep."""
        way = table.name + "."
        return [other for other in self.service.tables if other.name.startswith(way)] if self.expand else []


def read_batches(
    session: ReadSession,
    query: TableQuery,
    writing: Writing,
    after: Cursor | None = None,
    limit: int | None = None,
    offset: int = 0,
    within: Within | None = None,
) -> Iterator[list[tuple[Cursor, str, Row]]]:
    """(where a page would go on, instanceID, row) of each row, in batches."""
    statement = query.statement(after, limit, offset)
    for fetched in session.stream(statement, BATCH if limit is None else min(BATCH, max(limit, 1))):
        yield _Batch(session, writing, query.shown, fetched).rows(within)


class _Batch:
    def __init__(
        self, session: ReadSession, writing: Writing, shown: Sequence[str], fetched: Sequence[Any]
    ) -> None:
        self._session = session
        self._writing = writing
        self._shown = shown
        self._fetched = fetched
        self._is_root = writing.table.path == ""
        inner = writing.inner(writing.table)
        versions = {row[3] for row in fetched}
        self._places: Places = read_places(session, [writing.table, *inner], versions)
        self._inner = _rows_inside(session, inner, versions)

    def rows(self, within: Within | None) -> list[tuple[Cursor, str, Row]]:
        if self._is_root:
            return self._submissions()
        return list(self._repeats(within))

    def _submissions(self) -> list[tuple[Cursor, str, Row]]:
        system = self._writing.selected.system
        extras = _Extras(self._session, self._writing, self._fetched) if system else None
        start = _FIXED + (_SYSTEM if self._writing.fetches_system else 0)
        has_links = self._writing.table.has_links
        found = []
        for row in self._fetched:
            key, received_at, instance_id, version, _, text = row[:_FIXED]
            empty = self._empty(row, start)
            answers = orjson.loads(text)
            out: Row = {"__id": instance_id}
            if extras is not None:
                out["__system"] = self._system_of(row, answers, extras, "internal" in empty)
            write = self._writing.shape_of(self._writing.table, empty)
            inside = self._inside(version, "", 0, instance_id, empty)
            own = row[_FIXED + 1] if self._writing.fetches_system else None
            link = submission_link(instance_id) if has_links else ""
            out |= write(answers, link, own, inside)
            found.append((Cursor(received_at, key), instance_id, out))
        return found

    def _repeats(self, within: Within | None) -> Iterator[tuple[Cursor, str, Row]]:
        table = self._writing.table
        has_links = table.has_links
        outer = [i for i, step in enumerate(table.steps) if step.is_repeat]
        parent_steps = table.steps[: outer[-2] + 1] if len(outer) > 1 else ()
        for row in self._fetched:
            key, received_at, instance_id, version, ordinal, text = row[:_FIXED]
            places = places_of(self._places, version, table, ordinal)
            if within is not None:
                steps = table.steps[: outer[within.depth] + 1]
                if row_key(instance_id, steps, places[: within.depth + 1]) != within.key:
                    continue
            empty = self._empty(row, _FIXED)
            out: Row = {"__id": row_key(instance_id, table.steps, places)}
            if self._writing.selected.parent:
                out[table.parent_key] = row_key(instance_id, parent_steps, places[:-1])
            link = row_link(instance_id, table.steps, places) if has_links else ""
            inside = self._inside(version, table.path, ordinal, instance_id, empty)
            out |= self._writing.shape_of(table, empty)(orjson.loads(text), link, instance_id, inside)
            yield Cursor(received_at, key, ordinal), instance_id, out

    def _empty(self, row: Sequence[Any], start: int) -> frozenset[str]:
        """The sensitivities that are not shown in this record."""
        if not self._shown:
            return frozenset()
        return frozenset(n for n, flag in zip(self._shown, row[start:], strict=False) if not flag)

    def _inside(
        self, version: int, path: str, ordinal: int, instance_id: str, empty: frozenset[str]
    ) -> Inside | None:
        if not self._writing.expand:
            return None

        def rows(repeat: str) -> list[Row]:
            table = self._writing.service.at(repeat)
            found = []
            for own, text in self._inner.get((version, repeat, ordinal), ()):
                places = places_of(self._places, version, table, own)
                link = row_link(instance_id, table.steps, places)
                deeper = self._inside(version, repeat, own, instance_id, empty)
                write = self._writing.shape_of(table, empty)
                key = row_key(instance_id, table.steps, places)
                found.append({"__id": key, **write(orjson.loads(text), link, instance_id, deeper)})
            return found

        return rows

    def _system_of(
        self, row: Sequence[Any], answers: Mapping[str, Any], extras: _Extras, hides_staff: bool
    ) -> Row:
        key, received_at, _, version = row[:4]
        winner, _, form_version, edited_at, sender_id, sender_name, device_id, deleted_at = row[
            _FIXED : _FIXED + _SYSTEM
        ]
        edits = extras.edits.get(key, 0)
        known = {
            "submissionDate": _iso(received_at),
            "updatedAt": _iso(edited_at) if winner != key else None,
            "submitterId": None if sender_id is None else str(sender_id),
            "submitterName": sender_name,
            "attachmentsPresent": extras.present.get(key, 0),
            "attachmentsExpected": extras.expected(version, answers),
            "status": None,
            "reviewState": None,
            "deviceId": device_id,
            "edits": edits,
            "formVersion": form_version or None,
            "deletedAt": _iso(deleted_at) if deleted_at else None,
        }
        if hides_staff or self._writing.empty_staff:
            known |= dict.fromkeys(OF_STAFF)
        wanted = self._writing.selected.system
        return known if len(wanted) == len(known) else {name: known[name] for name in wanted}


class _Extras:
    """What `__system` counts, for the records of one batch."""

    def __init__(self, session: ReadSession, writing: Writing, fetched: Sequence[Any]) -> None:
        system = writing.selected.system
        roots = [row[0] for row in fetched]
        self._binary = frozenset(
            question.path
            for table in writing.full.tables
            for _, question in table.questions()
            if question.type == "binary"
        )
        self._in_repeats: dict[int, set[str]] = {}
        self.present: dict[int, int] = {}
        self.edits: dict[int, int] = {}
        if "attachmentsExpected" in system:
            self._in_repeats = _files_in_repeats(session, writing.full, {row[3] for row in fetched})
        if "attachmentsPresent" in system:
            self.present = _files_here(session, roots)
        if "edits" in system:
            self.edits = _edits(session, roots)

    def expected(self, version: int, answers: Mapping[str, Any]) -> int:
        """How many files the answers name that are not sealed."""
        if not self._binary:
            return 0
        return len(mentioned_files(self._binary, [answers]) | self._in_repeats.get(version, set()))


def _files_in_repeats(
    session: ReadSession, service: Service, versions: Collection[int]
) -> dict[int, set[str]]:
    asked = {
        table.path: frozenset(q.path for _, q in table.questions() if q.type == "binary")
        for table in service.tables
        if table.path
    }
    asked = {path: questions for path, questions in asked.items() if questions}
    found: dict[int, set[str]] = defaultdict(set)
    if asked and versions:
        statement = select(answer_row.c.version_id, answer_row.c.table_path, answer_row.c.answers).where(
            answer_row.c.version_id.in_(sorted(versions)), answer_row.c.table_path.in_(sorted(asked))
        )
        for batch in session.stream(statement):
            for version, path, answers in batch:
                found[version] |= mentioned_files(asked[path], [answers])
    return found


def _files_here(session: ReadSession, roots: Sequence[int]) -> dict[int, int]:
    counting = (
        select(submission.c.root_id, func.count(attachment.c.name.distinct()).label("n"))
        .join(attachment, attachment.c.submission_id == submission.c.id)
        .where(submission.c.root_id.in_(roots))
        .group_by(submission.c.root_id)
    )
    return {row["root_id"]: row["n"] for row in session.all(counting)}


def _edits(session: ReadSession, roots: Sequence[int]) -> dict[int, int]:
    counting = (
        select(submission.c.root_id, func.count().label("n"))
        .where(submission.c.root_id.in_(roots), submission.c.id != submission.c.root_id)
        .group_by(submission.c.root_id)
    )
    return {row["root_id"]: row["n"] for row in session.all(counting)}


def _rows_inside(
    session: ReadSession, tables: Iterable[Table], versions: Collection[int]
) -> dict[tuple[int, str, int | None], list[tuple[int, str]]]:
    """The rows of repeats by (version, repeat, ordinal of the row around)."""
    paths = sorted(table.path for table in tables)
    found: dict[tuple[int, str, int | None], list[tuple[int, str]]] = defaultdict(list)
    if paths and versions:
        columns = (answer_row.c.version_id, answer_row.c.table_path, answer_row.c.ordinal)
        statement = (
            select(*columns, answer_row.c.parent_ordinal, cast(answer_row.c.answers, Text))
            .where(answer_row.c.version_id.in_(sorted(versions)), answer_row.c.table_path.in_(paths))
            .order_by(*columns)
        )
        for batch in session.stream(statement):
            for version, path, ordinal, parent, text in batch:
                found[version, path, parent].append((ordinal, text))
    return found


def _iso(moment: datetime) -> str:
    """`2026-11-22T09:30:00.000Z`, as Central writes moments."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"
