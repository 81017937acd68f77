"""Typed answers, as kept at intake -> the JSON object of one row, as Central writes it.

A table, and what is to be left empty, go in; a function comes out that is called once a row. Every property
of the form is there, null where there is no answer; a value that did not fit its question's type is null too,
because no client could read it there (`waypost submission show` has its text).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from forms.model import AnswerType
from server.odata.tables import Group, InstanceId, Link, Node, Question

Answers = Mapping[str, Any]
Inside = Callable[[str], list[dict[str, Any]]]
"""The rows of a repeat inside the one that is written, for `$expand`."""

Shape = Callable[[Answers, str, str | None, Inside | None], dict[str, Any]]
"""(answers, address of the row, instanceID, rows inside) -> the object."""

_HOURS_ONLY = re.compile(r"[+-]\d\d$")


def shape(members: Sequence[Node], empty: Collection[str] = (), wkt: bool = False) -> Shape:
    """What writes rows of a table.

    empty  sensitivities whose answers are left empty in this row
    wkt    positions as well-known text, else as GeoJSON
    """
    return _container(members, frozenset(empty), wkt, "")


def _container(members: Sequence[Node], empty: frozenset[str], wkt: bool, way: str) -> Shape:
    plan = [
        (node.name, node.path, _converter(node.type, wkt))
        for node in members
        if isinstance(node, Question) and node.sensitivity not in empty
    ]
    order = [node.name for node in members if not isinstance(node, Link)]
    groups = [
        (node.name, _container(node.members, empty, wkt, f"{way}{node.name}/"))
        for node in members
        if isinstance(node, Group)
    ]
    links = [(node.name, node.path, way + node.name) for node in members if isinstance(node, Link)]
    ids = [node.name for node in members if isinstance(node, InstanceId)]
    blank = dict.fromkeys(order)

    def write(answers: Answers, at: str, instance_id: str | None, inside: Inside | None) -> dict[str, Any]:
        get = answers.get
        row: dict[str, Any] = dict(blank)
        for name, path, convert in plan:  # the hottest loop of a read: no call for plain text
            value = get(path)
            if value is None:
                continue
            if convert is None:
                row[name] = value if type(value) is str else _joined(value)
            else:
                row[name] = convert(value)
        for name, group in groups:
            row[name] = group(answers, at, instance_id, inside)
        for name in ids:
            row[name] = instance_id
        for name, path, where in links:
            row[f"{name}@odata.navigationLink"] = f"{at}/{where}"
            if inside is not None:
                row[name] = inside(path)
        return row

    return write


def _converter(type_: AnswerType, wkt: bool) -> Callable[[Any], Any] | None:
    """What makes a JSON value of an answer; None for text."""
    if type_ in ("geopoint", "geotrace", "geoshape"):
        return lambda value: _geometry(value, type_, wkt)
    return _CONVERTERS.get(type_)


def _joined(value: Any) -> str | None:
    """Several choices as Central writes them; nothing of a value that is no text."""
    return " ".join(map(str, value)) if type(value) is list else None


def _plain(value: Any) -> Any:
    """A number, a flag, a date: anything but a value that did not fit."""
    return None if type(value) is dict else value


def _moment(value: Any) -> Any:
    """Some clients write an offset as +07; OData wants +07:00."""
    if type(value) is not str:
        return None
    return f"{value}:00" if value[-3:-2] in "+-" and _HOURS_ONLY.search(value) else value


_CONVERTERS: dict[AnswerType, Callable[[Any], Any]] = {
    "int": _plain,
    "decimal": _plain,
    "boolean": _plain,
    "date": _plain,
    "time": _plain,
    "dateTime": _moment,
}


def _geometry(value: Any, type_: AnswerType, wkt: bool) -> Any:
    """A GeoJSON geometry, the accuracy in metres beside it, or well-known text."""
    if type(value) is not dict or "coordinates" not in value:
        return None
    coordinates = value["coordinates"]
    if type_ == "geopoint":
        if wkt:
            return f"POINT ({_wkt(coordinates)})"
        accuracy = value.get("accuracy_m")
        point = {"type": "Point", "coordinates": coordinates}
        return point if accuracy is None else {**point, "properties": {"accuracy": accuracy}}
    if wkt:
        line = ",".join(map(_wkt, coordinates))
        return f"LINESTRING ({line})" if type_ == "geotrace" else f"POLYGON (({line}))"
    if type_ == "geotrace":
        return {"type": "LineString", "coordinates": coordinates}
    return {"type": "Polygon", "coordinates": [coordinates]}


def _wkt(position: Sequence[float]) -> str:
    return " ".join(repr(int(one) if float(one).is_integer() else one) for one in position)
