"""Sessions of signed-in users, and the leave to set a new password once.

A token's text goes in, the session and its actor come out. Nothing is kept in memory here: a session that was
ended is over at the next request, in every process.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from sync.access import Actor, find_actor
from sync.accounts import note_login
from sync.problems import NotFound
from sync.store import ReadSession, WriteSession, now
from sync.tables import user_session
from sync.tables.access import SessionPurpose
from sync.tokens import new_central_token, read_session_token

SESSION_LIFE = timedelta(hours=24)
RESET_LIFE = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody signed in."""

    public_id: str
    actor: Actor
    purpose: str  # sync.tables.access.SessionPurpose
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session just begun: `token` is told now and never again."""

    token: str
    created_at: datetime
    expires_at: datetime


def begin_session(session: WriteSession, actor_id: int, user_agent: str = "") -> NewSession:
    """Sign a user in whose password was right. Raises NotFound (retired meanwhile)."""
    uuid = find_actor(session, actor_id).uuid
    begun = _begin(session, actor_id, SessionPurpose.SESSION, SESSION_LIFE)
    note_login(session, actor_id, begun.created_at)
    session.audit("user.session.create", uuid, uuid, user_agent=user_agent[:200])
    return begun


def begin_reset(session: WriteSession, actor_id: int, by: str | None = None) -> NewSession:
    """Leave to set a new password once, within a day. Earlier leave ends. Raises NotFound."""
    uuid = find_actor(session, actor_id).uuid
    session.execute(
        delete(user_session).where(
            user_session.c.actor_id == actor_id, user_session.c.purpose == SessionPurpose.RESET
        )
    )
    begun = _begin(session, actor_id, SessionPurpose.RESET, RESET_LIFE)
    session.audit("user.reset.initiate", uuid, by)
    return begun


def find_session(session: ReadSession, text: str) -> Session | None:
    """The session of a token, with what its user may do now; None when it is unknown, ended or expired."""
    given = read_session_token(text)
    if given is None:
        return None
    row = session.first(select(user_session).where(user_session.c.public_id == given.public_id))
    if row is None or not hmac.compare_digest(row["secret_hash"], given.secret_hash):
        return None
    if row["expires_at"] <= now():
        return None
    try:
        who = find_actor(session, row["actor_id"])
    except NotFound:
        return None
    return Session(row["public_id"], who, row["purpose"], row["created_at"], row["expires_at"])


def end_session(session: WriteSession, public_id: str) -> None:
    """Sign out. A session that is over already stays over."""
    session.execute(delete(user_session).where(user_session.c.public_id == public_id))


def _begin(session: WriteSession, actor_id: int, purpose: SessionPurpose, life: timedelta) -> NewSession:
    made, at = new_central_token("ses" if purpose is SessionPurpose.SESSION else "res"), now()
    over = user_session.c.actor_id == actor_id, user_session.c.expires_at <= at
    session.execute(delete(user_session).where(*over))
    session.insert(
        user_session,
        [
            {
                "public_id": made.public_id,
                "actor_id": actor_id,
                "purpose": str(purpose),
                "secret_hash": made.secret_hash,
                "created_at": at,
                "expires_at": at + life,
            }
        ],
    )
    return NewSession(made.text, at, at + life)
