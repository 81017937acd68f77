"""Actors as the API shows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from server.central.answers import instant
from sync.tables.access import ActorKind

_TYPES = {ActorKind.APP_USER: "field_key", ActorKind.USER: "user"}


def actor_value(row: Mapping[Any, Any]) -> dict[str, Any]:
    """id, type, displayName and dates of an actor's row."""
    return {
        "id": row["id"],
        "type": _TYPES.get(row["kind"], row["kind"]),
        "displayName": row["name"],
        "createdAt": instant(row["created_at"]),
        "updatedAt": instant(row["updated_at"]),
        "deletedAt": None,
    }
