"""One reader's service of one form: its tables, and the answer to each address below it.

In: who asks, which form, which address, which query. Out: a document, or rows as a stream of bytes. Scope is
applied here and nowhere later: what comes out of `open_service` holds no more than the reader may have.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from urllib.parse import quote, urlencode

import orjson
from sqlalchemy import select

from server.datasets.scope import scope
from server.odata.binding import bind_filter, bind_order
from server.odata.columns import askable
from server.odata.expression import And, Bound, Compare, Constant, Expression
from server.odata.options import Options, selected
from server.odata.problems import NoSuchTable
from server.odata.query import FormRecords, TableQuery, form_records
from server.odata.reading import Within, Writing, read_batches
from server.odata.record_scope import record_scope
from server.odata.tables import ROOT, Service, Table, service_of
from sync.access import Actor
from sync.catalogue import compiled_form
from sync.problems import NotFound
from sync.store import ReadSession, Store, now
from sync.tables import form, form_version

_SEGMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?:\('((?:[^']|'')*)'\))?\Z")
_ROWS_A_CHUNK = 500


@dataclass(frozen=True, slots=True)
class OpenService:
    """A form's service as one reader has it."""

    full: Service
    service: Service
    records: FormRecords
    root: str  # its absolute address

    def stream(
        self, name: str, options: Options, asked: Sequence[tuple[str, str]], session: ReadSession
    ) -> Iterator[bytes]:
        """The rows of a table. `asked` is the query as it came, for the link to the next page."""
        table = self._table(name)
        query, writing = self._query(table, options)
        count = int(session.scalar(query.count())) if options.count else None
        yield _head(self.root, table, count)
        if options.top == 0:
            yield b"]}"
            return
        limit = None if options.top is None else options.top + 1
        yield from self._body(session, query, writing, options, limit, asked)

    def record(self, address: str, options: Options, session: ReadSession) -> bytes:
        """`Submissions('uuid:...')`, and the rows of a repeat below it. Raises NoSuchTable."""
        names, keys = _way(address)
        instance_id = keys[0]
        if instance_id is None:
            raise _absent(address)
        table = self._table(".".join(names))
        query, writing = self._query(table, options, instance_id)
        if table.path and not self._has(session, instance_id):
            raise _absent(address)
        within = _within(table, keys)
        rows = [row for batch in read_batches(session, query, writing, within=within) for _, _, row in batch]
        if not rows and not table.path:
            raise _absent(address)
        page = list(islice(rows, options.skip, None if options.top is None else options.skip + options.top))
        head = _head(self.root, table, len(rows) if options.count else None)
        return head + orjson.dumps(page)[1:-1] + b"]}"

    # -- parts -----------------------------------------------------------------------------------------------

    def _body(
        self,
        session: ReadSession,
        query: TableQuery,
        writing: Writing,
        options: Options,
        limit: int | None,
        asked: Sequence[tuple[str, str]],
    ) -> Iterator[bytes]:
        written, separator, last = 0, b"", None
        for batch in read_batches(session, query, writing, options.after, limit, options.skip):
            page = batch if options.top is None else batch[: options.top - written]
            for start in range(0, len(page), _ROWS_A_CHUNK):
                chunk = [row for _, _, row in page[start : start + _ROWS_A_CHUNK]]
                yield separator + orjson.dumps(chunk)[1:-1]
                separator = b","
            written += len(page)
            last = page[-1] if page else last
            if len(page) < len(batch) and last is not None:
                cursor, instance_id, _ = last
                link = self._next(writing.table, options, asked, cursor.token(instance_id))
                yield b'],"@odata.nextLink":' + orjson.dumps(link) + b"}"
                return
        yield b"]}"

    def _next(self, table: Table, options: Options, asked: Sequence[tuple[str, str]], token: str) -> str:
        """The address of the next page: after the last row; in an order of the reader's own by number."""
        kept = [(name, value) for name, value in asked if name not in ("$skip", "$skiptoken")]
        if options.orderby:
            kept.append(("$skip", str(options.skip + (options.top or 0))))
        else:
            kept.append(("$skiptoken", token))
        return f"{self.root}/{table.name}?{urlencode(kept, safe='$', quote_via=quote)}"

    def _table(self, name: str) -> Table:
        table = self.service.table(name)
        if table is None:
            raise _absent(name)
        return table

    def _query(
        self, table: Table, options: Options, instance_id: str | None = None
    ) -> tuple[TableQuery, Writing]:
        cut = selected(table, options.select)
        sees = self.records.scope.sees
        may_ask = askable(self.service, table, sees)
        condition = bind_filter(options.filter, may_ask.columns) if options.filter else None
        if instance_id is not None:
            condition = _and(Compare("eq", Bound("id", "text"), Constant(instance_id, "text")), condition)
        order = bind_order(options.orderby, may_ask.columns) if options.orderby else ()
        writing = Writing(
            self.service, self.full, cut, options.wkt, options.expand, empty_staff="internal" not in sees
        )
        query = TableQuery(self.records, table, may_ask, condition, order, system=writing.fetches_system)
        return query, writing

    def _has(self, session: ReadSession, instance_id: str) -> bool:
        query, _ = self._query(self.service.at(""), Options(), instance_id)
        return bool(session.scalar(query.count()))


def open_service(
    session: ReadSession, store: Store, actor: Actor | None, project_id: int, xml_form_id: str, base: str
) -> OpenService:
    """The service of a form for one reader. `base` is the address of this server.

    Raises NotFound for a project or form that is absent, or that the actor has nothing to do with.
    """
    seen = scope(session, actor, project_id)
    records = record_scope(seen, xml_form_id)
    full = _form_service(session, store, seen.project_uuid, project_id, xml_form_id)
    at: datetime = now()
    return OpenService(
        full,
        full.seen_by(records.sees),
        form_records(session, seen.project_uuid, xml_form_id, records, at),
        f"{base}/v1/projects/{project_id}/forms/{quote(xml_form_id, safe='')}.svc",
    )


_KEPT = 64
_services: OrderedDict[tuple[str, str, tuple[int, ...], int], Service] = OrderedDict()


def _form_service(
    session: ReadSession, store: Store, project_uuid: str, project_id: int, xml_form_id: str
) -> Service:
    """The tables of a form: those of the current version, closed by all of them. The last few are kept."""
    mine = (
        form.c.project_id == project_id, form.c.xml_form_id == xml_form_id, form.c.deleted_at.is_(None)
    )  # fmt: skip
    versions = session.all(
        select(form_version.c.id, form_version.c.version, form.c.current_version_id)
        .join(form, form.c.id == form_version.c.form_id)
        .where(*mine)
        .order_by(form_version.c.id)
    )
    current = [row for row in versions if row["id"] == row["current_version_id"]]
    if not current:
        raise NotFound(f"There is no form {xml_form_id!r} here.", "Ask which forms the token is for.")
    key = (project_uuid, xml_form_id, tuple(row["id"] for row in versions), current[0]["id"])
    found = _services.get(key)
    if found is None:
        compiled = {
            row["id"]: compiled_form(store, project_uuid, xml_form_id, row["version"]) for row in versions
        }
        this = compiled.pop(current[0]["id"])
        assert this is not None
        found = _services[key] = service_of(this, [other for other in compiled.values() if other is not None])
        while len(_services) > _KEPT:
            _services.popitem(last=False)
    return found


def _head(root: str, table: Table, count: int | None) -> bytes:
    context = orjson.dumps(f"{root}/$metadata#{table.name}")
    counted = b"" if count is None else b'"@odata.count":%d,' % count
    return b'{"@odata.context":' + context + b"," + counted + b'"value":['


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
