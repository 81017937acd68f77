"""Fetched rows -> OData rows, a few at a time, with flat memory.

What a row needs beside its own answers (places of nested repeats, rows inside for `$expand`, files) is asked
once a batch, on the same snapshot, and only where some row of the batch has any.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import Text, cast, select

from server.odata.files import Files, files_here
from server.odata.identity import Places, RowKeys, places_of, read_places, row_link, submission_link
from server.odata.kept import SystemText, json_text
from server.odata.options import Selected
from server.odata.query import BATCH, Cursor, TableQuery, Wanted, iso
from sync.odata.kept import AT, KEY_LENGTH, OWN
from sync.odata.shape import Shape, Surroundings, shape, without_bad_answers
from sync.odata.tables import Service, Table
from sync.store import ReadSession
from sync.tables import answer_row

Row = dict[str, Any]
AT_ONCE = 50
"""Rows made into objects before they are written: enough to share the cost of a call, few enough to stay in
the processor's cache."""

_BAD = '"expected":'  # stands in the text of answers that did not fit their type


@dataclass(frozen=True, slots=True)
class Within:
    """Rows below one row only: the key of its repeat, the n-th from the outermost."""

    depth: int
    key: str


@dataclass(frozen=True, slots=True)
class Writing:
    """How rows are written: the properties wanted, positions as text, rows inside."""

    service: Service  # cut to what the reader sees
    selected: Selected
    wkt: bool = False
    expand: bool = False
    empty_staff: bool = False  # nobody's name is shown to this reader
    kept: str | None = None  # the key under which whole rows are taken as they were kept
    shapes: dict[tuple[str, frozenset[str]], Shape] = field(default_factory=dict)

    @property
    def table(self) -> Table:
        return self.selected.table

    @property
    def is_root(self) -> bool:
        return self.table.path == ""

    @property
    def wanted(self) -> Wanted:
        """What has to be selected beside the answers."""
        # Encrypted records are told by what the server knows of them, which is selected with the answers.
        links = self.table.links if self.is_root else ()
        return Wanted(self.is_root, self.is_root and self.table.has_instance_id, links=links, kept=self.kept)

    @property
    def head(self) -> tuple[str, ...]:
        """The properties before the answers."""
        second = ("__system",) if self.selected.system else ()
        second = (self.table.parent_key,) if self.selected.parent else second
        return (("__id",) if self.selected.id else ()) + second

    def shape_of(self, table: Table, empty: frozenset[str], head: Sequence[str] = ()) -> Shape:
        found = self.shapes.get((table.path, empty))
        if found is None:
            found = self.shapes[table.path, empty] = shape(table.members, empty, self.wkt, head)
        return found

    def inner(self, table: Table) -> list[Table]:
        """The tables of repeats inside another's rows, however deep."""
        way = table.name + "."
        return [other for other in self.service.tables if other.name.startswith(way)]


def fetched(
    session: ReadSession,
    query: TableQuery,
    after: Cursor | None = None,
    limit: int | None = None,
    offset: int = 0,
) -> Iterator[Sequence[Any]]:
    """The rows of a statement in batches, as it selects them."""
    size = BATCH if limit is None else min(BATCH, max(limit, 1))
    return session.stream(query.statement(after, limit, offset), size)


class Batch:
    """Fetched rows on their way to objects."""

    def __init__(
        self, session: ReadSession, writing: Writing, query: TableQuery, rows: Sequence[Any]
    ) -> None:
        self._writing = writing
        self._query = query
        self._rows = rows
        self._keys = {table.path: RowKeys(table) for table in writing.service.tables}
        inner = writing.inner(writing.table)
        asked = [writing.table, *(inner if writing.expand else ())]
        versions = {row[3] for row in rows} if inner or writing.table.parents else set()
        self._places: Places = read_places(session, asked, versions)
        self._inner = _rows_inside(session, inner if writing.expand else (), versions)
        self._repeats = self._repeats_of_repeats(session, versions)
        self._files = self._files_of(session)

    def objects(self) -> Iterator[list[Row]]:
        """The rows as objects, a few at a time."""
        make = self._submissions if self._writing.is_root else self._rows_of_repeats
        for start in range(0, len(self._rows), AT_ONCE):
            yield make(self._rows[start : start + AT_ONCE])

    def written(self) -> Iterator[bytes]:
        """The rows as they are sent, without the brackets around them, a few at a time."""
        kept = self._query.layout.at.get("kept")
        if kept is None:
            return (orjson.dumps(objects)[1:-1] for objects in self.objects())
        write = self._kept_submissions if self._writing.is_root else self._kept_rows_of_repeats
        return iter([",".join(write(kept.start)).encode()])

    def _kept_submissions(self, kept: int) -> Iterator[str]:
        """Each submission from what was kept of it, or of its answers where that is of another shape."""
        heads = SystemText(self._writing.empty_staff)
        at = self._query.layout.at
        system, own_id = at["system"], at.get("own_id")
        own = own_id.start if own_id else None
        has_links = bool(self._writing.table.links)
        for row in self._rows:
            text = row[kept]
            if row[5] is not None:
                yield orjson.dumps(self._submissions([row])[0]).decode()
                continue
            answers = text[KEY_LENGTH:]
            if has_links:
                answers = answers.replace(AT, submission_link(row[2]))
            if own is not None:
                answers = answers.replace(OWN, json_text(row[own])[1:-1])
            head = heads.of(row[1], row[system], self._files.get(row[0]))
            yield f'{{"__id":{json_text(row[2])},{head}{answers}}}'

    def _kept_rows_of_repeats(self, kept: int) -> Iterator[str]:
        table, keys = self._writing.table, self._keys[self._writing.table.path]
        is_nested, parent_key = bool(table.parents), f',"{table.parent_key}":'
        for row in self._rows:
            _, _, instance_id, version, ordinal, text = row[:6]
            if text is not None:
                yield orjson.dumps(self._rows_of_repeats([row])[0]).decode()
                continue
            places = places_of(self._places, version, table, ordinal) if is_nested else (ordinal,)
            parent = json_text(keys.of(instance_id, places[:-1]))
            key, answers = keys.of(instance_id, places), row[kept][KEY_LENGTH:]
            yield f'{{"__id":"{key}"{parent_key}{parent}{answers}}}'

    def row_keys(self) -> list[str]:
        """The key of each row."""
        table, keys = self._writing.table, self._keys[self._writing.table.path]
        if not table.path:
            return [row[2] for row in self._rows]
        return [keys.of(row[2], places_of(self._places, row[3], table, row[4])) for row in self._rows]

    def below(self, within: Within) -> Batch:
        """The same with the rows below one row only."""
        table = self._writing.table
        self._rows = [
            row
            for row in self._rows
            if self._keys[table.path].of(
                row[2], places_of(self._places, row[3], table, row[4])[: within.depth + 1]
            )
            == within.key
        ]
        return self

    # -- submissions -----------------------------------------------------------------------------------------

    def _submissions(self, rows: Sequence[Any]) -> list[Row]:
        writing, at = self._writing, self._query.layout.at
        selected, links = writing.selected, writing.table.links
        system, flags, own = at["system"], at["links"], at.get("own_id")
        has_links = bool(links)
        shown = self._query.shown
        write = writing.shape_of(writing.table, frozenset(), writing.head)
        around = Surroundings()
        found = []
        for row in rows:
            key, received_at, instance_id, version, _, text = row[:6]
            of_server = row[system]
            empty = self._empty(row) if shown else frozenset()
            if of_server[-1] is not None:  # encrypted: nothing but what the server knows
                out: Row = {}
            else:
                if empty:
                    write = writing.shape_of(writing.table, empty, writing.head)
                around.own = row[own][0] if own else None
                if has_links:
                    around.at = submission_link(instance_id)
                    around.repeats = [path for path, has in zip(links, row[flags], strict=True) if has]
                    if writing.expand:
                        around.inside = self._inside(version, 0, instance_id, empty)
                out = write(_answers(text), around)
                if empty:
                    write = writing.shape_of(writing.table, frozenset(), writing.head)
            if selected.id:
                out["__id"] = instance_id
            if selected.system:
                out["__system"] = self._system(key, received_at, of_server, "internal" in empty)
            found.append(out)
        return found

    def _system(self, key: int, received_at: Any, of_server: Sequence[Any], hides_staff: bool) -> Row:
        form_version, updated_at, sender_id, sender_name, device_id, review, deleted_at, edits = of_server[:8]
        files = self._files.get(key)
        hides_staff = hides_staff or self._writing.empty_staff
        known = {
            "submissionDate": iso(received_at),
            "updatedAt": None if updated_at is None else iso(updated_at),
            "submitterId": None if sender_id is None or hides_staff else str(sender_id),
            "submitterName": None if hides_staff else sender_name,
            "attachmentsPresent": 0 if files is None else files.present,
            "attachmentsExpected": 0 if files is None else files.expected,
            "status": None if files is None else files.status,
            "reviewState": review,
            "deviceId": None if hides_staff else device_id,
            "edits": edits,
            "formVersion": form_version,
            "deletedAt": None if deleted_at is None else iso(deleted_at),
        }
        wanted = self._writing.selected.system
        return known if len(wanted) == len(known) else {name: known[name] for name in wanted}

    def _files_of(self, session: ReadSession) -> Mapping[int, Files]:
        if not self._writing.is_root:
            return {}
        end = self._query.layout.at["system"].stop
        naming = {
            row[0]: row[end - 2 : end]
            for row in self._rows
            if row[end - 2] is not None or row[end - 1] is not None
        }
        return files_here(session, naming)

    # -- rows of repeats -------------------------------------------------------------------------------------

    def _rows_of_repeats(self, rows: Sequence[Any]) -> list[Row]:
        writing, table = self._writing, self._writing.table
        keys, shown, is_nested = self._keys[table.path], self._query.shown, bool(table.parents)
        selected, parent_key, has_links = writing.selected, table.parent_key, bool(table.links)
        write = writing.shape_of(table, frozenset(), writing.head)
        around = Surroundings()
        found = []
        for row in rows:
            _, _, instance_id, version, ordinal, text = row[:6]
            places = places_of(self._places, version, table, ordinal) if is_nested else (ordinal,)
            empty = self._empty(row) if shown else frozenset()
            if has_links or around.own != instance_id:
                self._surround(around, table, version, ordinal, instance_id, places, empty)
            shape_ = writing.shape_of(table, empty, writing.head) if empty else write
            out = shape_(_answers(text), around)
            if selected.id:
                out["__id"] = keys.of(instance_id, places)
            if selected.parent:
                out[parent_key] = keys.of(instance_id, places[:-1])
            found.append(out)
        return found

    def _surround(
        self,
        around: Surroundings,
        table: Table,
        version: int,
        ordinal: int,
        instance_id: str,
        places: Sequence[int],
        empty: frozenset[str],
    ) -> None:
        around.own = instance_id
        if table.links:
            around.at = row_link(instance_id, table.steps, places)
            around.repeats = self._repeats.get((version, table.path, ordinal), ())
            if self._writing.expand:
                around.inside = self._inside(version, ordinal, instance_id, empty)

    def _repeats_of_repeats(
        self, session: ReadSession, versions: Collection[int]
    ) -> Mapping[tuple[int, str, int], set[str]]:
        """By (version, repeat, ordinal), which repeats have rows inside that row."""
        around = {
            path: table.path for table in self._writing.service.tables if table.path for path in table.links
        }
        if self._writing.is_root and not self._writing.expand:
            return {}
        inner = {table.path for table in self._writing.inner(self._writing.table)} & around.keys()
        found: dict[tuple[int, str, int], set[str]] = defaultdict(set)
        if inner and versions:
            columns = (answer_row.c.version_id, answer_row.c.table_path, answer_row.c.parent_ordinal)
            mine = (answer_row.c.version_id.in_(sorted(versions)), answer_row.c.table_path.in_(sorted(inner)))
            for batch in session.stream(select(*columns).where(*mine).distinct()):
                for version, path, parent in batch:
                    found[version, around[path], parent].add(path)
        return found

    # -- both ------------------------------------------------------------------------------------------------

    def _empty(self, row: Sequence[Any]) -> frozenset[str]:
        """The sensitivities that are not shown in this record."""
        flags = row[self._query.layout.at["shown"]]
        return frozenset(n for n, flag in zip(self._query.shown, flags, strict=True) if not flag)

    def _inside(self, version: int, ordinal: int, instance_id: str, empty: frozenset[str]) -> Any:
        """What gives the rows of a repeat inside one row, for $expand."""

        def rows(repeat: str) -> list[Row]:
            table = self._writing.service.at(repeat)
            write = self._writing.shape_of(table, empty)
            found = []
            for own, text in self._inner.get((version, repeat, ordinal), ()):
                places = places_of(self._places, version, table, own)
                around = Surroundings()
                self._surround(around, table, version, own, instance_id, places, empty)
                key = self._keys[repeat].of(instance_id, places)
                found.append({"__id": key, **write(_answers(text), around)})
            return found

        return rows


def _answers(text: str) -> Mapping[str, Any]:
    answers: Mapping[str, Any] = orjson.loads(text)
    return without_bad_answers(answers) if _BAD in text else answers


def _rows_inside(
    session: ReadSession, tables: Sequence[Table], versions: Collection[int]
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
