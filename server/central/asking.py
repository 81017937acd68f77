"""What a request says: JSON fields with their types, a page of a list, whether more is wanted.

Fields nobody asked for are left alone, as Central's clients send whole objects back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

import orjson
from fastapi import Path
from starlette.requests import Request

from server.central.problems import MissingParameter, OutOfRange, Unparseable, WrongType

_LARGEST = 2**31 - 1
MAX_JSON_BYTES = 250_000
MAX_BULK_BYTES = 100_000_000  # a file of entities

Id = Annotated[int, Path(ge=-_LARGEST, le=_LARGEST)]
"""A numeric id in a path: not a number is 400.11, one no id can be is 400.22."""

T = TypeVar("T")


async def json_object(request: Request) -> dict[str, Any]:
    """The JSON object of the body; {} for an empty one. Raises Unparseable."""
    return await _json_object(request, MAX_JSON_BYTES)


async def bulk_json_object(request: Request) -> dict[str, Any]:
    """The same for a body that holds a whole file."""
    return await _json_object(request, MAX_BULK_BYTES)


async def _json_object(request: Request, most: int) -> dict[str, Any]:
    kept: dict[str, Any] | None = getattr(request.state, "json_object", None)
    if kept is not None:
        return kept
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > most:
            raise Unparseable(len(body))
    try:
        value = orjson.loads(body) if body.strip() else {}
    except orjson.JSONDecodeError:
        raise Unparseable(len(body)) from None
    if not isinstance(value, dict):
        raise Unparseable(len(body))
    request.state.json_object = value
    return value


def text(fields: Mapping[str, Any], name: str, needed: bool = False) -> str | None:
    """A text field; None where it is absent or null. Raises WrongType, MissingParameter."""
    value = fields.get(name)
    if value is None or (needed and value == ""):
        if needed:
            raise MissingParameter(name)
        return None
    if not isinstance(value, str):
        raise WrongType(None, "string")
    if "\0" in value:
        raise WrongType(None, "string without NUL")
    return value


def needed_text(fields: Mapping[str, Any], name: str) -> str:
    """A text field that is there and not empty. Raises WrongType, MissingParameter."""
    value = text(fields, name, needed=True)
    assert value is not None
    return value


def flag(fields: Mapping[str, Any], name: str) -> bool | None:
    """A boolean field; None where it is absent or null. Raises WrongType."""
    value = fields.get(name)
    if value is not None and not isinstance(value, bool):
        raise WrongType(value if isinstance(value, str) else None, "boolean")
    return value


def is_extended(request: Request) -> bool:
    """Whether `X-Extended-Metadata: true` asks for counts, actors and verbs."""
    return request.headers.get("x-extended-metadata", "").strip().lower() == "true"


def is_true(request: Request, name: str) -> bool:
    """Whether a switch in the query is on."""
    return request.query_params.get(name, "").lower() == "true"


@dataclass(frozen=True, slots=True)
class Paging:
    """The part of a list that is asked for."""

    offset: int = 0
    limit: int | None = None

    def of(self, values: Sequence[T]) -> Sequence[T]:
        end = None if self.limit is None else self.offset + self.limit
        return values[self.offset : end]


def paging(request: Request) -> Paging:
    """`?limit=` and `?offset=`. Raises WrongType, OutOfRange."""
    limit, offset = (_count(request.query_params.get(name)) for name in ("limit", "offset"))
    return Paging(offset or 0, limit)


def _count(given: str | None) -> int | None:
    if not given:
        return None
    if not given.isascii() or not given.isdigit():
        raise WrongType(None, "integer")
    if len(given) > 10 or int(given) > _LARGEST:
        raise OutOfRange(None)
    return int(given)
