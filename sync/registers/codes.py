"""Since when codes are there: the version that loaded each of them first, as the database remembers it."""

from __future__ import annotations

from sqlalchemy import select

from sync.store import ReadSession
from sync.tables import code


def codes_since(session: ReadSession, list_name: str) -> dict[str, str]:
    """The vocabulary version each code of a list came with, retired ones included."""
    rows = session.all(select(code.c.code, code.c.valid_from).where(code.c.list_name == list_name))
    return {row["code"]: row["valid_from"] for row in rows}
