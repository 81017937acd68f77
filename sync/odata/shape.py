"""Typed answers, as kept at intake -> the JSON object of one row, as Central writes it.

A table, and what is to be left empty, go in; a function comes out that is called once a row. Every property
of the form is there, null where there is no answer; a value that did not fit its question's type is null too,
because no client could read it there (`waypost submission show` has its text).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from forms.model import AnswerType
from sync.odata.tables import Group, InstanceId, Link, Node, Question

Answers = Mapping[str, Any]


@dataclass(slots=True)
class Surroundings:
    """What is known of a row beside its answers.

    at      its address below the service, which links begin with
    own     `meta/instanceID`
    repeats the paths of repeats that have rows inside it
    inside  the rows of a repeat inside it, where they are written too ($expand)
    """

    at: str = ""
    own: str | None = None
    repeats: Collection[str] = ()
    inside: Callable[[str], list[dict[str, Any]]] | None = None


Shape = Callable[[Answers, Surroundings], dict[str, Any]]

_HOURS_ONLY = re.compile(r"[+-]\d\d$")


def shape(
    members: Sequence[Node], empty: Collection[str] = (), wkt: bool = False, head: Sequence[str] = ()
) -> Shape:
    """What writes rows of a table.

    empty  sensitivities whose answers are left empty in this row
    wkt    positions as well-known text, else as GeoJSON
    head   properties that come first, and are left to whoever calls
    """
    return _container(members, frozenset(empty), wkt, "", head)


def without_bad_answers(answers: Answers) -> Answers:
    """The same without values that did not fit their question's type."""
    return {
        path: value for path, value in answers.items() if not (type(value) is dict and "expected" in value)
    }


def _container(
    members: Sequence[Node], empty: frozenset[str], wkt: bool, way: str, head: Sequence[str] = ()
) -> Shape:
    placed = [node for node in members if not isinstance(node, Link)]
    names = (*head, *(node.name for node in placed))
    shown = {
        node.name: node for node in placed if isinstance(node, Question) and node.sensitivity not in empty
    }
    paths = tuple(shown[name].path if name in shown else None for name in names)
    converters = [
        (name, convert)
        for name, question in shown.items()
        if (convert := _converter(question, wkt)) is not None
    ]
    groups = [
        (node.name, _container(node.members, empty, wkt, f"{way}{node.name}/"))
        for node in placed
        if isinstance(node, Group)
    ]
    links = [(node.name, node.path, way + node.name) for node in members if isinstance(node, Link)]
    ids = [node.name for node in placed if isinstance(node, InstanceId)]

    def write(answers: Answers, around: Surroundings) -> dict[str, Any]:
        # The hottest loop of a read: names and values meet without a step of Python in between.
        row = dict(zip(names, map(answers.get, paths), strict=True))  # type: ignore[arg-type]
        for name, convert in converters:
            value = row[name]
            if value is not None:
                row[name] = convert(value)
        for name, group in groups:
            row[name] = group(answers, around)
        for name in ids:
            row[name] = around.own
        for name, path, where in links:
            if path in around.repeats:
                row[f"{name}@odata.navigationLink"] = f"{around.at}/{where}"
                if around.inside is not None:
                    row[name] = around.inside(path)
        return row

    return write


def _converter(question: Question, wkt: bool) -> Callable[[Any], Any] | None:
    """What makes a JSON value of an answer; None where it is one as it was kept."""
    type_ = question.type
    if type_ == "geoshape" or (type_ in ("geopoint", "geotrace") and (wkt or question.mixed)):
        return lambda value: _geometry(value, type_, wkt)
    if type_ == "dateTime":
        return _moment
    if question.mixed:
        tolerant: Callable[[Any], Any] = _OF_ANY_TYPE.get(type_, _text)
        return tolerant
    return _joined if type_ in ("select", "rank") else None


def _joined(choices: list[str]) -> str:
    return " ".join(choices)


def _text(value: Any) -> str | None:
    """An answer of a version in which the question had another type, as text."""
    if type(value) is str:
        return value
    if type(value) is list:
        return " ".join(map(str, value))
    if type(value) is bool:
        return "true" if value else "false"
    return str(value) if type(value) in (int, float) else None


def _number(value: Any) -> Any:
    return value if type(value) in (int, float) else None


_OF_ANY_TYPE: dict[str, Callable[[Any], Any]] = {
    "int": _number,
    "decimal": _number,
    "boolean": lambda value: value if type(value) is bool else None,
    "date": lambda value: value if type(value) is str else None,
    "time": lambda value: value if type(value) is str else None,
}


def _moment(value: Any) -> Any:
    """Some clients write an offset as +07; OData wants +07:00."""
    if type(value) is not str:
        return None
    return f"{value}:00" if value[-3:-2] in "+-" and _HOURS_ONLY.search(value) else value


def _geometry(value: Any, type_: AnswerType, wkt: bool) -> Any:
    """A GeoJSON geometry or well-known text; nothing of a value of another type."""
    is_point = type_ == "geopoint"
    if type(value) is not dict or (value.get("type") == "Point") != is_point:
        return None
    coordinates = value["coordinates"]
    if wkt:
        if is_point:
            return f"POINT ({_wkt(coordinates)})"
        line = ",".join(map(_wkt, coordinates))
        return f"LINESTRING ({line})" if type_ == "geotrace" else f"POLYGON (({line}))"
    return value if type_ != "geoshape" else {**value, "type": "Polygon", "coordinates": [coordinates]}


def _wkt(position: Sequence[float]) -> str:
    return " ".join(repr(int(one) if float(one).is_integer() else one) for one in position)
