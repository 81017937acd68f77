"""The records of an export on their way to rows: one query for each table, scope and filter applied.

A filter is written for submissions, and holds for the rows of their repeats too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from server.exports.cells import Cells, cells_of, read_answers
from server.exports.decryption import Decryptor, Opened
from server.exports.sheets import Sheet
from server.odata.binding import bind_filter
from server.odata.columns import askable
from server.odata.expression import And, Bound, Call, Compare, Expression, In, Not, Or
from server.odata.files import NOT_DECRYPTED, Files, files_here
from server.odata.identity import places_of, read_places
from server.odata.query import FormRecords, Order, TableQuery, Wanted, iso
from server.odata.reading import fetched
from sync.odata.tables import Service, Table
from sync.store import ReadSession

_STATUS = {NOT_DECRYPTED: "not decrypted"}
_MISSING = "missing encrypted form data"


@dataclass(frozen=True, slots=True)
class Records:
    """The records somebody exports."""

    session: ReadSession
    service: Service  # what the reader sees of the form
    records: FormRecords
    filter: str | None = None
    decryptor: Decryptor | None = None
    _condition: list[Expression | None] = field(default_factory=list)

    def query(
        self,
        table: Table,
        wanted: Wanted = Wanted(),  # noqa: B008
        order: Order = (),
    ) -> TableQuery:
        """The rows of a table. Raises what a filter can be refused with."""
        may_ask = askable(self.service, table, self.records.scope.sees)
        condition = self.condition
        if condition is not None and table.path:
            condition = _of_submission(condition)
        return TableQuery(self.records, table, may_ask, condition, order, wanted)

    @property
    def condition(self) -> Expression | None:
        if not self._condition:
            at_root = askable(self.service, self.service.at(""), self.records.scope.sees)
            self._condition.append(bind_filter(self.filter, at_root.columns) if self.filter else None)
        return self._condition[0]

    # -- submissions -----------------------------------------------------------------------------------------

    def submissions(self, sheet: Sheet) -> Iterator[list[list[Any]]]:
        """The rows of the submissions' csv, in batches, the newest first."""
        query = self.query(sheet.table, Wanted(system=True, own_id=True, texts=True))
        at = query.layout.at
        end = at["system"].stop
        writers = _Writers(sheet, query)
        blank: list[Any] = [None] * sum(len(column.names) for column in sheet.columns)
        hides_all_staff = "internal" not in self.records.scope.sees
        for rows in fetched(self.session, query):
            naming = {
                row[0]: row[end - 2 : end]
                for row in rows
                if row[end - 2] is not None or row[end - 1] is not None
            }
            files = files_here(self.session, naming)
            found = []
            for row in rows:
                of_server, mine = row[at["system"]], files.get(row[0])
                empty = writers.empty(row)
                opened = self._open(row[3], of_server[-1])
                if of_server[-1] is None:
                    texts = row[at["texts"]][0]
                    cells = writers.of(empty)(
                        read_answers(row[5]), orjson.loads(texts) if texts else None, row[at["own_id"]][0]
                    )
                elif opened is not None:
                    cells = writers.of(empty)(*opened.level(""), opened.instance_id)
                else:
                    cells = list(blank)
                hides = hides_all_staff or "internal" in empty
                status = None if opened is not None else mine
                found.append([iso(row[1]), *cells, row[2], *_of_server(of_server, mine, status, hides)])
            yield found

    def _open(self, version: int, encrypted_file: str | None) -> Opened | None:
        if encrypted_file is None or self.decryptor is None:
            return None
        return self.decryptor.open(version)

    # -- rows of repeats -------------------------------------------------------------------------------------

    def rows_of_repeat(self, sheet: Sheet) -> Iterator[list[list[Any]]]:
        """The rows of a repeat's csv, in batches."""
        table = sheet.table
        query = self.query(table, Wanted(texts=True))
        writers, keys, is_nested = _Writers(sheet, query), _Keys(table), bool(table.parents)
        texts_at = query.layout.at["texts"].start
        always = None if query.shown else writers.of(_NOTHING)
        for rows in fetched(self.session, query):
            places = read_places(self.session, [table], {row[3] for row in rows}) if is_nested else {}
            found = []
            for row in rows:
                texts = row[texts_at]
                write = always or writers.of(writers.empty(row))
                cells = write(read_answers(row[5]), orjson.loads(texts) if texts else None, None)
                way = places_of(places, row[3], table, row[4]) if is_nested else (row[4],)
                cells += keys.of(row[2], way)
                found.append(cells)
            yield found
        if self.decryptor is not None:
            yield from self._decrypted_rows(sheet, keys)

    def _decrypted_rows(self, sheet: Sheet, keys: _Keys) -> Iterator[list[list[Any]]]:
        """The rows of records that came encrypted, after those that did not."""
        query = self.query(self.service.at(""), Wanted(system=True))
        writers, system = _Writers(sheet, query), query.layout.at["system"]
        for rows in fetched(self.session, query):
            found = []
            for row in rows:
                opened = self._open(row[3], row[system][-1])
                if opened is not None:
                    write = writers.of(writers.empty(row))
                    for answers, texts, places in opened.instances(sheet.table):
                        found.append(write(answers, texts, None) + keys.of(row[2], places))
            yield found

    # -- choices ---------------------------------------------------------------------------------------------

    def choices_made(self) -> Mapping[str, Sequence[str]]:
        """By question for several choices, every choice that some record of the export made, sorted."""
        found: dict[str, set[str]] = defaultdict(set)
        for table in self.service.tables:
            paths = [(q.path, q.sensitivity) for _, q in table.questions() if q.type == "select"]
            if not paths:
                continue
            query = self.query(table)
            flags = query.layout.at["shown"]
            for rows in fetched(self.session, query):
                for row in rows:
                    hidden = {n for n, flag in zip(query.shown, row[flags], strict=True) if not flag}
                    answers = orjson.loads(row[5])
                    for path, sensitivity in paths:
                        made = answers.get(path)
                        if type(made) is list and sensitivity not in hidden:
                            found[path].update(made)
        return {path: sorted(made) for path, made in found.items()}


class _Writers:
    """What writes the cells of a sheet's rows, by what is left empty in a record."""

    def __init__(self, sheet: Sheet, query: TableQuery) -> None:
        self._columns = sheet.columns
        self._shown, self._flags = query.shown, query.layout.at["shown"]
        self._found: dict[frozenset[str], Cells] = {}

    def empty(self, row: Sequence[Any]) -> frozenset[str]:
        """The sensitivities that are not shown in a row's record."""
        if not self._shown:
            return _NOTHING
        return frozenset(n for n, flag in zip(self._shown, row[self._flags], strict=True) if not flag)

    def of(self, empty: frozenset[str]) -> Cells:
        found = self._found.get(empty)
        if found is None:
            found = self._found[empty] = cells_of(self._columns, empty)
        return found


_NOTHING: frozenset[str] = frozenset()


class _Keys:
    """PARENT_KEY and KEY of a repeat's rows: `uuid:.../party[1]`, places counted from 1."""

    def __init__(self, table: Table) -> None:
        self._parts: list[str] = []
        way = ""
        for step in table.steps:
            way += f"/{step.raw}"
            if step.is_repeat:
                self._parts.append(way)
                way = ""

    def of(self, instance_id: str, places: Sequence[int]) -> list[str]:
        parent = way = instance_id
        for part, place in zip(self._parts, places, strict=True):
            parent, way = way, f"{way}{part}[{place + 1}]"
        return [parent, way]


def _of_server(
    of_server: Sequence[Any], files: Files | None, waiting: Files | None, hides_staff: bool
) -> list[Any]:
    form_version, _, sender_id, sender_name, device_id, review, _, edits = of_server[:8]
    status = None if waiting is None or waiting.status is None else _STATUS.get(waiting.status, _MISSING)
    return [
        None if hides_staff else sender_id,
        None if hides_staff else sender_name,
        files.present if files else 0,
        files.expected if files else 0,
        status,
        review,
        None if hides_staff else device_id,
        edits,
        form_version,
    ]


def _of_submission(tree: Expression) -> Expression:
    """A condition on submissions, as it is asked of rows of repeats."""
    if isinstance(tree, Bound):
        key = tree.key
        return replace(tree, key="root:" + key.removeprefix("answer:")) if key.startswith("answer:") else tree
    if isinstance(tree, Call):
        return replace(tree, arguments=tuple(map(_of_submission, tree.arguments)))
    if isinstance(tree, Compare):
        return replace(tree, left=_of_submission(tree.left), right=_of_submission(tree.right))
    if isinstance(tree, In):
        among = tuple(map(_of_submission, tree.among))
        return replace(tree, value=_of_submission(tree.value), among=among)
    if isinstance(tree, And | Or):
        return type(tree)(tuple(map(_of_submission, tree.terms)))
    if isinstance(tree, Not):
        return Not(_of_submission(tree.term))
    return tree
