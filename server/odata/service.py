"""One reader's service of one form: its tables, and the answer to each address below it.

In: who asks, which form, which address, which query. Out: a document, or rows as a stream of bytes. Scope is
applied here and nowhere later: what comes out of `open_service` holds no more than the reader may have.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote, quote_plus

import orjson

from server.odata.binding import bind_filter, bind_order
from server.odata.columns import askable
from server.odata.expression import And, Bound, Compare, Constant, Expression
from server.odata.options import LastRow, Options, selected
from server.odata.paging import find_cursor, remember
from server.odata.problems import NoSuchRow, NoSuchTable
from server.odata.query import Cursor, FormRecords, TableQuery
from server.odata.reading import Batch, Within, Writing, fetched
from sync.odata.kept import key_of
from sync.odata.tables import ROOT, Service, Table
from sync.store import ReadSession
from sync.tables import submission

_SEGMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?:\('((?:[^']|'')*)'\))?\Z")

Asked = Sequence[tuple[str, str]]
"""The query as it came, for the link to the next page."""


@dataclass(frozen=True, slots=True)
class OpenService:
    """A form's service as one reader has it."""

    full: Service
    service: Service
    records: FormRecords
    root: str  # its absolute address

    def stream(self, name: str, options: Options, asked: Asked, session: ReadSession) -> Iterator[bytes]:
        """The rows of a table."""
        table = self._table(name)
        query, writing = self._query(table, options, takes_kept=True)
        after, is_over = self._after(session, table, options.after)
        count = int(session.scalar(query.count())) if options.count else None
        yield _head(self.root, name, count)
        if options.top == 0 or is_over:
            yield b"]}"
            return
        yield from self._body(session, query, writing, options, after, asked)

    def record(self, address: str, options: Options, asked: Asked, session: ReadSession) -> bytes:
        """`Submissions('uuid:...')`, and the rows of a repeat below it. Raises NoSuchTable, NoSuchRow."""
        names, keys = _way(address)
        instance_id = keys[0]
        if instance_id is None:
            raise _absent(address)
        name = ".".join(names)
        table = self._table(name)
        query, writing = self._query(table, options, instance_id)
        if table.path and not self._has(session, instance_id):
            raise _absent(address)
        within = _within(table, keys)
        batches = [Batch(session, writing, query, rows) for rows in fetched(session, query)]
        if within is not None:
            batches = [batch.below(within) for batch in batches]
        rows = [row for batch in batches for some in batch.objects() for row in some]
        if not rows and not table.path:
            raise _absent(address)
        row_keys = [key for batch in batches for key in batch.row_keys()]
        start = _place_after(options.after, row_keys) if options.after else options.skip
        end = len(rows) if options.top is None else start + options.top
        page = rows[start:end]
        body = _head(self.root, name, len(rows) if options.count else None)
        body += orjson.dumps(page)[1:-1] + b"]"
        if page and end < len(rows):
            last = LastRow(repeat_id=row_keys[end - 1]) if table.path else LastRow(instance_id)
            body += b',"@odata.nextLink":' + orjson.dumps(self._next(address, options, asked, last))
        return body + b"}"

    # -- parts -----------------------------------------------------------------------------------------------

    def _body(
        self,
        session: ReadSession,
        query: TableQuery,
        writing: Writing,
        options: Options,
        after: Cursor | None,
        asked: Asked,
    ) -> Iterator[bytes]:
        left, separator = options.top, b""
        limit = None if left is None else left + 1  # one more tells whether there is a next page
        last: LastRow | None = None
        for rows in fetched(session, query, after, limit, options.skip):
            page = rows if left is None else rows[:left]
            if page:
                batch = Batch(session, writing, query, page)
                yield separator + b",".join(batch.written())
                separator = b","
            if left is not None:
                left -= len(page)
                last = (
                    self._last(writing.table, page[-1], batch.row_keys()[-1]) if page and not left else last
                )
                if len(rows) > len(page) and last is not None:
                    link = self._next(writing.table.name, options, asked, last)
                    yield b'],"@odata.nextLink":' + orjson.dumps(link) + b"}"
                    return
        yield b"]}"

    def _last(self, table: Table, row: Sequence[object], key: str) -> LastRow:
        remember(self.records, table, key, row)
        return LastRow(repeat_id=key) if table.path else LastRow(key)

    def _after(self, session: ReadSession, table: Table, last: LastRow | None) -> tuple[Cursor | None, bool]:
        """Where a page goes on, and whether there is nothing left: what it would go on after is not there."""
        if last is None:
            return None, False
        key = last.repeat_id if table.path else last.instance_id
        found = None if key is None else find_cursor(session, self.records, self.service, table, key)
        if found is None and table.path:
            raise _no_row()
        return found, found is None

    def _next(self, address: str, options: Options, asked: Asked, last: LastRow) -> str:
        """The address of the next page: after the last row; in an order of the reader's own by number."""
        if options.orderby:
            changed = {"$skip": str(options.skip + (options.top or 0))}
        else:
            changed = {"$skiptoken": last.token}
        kept = [
            (name, changed.pop(name, value)) for name, value in asked if name != "$skip" or name in changed
        ]
        written = "&".join(f"{_encoded(name)}={_encoded(value)}" for name, value in (*kept, *changed.items()))
        return f"{self.root}/{quote(address, safe='/()')}?{written}"

    def _table(self, name: str) -> Table:
        table = self.service.table(name)
        if table is None:
            raise _absent(name)
        return table

    def _query(
        self, table: Table, options: Options, instance_id: str | None = None, takes_kept: bool = False
    ) -> tuple[TableQuery, Writing]:
        cut = selected(table, options.select)
        sees = self.records.scope.sees
        may_ask = askable(self.service, table, sees)
        condition = bind_filter(options.filter, may_ask.columns) if options.filter else None
        if instance_id is not None:
            condition = _and(Compare("eq", Bound("id", "text"), Constant(instance_id, "text")), condition)
        order = bind_order(options.orderby, may_ask.columns) if options.orderby else ()
        hides_staff = "internal" not in sees
        kept = self._kept(table, options) if takes_kept else None
        writing = Writing(self.service, cut, options.wkt, options.expand, hides_staff, kept=kept)
        query = TableQuery(self.records, table, may_ask, condition, order, writing.wanted)
        return query, writing

    def _kept(self, table: Table, options: Options) -> str | None:
        """The key of rows that may be taken as they were kept: whole ones, shown alike in every record."""
        is_whole = options.select is None and not options.wkt and not options.expand
        if not is_whole or self.records.scope.answers(submission) or (table.path and table.links):
            return None
        return key_of(table)

    def _has(self, session: ReadSession, instance_id: str) -> bool:
        query, _ = self._query(self.service.at(""), Options(), instance_id)
        return bool(session.scalar(query.count()))


def _head(root: str, name: str, count: int | None) -> bytes:
    context = orjson.dumps(f"{root}/$metadata#{name}")
    counted = b"" if count is None else b'"@odata.count":%d,' % count
    return b'{"@odata.context":' + context + b"," + counted + b'"value":['


def _encoded(text: str) -> str:
    """As forms are encoded, and as Central's links are."""
    return quote_plus(text, safe="*").replace("~", "%7E")


def _place_after(last: LastRow, keys: Sequence[str]) -> int:
    key = last.repeat_id or last.instance_id
    if key not in keys:
        raise _no_row()
    return keys.index(key) + 1


def _no_row() -> NoSuchRow:
    return NoSuchRow("The row that the $skiptoken names is not there.", "Begin again with the first page.")


def _way(address: str) -> tuple[list[str], list[str | None]]:
    """`Submissions('a')/g/r('b')` -> names and keys."""
    names: list[str] = []
    keys: list[str | None] = []
    for part in address.split("/"):
        match = _SEGMENT.match(part)
        if match is None:
            raise _absent(address)
        names.append(match[1])
        keys.append(None if match[2] is None else match[2].replace("''", "'"))
    if names[0] != ROOT:
        raise _absent(address)
    return names, keys


def _within(table: Table, keys: Sequence[str | None]) -> Within | None:
    """The innermost row that the address names, below which the rows lie."""
    depth, found = -1, None
    for step, key in zip(table.steps, keys[1:], strict=True):
        depth += step.is_repeat
        if key is not None:
            if not step.is_repeat:
                raise _absent(table.name)
            found = Within(depth, key)
    return found


def _and(one: Expression, other: Expression | None) -> Expression:
    return one if other is None else And((one, other))


def _absent(_what: str) -> NoSuchTable:
    return NoSuchTable("There is nothing at this address.", "The service document lists the tables.")
