"""How a user likes to see the site and each project: any JSON under a name, told back to that user alone."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, select

from sync.problems import Invalid, NotFound
from sync.store import ReadSession, WriteSession
from sync.tables import project, user_preference

SITE = "site"
_MOST = 1000
"""Preferences of one user: a page that makes up names without end is stopped here."""


def read_preferences(session: ReadSession, actor_id: int) -> dict[str, dict[str, Any]]:
    """{"site": {name: value}, "projects": {"7": {name: value}}}, the projects by their ids as text."""
    rows = session.all(
        select(user_preference.c.name, user_preference.c.value, project.c.id.label("project_id"))
        .outerjoin(project, project.c.uuid == user_preference.c.scope)
        .where(user_preference.c.actor_id == actor_id)
        .order_by(user_preference.c.scope, user_preference.c.name)
    )
    found: dict[str, dict[str, Any]] = {"site": {}, "projects": {}}
    for row in rows:
        if row["project_id"] is None:
            found["site"][row["name"]] = row["value"]
        else:
            found["projects"].setdefault(str(row["project_id"]), {})[row["name"]] = row["value"]
    return found


def set_preference(session: WriteSession, actor_id: int, scope: str, name: str, value: Any) -> None:
    """Keep a value under a name. scope is SITE or a project's uuid. Raises Invalid (too many)."""
    mine = user_preference.c.actor_id == actor_id
    if len(session.all(select(user_preference.c.name).where(mine).limit(_MOST))) >= _MOST:
        raise Invalid(f"You have {_MOST} preferences already.", "Delete some first.")
    row = {"actor_id": actor_id, "scope": scope, "name": name, "value": value}
    session.upsert(user_preference, [row], ("actor_id", "scope", "name"))


def forget_preference(session: WriteSession, actor_id: int, scope: str, name: str) -> None:
    """Raises NotFound where nothing is kept under the name."""
    mine = [user_preference.c.actor_id == actor_id, user_preference.c.scope == scope]
    if not session.execute(delete(user_preference).where(*mine, user_preference.c.name == name)):
        raise NotFound("Nothing is kept under this name.", "GET /v1/users/current shows what is.")
