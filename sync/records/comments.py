"""What people write about a record. Sealed under the record's key, for people write names; erased with it.

In: a record, a text. Out: comments, newest first, opened.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from sync.originals import record_keys
from sync.problems import NotFound
from sync.store import ReadSession, Store, WriteSession, new_uuid, now
from sync.tables import submission_comment
from sync.tables.log import ChangeKind


@dataclass(frozen=True, slots=True)
class Comment:
    body: str
    actor_uuid: str | None
    created_at: datetime


def add_comment(
    session: WriteSession, store: Store, record_id: int, body: str, actor_uuid: str | None = None
) -> Comment:
    """Write about the record whose original has this id. Raises NotFound when it was erased meanwhile."""
    key = record_keys(session, store, [record_id]).get(record_id)
    if key is None:
        raise NotFound("This record was erased.", "Nothing of what it said is left.")
    uuid, at = new_uuid(), now()
    row = {
        "uuid": uuid,
        "submission_id": record_id,
        "actor_uuid": actor_uuid,
        "sealed": key.seal(body.encode(), _context(uuid)),
        "created_at": at,
    }
    session.insert(submission_comment, [row])
    session.change(ChangeKind.COMMENT, uuid)
    return Comment(body, actor_uuid, at)


def list_comments(session: ReadSession, store: Store, record_id: int) -> list[Comment]:
    """What was written about a record, the newest first."""
    key = record_keys(session, store, [record_id]).get(record_id)
    if key is None:
        return []
    mine = select(submission_comment).where(submission_comment.c.submission_id == record_id)
    return [
        Comment(key.open(row["sealed"], _context(row["uuid"])).decode(), row["actor_uuid"], row["created_at"])
        for row in session.all(mine.order_by(submission_comment.c.id.desc()))
    ]


def _context(uuid: str) -> bytes:
    return b"comment:" + uuid.encode()
