"""The query of a request -> what is asked of a table: pages, filter, order, properties, rows inside.

Values go in as they were written, checked and typed ones come out. What OData has and this server has not is
refused as such (501); parameters that do not begin with `$` are nobody's business here.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import orjson

from server.odata.columns import SYSTEM
from server.odata.problems import BadSkipToken, UnknownProperty, Unsupported, UnsupportedExpand
from sync.odata.tables import Group, Node, Table
from sync.problems import Invalid, NotSupported

_TRUE = ("true", "1", "yes")
_KNOWN = {"$top", "$skip", "$skiptoken", "$count", "$filter", "$orderby", "$expand", "$select", "$wkt"}
_MOST = 2**53


@dataclass(frozen=True, slots=True)
class LastRow:
    """The row a page ended with, by one of two keys: the next goes on after it, whatever came meanwhile."""

    instance_id: str | None = None
    repeat_id: str | None = None

    @property
    def token(self) -> str:
        named = {"instanceId": self.instance_id} if self.repeat_id is None else {"repeatId": self.repeat_id}
        return "01" + base64.b64encode(orjson.dumps(named)).decode()


@dataclass(frozen=True, slots=True)
class Options:
    """What a request asks of a table."""

    top: int | None = None
    skip: int = 0
    after: LastRow | None = None
    count: bool = False
    filter: str | None = None
    orderby: str | None = None
    expand: bool = False
    select: tuple[str, ...] | None = None  # None: everything
    wkt: bool = False


def read_options(parameters: Iterable[tuple[str, str]]) -> Options:
    """Raises Invalid, BadSkipToken, NotSupported, Unsupported, UnsupportedExpand."""
    given: dict[str, str] = {}
    for name, value in parameters:
        if name == "$format":
            _check_format(value)
        elif name.startswith("$"):
            if name not in _KNOWN:
                raise Unsupported(f"{name} is not supported.", f"There are {', '.join(sorted(_KNOWN))}.")
            if name in given:
                raise Invalid(f"{name} is given twice.", "Give it once.")
            given[name] = value
    expand, select = given.get("$expand", ""), given.get("$select", "")
    if expand not in ("", "*") or (expand and select and select != "*"):
        raise UnsupportedExpand("$expand=* is supported, and not with $select.", "Leave one of them out.")
    after = _last_row(given["$skiptoken"]) if given.get("$skiptoken") else None
    if after and given.get("$orderby"):
        raise NotSupported("$orderby and $skiptoken do not go together.", "Follow @odata.nextLink as it is.")
    return Options(
        top=_count("$top", given.get("$top")),
        skip=0 if after else _count("$skip", given.get("$skip")) or 0,
        after=after,
        count=_is_true(given.get("$count")),
        filter=given.get("$filter") or None,
        orderby=given.get("$orderby") or None,
        expand=expand == "*",
        select=None if select in ("", "*") else tuple(part.strip() for part in select.split(",")),
        wkt=_is_true(given.get("$wkt")),
    )


@dataclass(frozen=True, slots=True)
class Selected:
    """A table cut to the properties asked for."""

    table: Table
    id: bool  # whether the key is written
    system: tuple[str, ...]  # names in `__system`
    parent: bool  # whether the key of the row around is written


def selected(table: Table, names: Sequence[str] | None) -> Selected:
    """Raises UnknownProperty."""
    is_root = table.path == ""
    if names is None:
        return Selected(table, True, tuple(SYSTEM) if is_root else (), not is_root)
    system, wanted, parent = set(), [], False
    for name in names:
        plain, _, below = name.partition("/")
        if name == "__id":
            continue
        if is_root and plain == "__system" and (not below or below in SYSTEM):
            system |= {below} if below else set(SYSTEM)
        elif not is_root and name == table.parent_key:
            parent = True
        else:
            wanted.append(name)
    members = _cut(table.members, wanted, "")
    missing = [name for name in wanted if not _has(table.members, name)]
    if missing:
        raise UnknownProperty(f"There is no property {missing[0]!r}.", "`$metadata` lists the properties.")
    cut = replace(table, members=members)
    return Selected(cut, "__id" in names, tuple(n for n in SYSTEM if n in system), parent)


def _cut(members: Sequence[Node], wanted: Sequence[str], prefix: str) -> tuple[Node, ...]:
    found: list[Node] = []
    for node in members:
        path = prefix + node.name
        if path in wanted:
            found.append(node)
        elif isinstance(node, Group):
            inner = _cut(node.members, wanted, f"{path}/")
            if inner:
                found.append(replace(node, members=inner))
    return tuple(found)


def _has(members: Sequence[Node], name: str) -> bool:
    first, _, rest = name.partition("/")
    for node in members:
        if node.name == first:
            if not rest:
                return True
            return isinstance(node, Group) and _has(node.members, rest)
    return False


def _last_row(token: str) -> LastRow:
    try:
        if not token.startswith("01"):
            raise ValueError
        named = orjson.loads(base64.b64decode(token[2:], validate=True))
        found = LastRow(named.get("instanceId"), named.get("repeatId"))
        if not all(one is None or _is_key(one) for one in (found.instance_id, found.repeat_id)):
            raise ValueError
    except (binascii.Error, ValueError, AttributeError):
        raise BadSkipToken(
            "The $skiptoken was not given out by this server.", "Follow @odata.nextLink as it is."
        ) from None
    return found


def _is_key(value: object) -> bool:
    return isinstance(value, str) and "\0" not in value


def _count(name: str, text: str | None) -> int | None:
    if text is None or text == "":
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 20 and int(text) <= _MOST):
        raise Invalid(f"{name} is {text[:20]!r}, not a whole number.", f"Write {name}=100.")
    return int(text)


def _is_true(text: str | None) -> bool:
    return (text or "").lower() in _TRUE


def _check_format(text: str) -> None:
    if text.partition(";")[0].strip().lower() not in ("json", "application/json", ""):
        raise Unsupported("There is JSON only.", "Leave $format out.")
