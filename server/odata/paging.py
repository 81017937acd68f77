"""Where a page goes on: the key of the last row of the page before -> that row's place in the order.

Clients are given the key alone, as Central gives it. The places of the last rows given out are kept in
memory, so that a next page costs what the first does; of any other key the place is looked up, for a repeat's
row by working out the keys of the table's rows one by one.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from server.odata.columns import askable
from server.odata.expression import Bound, Compare, Constant
from server.odata.options import selected
from server.odata.query import Cursor, FormRecords, TableQuery
from server.odata.reading import Batch, Writing, fetched
from sync.odata.tables import Service, Table
from sync.store import ReadSession

_KEPT = 4096
_given: OrderedDict[tuple[str, str, str, str, str], Cursor] = OrderedDict()


def remember(records: FormRecords, table: Table, key: str, row: Sequence[Any]) -> None:
    """Keep the place of a page's last row, for readers of this scope."""
    _given[_named(records, table, key)] = _cursor(table, row)
    while len(_given) > _KEPT:
        _given.popitem(last=False)


def find_cursor(
    session: ReadSession, records: FormRecords, service: Service, table: Table, key: str
) -> Cursor | None:
    """The place of a row, deleted or not; None where it is not there, or out of the reader's scope."""
    kept = _given.get(_named(records, table, key))
    if kept is not None:
        return kept
    may_ask = askable(service, table, records.scope.sees)
    if not table.path:
        mine = Compare("eq", Bound("id", "text"), Constant(key, "text"))
        query = TableQuery(records, table, may_ask, mine, with_deleted=True)
        row = next((row for rows in fetched(session, query, limit=1) for row in rows), None)
        return None if row is None else _cursor(table, row)
    query = TableQuery(records, table, may_ask, with_deleted=True)
    writing = Writing(service, selected(table, ("__id",)))
    for rows in fetched(session, query):
        keys = Batch(session, writing, query, rows).row_keys()
        if key in keys:
            return _cursor(table, rows[keys.index(key)])
    return None


def _named(records: FormRecords, table: Table, key: str) -> tuple[str, str, str, str, str]:
    return records.reader, records.space, records.xml_form_id, table.path, key


def _cursor(table: Table, row: Sequence[Any]) -> Cursor:
    return Cursor(row[1], row[0], row[4] if table.path else None)
