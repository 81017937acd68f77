"""The audit trail's chain: each row's hash covers the row before it, so that no row can be changed unseen."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

import orjson


def next_link(
    previous: bytes | None,
    at: datetime,
    actor_uuid: str | None,
    action: str,
    object_uuid: str | None,
    detail: dict[str, Any],
) -> dict[str, Any]:
    """The row that follows `previous` (its row_hash; None for the first row)."""
    prev_hash = previous or b"\0" * 32
    return {
        "at": at,
        "actor_uuid": actor_uuid,
        "action": action,
        "object_uuid": object_uuid,
        "detail": detail,
        "prev_hash": prev_hash,
        "row_hash": row_hash(prev_hash, at, actor_uuid, action, object_uuid, detail),
    }


def row_hash(
    prev_hash: bytes,
    at: datetime,
    actor_uuid: str | None,
    action: str,
    object_uuid: str | None,
    detail: dict[str, Any],
) -> bytes:
    """SHA256(prev_hash || canonical JSON of the row)."""
    canonical = orjson.dumps(
        [int(at.timestamp() * 1_000_000), actor_uuid, action, object_uuid, detail],
        option=orjson.OPT_SORT_KEYS,
    )
    return hashlib.sha256(prev_hash + canonical).digest()
