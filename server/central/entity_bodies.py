"""What clients send about entities: bodies and files in, checked contents out."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from server.central.asking import text
from sync.entities.problems import (
    InvalidEntity,
    MissingValue,
    UnexpectedAttributes,
    UnexpectedValue,
    WrongValueType,
)
from sync.entities.sealed import Content
from sync.problems import NotFound
from sync.store import new_uuid

_FIELDS = ("label", "uuid", "data")
_UUID = re.compile(
    r"(?:uuid:)?([0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})\Z", re.IGNORECASE
)


def new_entity(body: Any, properties: Collection[str]) -> tuple[str, Content]:
    """(uuid, content) of an entity that a client wants made. Raises Invalid, in one of its kinds."""
    _check_fields(body)
    given = body.get("uuid")
    if given and not isinstance(given, str):
        raise WrongValueType("uuid", "string")
    uuid = read_uuid(given) if given else new_uuid()
    label = _label(body)
    if label is None:
        raise MissingValue("label")
    data = _data(body, properties)
    return uuid, Content(label, data, {**data, "label": label})


def changed_entity(body: Any, properties: Collection[str], before: Content) -> Content:
    """An entity with what a client wants changed of it. Raises Invalid, in one of its kinds."""
    _check_fields(body)
    label = _label(body)
    if body.get("data") is None and label is None:
        raise InvalidEntity("Neither data nor a label was given.")
    data = _data(body, properties)
    received = data | ({} if label is None else {"label": label})
    return Content(label or before.label, {**before.data, **data}, received)


def read_uuid(given: str) -> str:
    """A version 4 UUID in small letters, with or without `uuid:` before it. Raises WrongValueType."""
    if not given.strip():
        raise MissingValue("uuid")
    found = _UUID.match(given)
    if found is None:
        raise WrongValueType("uuid", "valid version 4 UUID")
    return found[1].lower()


def path_uuid(given: str) -> str:
    """The id in a path. What is no id at all is not there. Raises NotFound."""
    found = _UUID.match(given)
    if found is None:
        raise NotFound("There is no such entity in this list.", "Look at the list's entities.")
    return found[1].lower()


def read_bulk_source(source: Any, count: int, user_agent: str | None) -> dict[str, Any]:
    """Where many entities come from: the file's name, its size and how many it had."""
    if not source:
        raise MissingValue("source")
    if not isinstance(source, dict) or not source.get("name"):
        raise MissingValue("source.name")
    name, size = source["name"], source.get("size")
    if not isinstance(name, str):
        raise WrongValueType("name", "string")
    if size is not None and (isinstance(size, bool) or not isinstance(size, int | float)):
        raise WrongValueType("size", "number")
    return {"name": name, **({"size": size} if size else {}), "count": count, "userAgent": user_agent}


def read_ids(body: Mapping[str, Any]) -> list[str]:
    """The ids of many entities. What is no id at all is kept as it is, and names nothing."""
    ids = body.get("ids")
    if not isinstance(ids, list):
        raise UnexpectedAttributes(["ids: [...]"], ["not an array"] if "ids" in body else list(body))
    if not ids:
        raise UnexpectedAttributes(["ids: [...]"], ["empty array"])
    found = [(_UUID.match(one), one) for one in ids if isinstance(one, str)]
    return [known[1].lower() if known else one for known, one in found]


def _check_fields(body: Any) -> None:
    given = list(body) if isinstance(body, dict) else ["not an object"]
    if not isinstance(body, dict) or any(name not in _FIELDS for name in given):
        raise UnexpectedAttributes(_FIELDS, given)


def _label(body: Mapping[str, Any]) -> str | None:
    if body.get("label") is None:
        return None
    label = body["label"]
    if not isinstance(label, str):
        raise WrongValueType("label", "string")
    if not label.strip():
        raise UnexpectedValue("label", "(empty string)", "Label cannot be blank.")
    text(body, "label")
    return label


def _data(body: Mapping[str, Any], properties: Collection[str]) -> dict[str, str]:
    data = body.get("data")
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise WrongValueType("data", "object")
    for name, value in data.items():
        if not isinstance(value, str):
            raise WrongValueType(name, "string")
        if name not in properties:
            raise InvalidEntity(f"You specified the dataset property [{name}] which does not exist.")
        text(data, name)
    return dict(data)
