"""One after the other: who changes the derived rows of a project waits for its turn.

Duplicate pairs, reviews and tags are worked out from rows that other transactions may be writing. On SQLite
there is one writer anyway; on PostgreSQL two workers would each miss the other's uncommitted row, and nobody
would find the pair they make. The steps themselves still run side by side: only the writing takes turns.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select

from sync.store import WriteSession
from sync.tables import project


def take_turn(session: WriteSession, project_uuids: Collection[str]) -> None:
    """Hold the derived rows of projects until this transaction ends. First thing in it, in one fixed order,
    so that nobody waits crosswise; receipts, which only add originals, never wait for it."""
    if session.dialect != "postgresql" or not project_uuids:
        return
    mine = select(project.c.id).where(project.c.uuid.in_(sorted(project_uuids)))
    session.all(mine.order_by(project.c.id).with_for_update(key_share=True))  # FOR NO KEY UPDATE
