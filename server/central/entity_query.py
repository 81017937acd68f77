"""What a request wants of a list's entities: filter, search, order, page.

The grammar is that of the records' OData (server/odata), bound to the columns of a list. What entities say is
sealed, so that no database can compare it: filters and orders are worked out on the opened values, which are
kept in memory. A property that the reader does not see is not known to a filter.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cmp_to_key
from typing import Any

import orjson

from server.central.entity_values import Actors, EntityView, actors_of
from server.odata.binding import bind_filter, bind_order
from server.odata.evaluate import evaluate
from server.odata.expression import Bound, Expression, Values
from server.odata.problems import BadSkipToken, Unsupported
from sync.entities.reading import EntityRow, list_entities
from sync.odata.tables import odata_name
from sync.problems import Invalid
from sync.store import ReadSession, Store, now

_SYSTEM = {
    "createdAt": Bound("system:createdAt", "instant"),
    "updatedAt": Bound("system:updatedAt", "instant"),
    "deletedAt": Bound("system:deletedAt", "instant"),
    "creatorId": Bound("system:creatorId", "text", is_number_too=True),
    "creatorName": Bound("system:creatorName", "text"),
    "updates": Bound("system:updates", "number"),
    "version": Bound("system:version", "number"),
    "conflict": Bound("system:conflict", "text"),
}
SYSTEM = tuple(_SYSTEM)
"""`__system` of an entity, in the order it is written."""

_KNOWN = {"$top", "$skip", "$skiptoken", "$count", "$filter", "$orderby", "$select", "$search", "$expand"}
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class EntityQuery:
    """The entities somebody wants, and how."""

    view: EntityView
    condition: Expression | None = None
    order: tuple[tuple[Expression, bool], ...] = ()
    search: tuple[str, ...] = ()
    top: int | None = None
    skip: int = 0
    after: str | None = None  # the uuid a page before ended with
    count: bool = False
    select: tuple[str, ...] | None = None  # None: everything
    with_deleted: bool = False  # the filter asks about deletion

    def entities(self, session: ReadSession, store: Store, dataset_id: int) -> list[EntityRow]:
        """Those that the filter and the search let through, in order, whatever the page."""
        rows = list_entities(session, store.keyring, dataset_id)
        if self.with_deleted:
            rows += list_entities(session, store.keyring, dataset_id, deleted=True)
            rows.sort(key=lambda row: (row.created_at, row.id), reverse=True)
        if self.search:
            rows = [row for row in rows if self._mentions(row)]
        if self.condition is None and not self.order:
            return rows
        at, actors = now(), actors_of(session, rows, self.view)
        values = {row.id: _values(row, self.view, actors) for row in rows}
        if self.condition is not None:
            rows = [row for row in rows if evaluate(self.condition, values[row.id], at) is True]
        for tree, descending in reversed(self.order):
            rows.sort(key=_worth(tree, values, at), reverse=descending)
        return rows

    def page(self, rows: Sequence[EntityRow]) -> tuple[Sequence[EntityRow], bool]:
        """The page asked for, and whether others follow it."""
        start = self.skip
        if self.after is not None:
            start = next((i + 1 for i, row in enumerate(rows) if row.uuid == self.after), len(rows))
        end = len(rows) if self.top is None else start + self.top
        return rows[start:end], end < len(rows)

    def _mentions(self, row: EntityRow) -> bool:
        said = [self.view.label(row.current), *self.view.data(row.current.content.data).values()]
        words = {word.lower() for text in said for word in _WORD.findall(text)}
        return all(word in words for word in self.search)


def read_query(parameters: Iterable[tuple[str, str]], view: EntityView) -> EntityQuery:
    """The `$` parameters of a request; others are nobody's business here.

    Raises BadExpression, BadSkipToken, UnknownProperty, Unsupported, Invalid.
    """
    given: dict[str, str] = {}
    for name, value in parameters:
        if name.startswith("$") and name != "$format":
            if name not in _KNOWN:
                raise Unsupported(f"{name} is not supported.", f"There are {', '.join(sorted(_KNOWN))}.")
            given[name] = value
    columns = columns_of(view)
    wanted, order = given.get("$filter"), given.get("$orderby")
    token = given.get("$skiptoken")
    if token and order:
        raise Unsupported("$orderby and $skiptoken do not go together.", "Follow @odata.nextLink as it is.")
    select = given.get("$select", "")
    return EntityQuery(
        view,
        bind_filter(wanted, columns) if wanted else None,
        bind_order(order, columns) if order else (),
        tuple(word.lower() for word in _WORD.findall(given.get("$search", ""))),
        _count("$top", given.get("$top")),
        _count("$skip", given.get("$skip")) or 0,
        read_token(token) if token else None,
        given.get("$count", "").lower() == "true",
        None if select in ("", "*") else tuple(part.strip() for part in select.split(",")),
        bool(wanted and "deletedAt" in wanted),
    )


def columns_of(view: EntityView) -> dict[str, Bound]:
    """What a filter or an order may name, as it is written."""
    columns = {f"__system/{name}": bound for name, bound in _SYSTEM.items()}
    columns |= {
        odata_name(name): Bound(f"data:{name}", "text") for name in view.properties if name not in view.closed
    }
    if view.shows_label:
        columns["label"] = Bound("label", "text")
    return columns | {"__id": Bound("id", "text"), "name": Bound("id", "text")}


def token_of(uuid: str) -> str:
    """What the next page is asked for with."""
    return "01" + base64.b64encode(orjson.dumps({"uuid": uuid})).decode()


def read_token(token: str) -> str:
    """The uuid in a page token. Raises BadSkipToken."""
    try:
        uuid = orjson.loads(base64.b64decode(token.removeprefix("01"), validate=True))["uuid"]
        if not token.startswith("01") or not isinstance(uuid, str):
            raise ValueError
    except (binascii.Error, ValueError, KeyError, TypeError):
        raise BadSkipToken(
            "The $skiptoken was not given out by this server.", "Follow @odata.nextLink as it is."
        ) from None
    return uuid


def system_values(row: EntityRow, actors: Actors) -> dict[str, Any]:
    """`__system` of an entity, dates as they are."""
    maker = actors.get(row.creator_uuid or "")
    return {
        "createdAt": row.created_at,
        "creatorId": None if maker is None else str(maker["id"]),
        "creatorName": None if maker is None else maker["name"],
        "updates": row.version - 1,
        "updatedAt": row.updated_at,
        "deletedAt": row.deleted_at,
        "version": row.version,
        "conflict": row.conflict,
    }


def _values(row: EntityRow, view: EntityView, actors: Actors) -> Values:
    values: Values = {f"system:{name}": value for name, value in system_values(row, actors).items()}
    values |= {f"data:{name}": value for name, value in view.data(row.current.content.data).items()}
    return values | {"id": row.uuid, "label": view.label(row.current)}


def _worth(tree: Expression, values: dict[int, Values], at: datetime) -> Any:
    """What rows are ordered by; nothing comes before everything."""

    def compare(one: EntityRow, other: EntityRow) -> int:
        left, right = (evaluate(tree, values[row.id], at) for row in (one, other))
        if left == right:
            return 0
        if left is None or right is None:
            return -1 if left is None else 1
        return -1 if left < right else 1

    return cmp_to_key(compare)


def _count(name: str, text: str | None) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 20 and int(text) < 2**53):
        raise Invalid(f"{name} is {text[:20]!r}, not a whole number.", f"Write {name}=100.")
    return int(text)
