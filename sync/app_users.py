"""The app users of a project, as the API lists them, and the end of one's key or of the user.

A key that was made over the network is kept sealed and comes out here again, for those who may make such
users (decision 0011); one made on the command line was shown once, and is None here.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import RowMapping, select, update

from sync.access import revoke, unsealed_token
from sync.problems import Invalid, NotFound
from sync.seal import Keyring
from sync.store import ReadSession, WriteSession, now
from sync.tables import actor, token
from sync.tables.access import ActorKind
from sync.tables.log import ChangeKind
from sync.tokens import read_token


@dataclass(frozen=True, slots=True)
class AppUser:
    """A tablet's user."""

    id: int
    uuid: str
    name: str
    project_id: int
    created_at: datetime
    updated_at: datetime | None
    created_by: str | None  # an actor's uuid
    last_seen_at: datetime | None
    public_id: str  # of its key
    is_good: bool  # the key opens the project
    token: str | None  # the key's text, where it is good and was kept


def list_app_users(
    session: ReadSession, keyring: Keyring, project_id: int, actor_id: int | None = None
) -> list[AppUser]:
    """A project's app users that were not deleted, the newest first, those without a good key last."""
    rows = session.all(
        select(*_COLUMNS)
        .join(token, token.c.actor_id == actor.c.id)
        .where(actor.c.project_id == project_id, actor.c.kind == ActorKind.APP_USER)
        .where(actor.c.revoked_at.is_(None), *([] if actor_id is None else [actor.c.id == actor_id]))
        .order_by(actor.c.id.desc())
    )
    users = [_app_user(row, keyring) for row in rows]
    return sorted(users, key=lambda user: not user.is_good)


def get_app_user(session: ReadSession, keyring: Keyring, project_id: int, actor_id: int) -> AppUser:
    """One of them. Raises NotFound, also for one of another project."""
    found = list_app_users(session, keyring, project_id, actor_id)
    if not found:
        raise NotFound(f"There is no app user {actor_id} here.", "The list of app users shows them.")
    return found[0]


def delete_app_user(session: WriteSession, keyring: Keyring, project_id: int, actor_id: int, by: str) -> None:
    """End an app user with its key and its forms; what it sent stays. Raises NotFound."""
    get_app_user(session, keyring, project_id, actor_id)
    revoke(session, actor_id, by)


def rename_app_user(session: WriteSession, user: AppUser, name: str, by: str | None) -> None:
    """Another name, as lists and figures show it. Raises Invalid (empty)."""
    if not name.strip():
        raise Invalid("The name is empty.", "Name the device or person.")
    if name.strip() == user.name:
        return
    mine = actor.c.id == user.id
    session.execute(update(actor).where(mine).values(name=name.strip(), updated_at=now()))
    session.change(ChangeKind.ACTOR, user.uuid)
    session.audit("app-user.update", user.uuid, by, name=name.strip())


def project_of_key(session: ReadSession, text: str) -> int | None:
    """The project of a tablet's or a public link's key that is good; None for anything else."""
    given = read_token(text)
    row = given and session.first(
        select(actor.c.project_id, token.c.secret_hash)
        .join(actor, actor.c.id == token.c.actor_id)
        .where(token.c.public_id == given.public_id, token.c.revoked_at.is_(None))
        .where(actor.c.kind.in_([ActorKind.APP_USER, ActorKind.PUBLIC_LINK]))
    )
    if not row or given is None or not hmac.compare_digest(row["secret_hash"], given.secret_hash):
        return None
    return int(row["project_id"])


def end_key(session: WriteSession, text: str, by: str) -> None:
    """End a tablet's or a link's key, and leave its user listed without one."""
    given = read_token(text)
    assert given is not None, "project_of_key has read it"
    found = session.first(
        select(actor.c.uuid, actor.c.kind)
        .join(token, token.c.actor_id == actor.c.id)
        .where(token.c.public_id == given.public_id)
    )
    mine = token.c.public_id == given.public_id
    session.execute(update(token).where(mine).values(revoked_at=now(), sealed=None))
    assert found is not None
    session.change(ChangeKind.ACTOR, found["uuid"])
    whose = "public_link" if found["kind"] == ActorKind.PUBLIC_LINK else "app-user"
    session.audit(f"{whose}.session.end", found["uuid"], by, token=given.public_id)


def _app_user(row: RowMapping, keyring: Keyring) -> AppUser:
    ended = row["revoked_at"] is not None or (row["expires_at"] is not None and row["expires_at"] <= now())
    kept = row["sealed"] if not ended else None
    return AppUser(
        id=row["id"],
        uuid=row["uuid"],
        name=row["name"],
        project_id=row["project_id"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        created_by=row["created_by"],
        last_seen_at=row["last_seen_at"],
        public_id=row["public_id"],
        is_good=not ended,
        token=None if kept is None else unsealed_token(keyring, row["public_id"], kept),
    )


_COLUMNS = (
    actor.c.id,
    actor.c.uuid,
    actor.c.name,
    actor.c.project_id,
    actor.c.created_at,
    actor.c.updated_at,
    actor.c.created_by,
    actor.c.last_seen_at,
    token.c.public_id,
    token.c.expires_at,
    token.c.revoked_at,
    token.c.sealed,
)
