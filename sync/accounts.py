"""People's accounts: who may sign in, under which address, and what happens to the account later.

The hash of a password goes in, never the password: hashing takes a tenth of a second and happens before the
transaction (sync/passwords.py). Every change is in the audit trail, with its actor.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, Select, and_, delete, select, update

from sync.likeness import likeness
from sync.problems import Conflict, Invalid, NotFound
from sync.store import ReadSession, WriteSession, new_uuid, now
from sync.tables import actor, assignment, user_account, user_session
from sync.tables.access import ActorKind
from sync.tables.log import ChangeKind

_ADDRESS = re.compile(r"[^@\s\x00-\x1f]+@[^@\s\x00-\x1f]+")
_LONGEST = 320


class AddressTaken(Conflict):
    """Another account has this e-mail address."""


def email_key(email: str) -> str:
    """What makes two addresses one: their letters, in whatever case and composition."""
    return unicodedata.normalize("NFC", email.strip()).casefold()


def create_user(
    session: WriteSession,
    email: str,
    name: str | None = None,
    password_hash: str | None = None,
    by: str | None = None,
) -> int:
    """A new account's actor id. It may do nothing until it is assigned a role (sync/assignments.py).

    name  how people call them; the address where none is given
    Raises Invalid (not an address), AddressTaken.
    """
    address = _address(email)
    _refuse_taken(session, address)
    uuid, at = new_uuid(), now()
    called = (name or "").strip() or address
    row = {"uuid": uuid, "kind": str(ActorKind.USER), "name": called, "created_at": at, "created_by": by}
    actor_id = session.insert_returning(actor, row)
    session.insert(
        user_account,
        [
            {
                "actor_id": actor_id,
                "email": address,
                "email_key": email_key(address),
                "password_hash": password_hash,
            }
        ],
    )
    session.change(ChangeKind.ACTOR, uuid)
    session.audit("user.create", uuid, by, email=address, password=password_hash is not None)
    return actor_id


def get_user(session: ReadSession, actor_id: int) -> RowMapping:
    """An account: id, uuid, name, email, password_hash, created_at, updated_at, last_login_at.
    Raises NotFound for one that is absent or retired."""
    row = session.first(_users().where(actor.c.id == actor_id))
    if row is None:
        raise NotFound(f"There is no user {actor_id}.", "`waypost user list` shows the ids.")
    return row


def find_by_email(session: ReadSession, email: str) -> RowMapping | None:
    """The account of an address, as `get_user` gives it; None when there is none."""
    return session.first(_users().where(user_account.c.email_key == email_key(email)))


def user_of_email(session: ReadSession, email: str) -> RowMapping:
    """The same. Raises NotFound."""
    found = find_by_email(session, email)
    if found is None:
        raise NotFound(f"Nobody here has the address {email}.", "`waypost user list` shows them.")
    return found


def list_users(session: ReadSession, words: str = "") -> list[RowMapping]:
    """The accounts, by address; with words, those whose name or address is like one of them or holds it, the
    most alike first."""
    listed = list(session.all(_users().order_by(user_account.c.email_key)))
    wanted = words.split()
    if not wanted:
        return listed
    scored = [(likeness(wanted, (row["name"], row["email"])), row) for row in listed]
    return [row for score, row in sorted(scored, key=lambda each: -each[0]) if score > 0]


def update_user(
    session: WriteSession,
    actor_id: int,
    email: str | None = None,
    name: str | None = None,
    by: str | None = None,
) -> None:
    """Another address or name; None leaves it. Raises NotFound, Invalid, AddressTaken."""
    before = get_user(session, actor_id)
    changed: dict[str, str] = {}
    if name is not None and name.strip() and name.strip() != before["name"]:
        changed["name"] = name.strip()
    if email is not None and _address(email) != before["email"]:
        changed["email"] = _address(email)
        _refuse_taken(session, changed["email"], actor_id)
        key = email_key(changed["email"])
        mine = update(user_account).where(user_account.c.actor_id == actor_id)
        session.execute(mine.values(email=changed["email"], email_key=key))
    if not changed:
        return
    name_now = changed.get("name", before["name"])
    session.execute(update(actor).where(actor.c.id == actor_id).values(name=name_now, updated_at=now()))
    session.change(ChangeKind.ACTOR, before["uuid"])
    session.audit("user.update", before["uuid"], by, **changed)


def set_password(
    session: WriteSession,
    actor_id: int,
    password_hash: str | None,
    by: str | None = None,
    keep: str | None = None,
) -> None:
    """A new password, or none any more. Ends the user's sessions but the one of public id `keep`.

    Raises NotFound.
    """
    uuid = get_user(session, actor_id)["uuid"]
    mine = user_account.c.actor_id == actor_id
    session.execute(update(user_account).where(mine).values(password_hash=password_hash))
    session.execute(update(actor).where(actor.c.id == actor_id).values(updated_at=now()))
    theirs = delete(user_session).where(user_session.c.actor_id == actor_id)
    session.execute(theirs if keep is None else theirs.where(user_session.c.public_id != keep))
    session.change(ChangeKind.ACTOR, uuid)
    session.audit("user.update", uuid, by, password=password_hash is not None)


def retire_user(session: WriteSession, actor_id: int, by: str | None = None) -> None:
    """End an account with its sessions and grants; what the person did stays theirs. The address is free.

    Raises NotFound.
    """
    uuid, at = get_user(session, actor_id)["uuid"], now()
    session.execute(update(actor).where(actor.c.id == actor_id).values(revoked_at=at, updated_at=at))
    theirs = and_(assignment.c.actor_id == actor_id, assignment.c.revoked_at.is_(None))
    session.execute(update(assignment).where(theirs).values(revoked_at=at))
    session.execute(delete(user_session).where(user_session.c.actor_id == actor_id))
    gone: dict[str, Any] = {"email_key": None, "password_hash": None}
    session.execute(update(user_account).where(user_account.c.actor_id == actor_id).values(**gone))
    session.change(ChangeKind.ACTOR, uuid)
    session.audit("user.delete", uuid, by)


def note_login(session: WriteSession, actor_id: int, at: datetime) -> None:
    """When somebody last signed in."""
    mine = user_account.c.actor_id == actor_id
    session.execute(update(user_account).where(mine).values(last_login_at=at))


def _users() -> Select[Any]:
    return (
        select(
            actor.c.id,
            actor.c.uuid,
            actor.c.name,
            actor.c.created_at,
            actor.c.updated_at,
            user_account.c.email,
            user_account.c.password_hash,
            user_account.c.last_login_at,
        )
        .join(user_account, user_account.c.actor_id == actor.c.id)
        .where(actor.c.revoked_at.is_(None))
    )


def _address(email: object) -> str:
    text = unicodedata.normalize("NFC", email.strip()) if isinstance(email, str) else ""
    if not _ADDRESS.fullmatch(text) or len(text) > _LONGEST:
        raise Invalid("This is not an e-mail address.", "Give one as name@example.org.")
    return text


def _refuse_taken(session: ReadSession, email: str, but: int | None = None) -> None:
    taken = session.scalar(
        select(user_account.c.actor_id).where(user_account.c.email_key == email_key(email))
    )
    if taken is not None and taken != but:
        raise AddressTaken("Another account has this e-mail address.", "Use that one, or another address.")
