"""The audit trail as people read it, and the proof that nobody changed it.

In: the `audit` table. Out: its entries, and whether each one's hash still covers it and the one before. The
chain shows a changed, removed or exchanged entry; it cannot show that the newest ones were cut off, which is
why `verify` gives the last hash: keep it apart, and compare.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, or_, select

from sync.audit import row_hash
from sync.store import ReadSession
from sync.tables import actor, audit

_FIRST = b"\0" * 32


@dataclass(frozen=True, slots=True)
class Verified:
    """The chain from its first entry on. `broken` is the id of the first entry that does not fit."""

    entries: int
    last_hash: str  # hex; "" for an empty trail
    broken: int | None = None
    reason: str | None = None


def read_trail(
    session: ReadSession, actions: Sequence[str] = (), object_uuid: str | None = None, limit: int = 100
) -> list[dict[str, Any]]:
    """The newest entries first, with the name of whoever acted; None is the command line itself.

    actions  "submission.erase", or a prefix of several: "identifiers" gives identifiers.grant, .disclose ...
    """
    wanted: list[ColumnElement[bool]] = []
    if actions:
        wanted.append(
            or_(*(or_(audit.c.action == one, audit.c.action.startswith(f"{one}.")) for one in actions))
        )
    if object_uuid is not None:
        wanted.append(audit.c.object_uuid == object_uuid)
    rows = (
        select(
            audit.c.id,
            audit.c.at,
            audit.c.action,
            actor.c.name.label("actor"),
            audit.c.actor_uuid,
            audit.c.object_uuid.label("object"),
            audit.c.detail,
        )
        .outerjoin(actor, actor.c.uuid == audit.c.actor_uuid)
        .where(*wanted)
        .order_by(audit.c.id.desc())
        .limit(limit)
    )
    return [dict(row) for row in session.all(rows)]


def verify_trail(session: ReadSession) -> Verified:
    """Follow the chain from its first entry to its last, all of it on one snapshot."""
    columns = (
        audit.c.id,
        audit.c.at,
        audit.c.actor_uuid,
        audit.c.action,
        audit.c.object_uuid,
        audit.c.detail,
        audit.c.prev_hash,
        audit.c.row_hash,
    )
    previous, entries = _FIRST, 0
    for batch in session.stream(select(*columns).order_by(audit.c.id)):
        for id_, at, actor_uuid, action, object_uuid, detail, prev_hash, own_hash in batch:
            if bytes(prev_hash) != previous:
                why = "an entry before it was removed, added or exchanged"
                return Verified(entries, previous.hex(), id_, why)
            if bytes(own_hash) != row_hash(previous, at, actor_uuid, action, object_uuid, detail):
                return Verified(entries, previous.hex(), id_, "it was changed after it was written")
            previous, entries = bytes(own_hash), entries + 1
    return Verified(entries, previous.hex() if entries else "")
