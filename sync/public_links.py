"""Public links: whoever has the address fills in one form, and reads nothing.

A link is an actor with a token, like a tablet's user, and with one grant: its form. It may end after some
days, and be good for so many submissions; what comes beyond that is stored and held, for somebody took the
trouble to fill it in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping, func, select, update

from sync.access import Grant, assign, revoke, unsealed_token
from sync.problems import Invalid, NotFound
from sync.seal import Keyring
from sync.store import ReadSession, WriteSession, new_uuid, now
from sync.tables import actor, public_link, submission, token
from sync.tables.access import ActorKind, Role
from sync.tables.log import ChangeKind
from sync.tokens import new_central_token

LONGEST_DAYS = 400
_MOST = 1_000_000
_TOKEN_CONTEXT = b"token:"

Row = Mapping[Any, Any]
"""A row of the store, by column."""


@dataclass(frozen=True, slots=True)
class LinkTerms:
    """What a link is good for. None: without end."""

    is_once: bool | None = None  # one submission of each respondent, told apart by their device
    expires_in_days: int | None = None
    max_submissions: int | None = None  # of all respondents together

    def check(self) -> None:
        """Raise Invalid for terms no link can have."""
        for what, value, most in (
            ("expiresInDays", self.expires_in_days, LONGEST_DAYS),
            ("maxSubmissions", self.max_submissions, _MOST),
        ):
            if value is not None and not 1 <= value <= most:
                raise Invalid(f"{what} is not between 1 and {most}.", "Leave it out for a link without it.")


@dataclass(frozen=True, slots=True)
class PublicLink:
    """A link as it is listed."""

    id: int  # of its actor
    name: str
    created_at: datetime
    updated_at: datetime | None
    created_by: str | None  # an actor's uuid
    last_used_at: datetime | None
    is_once: bool | None
    max_submissions: int | None
    expires_at: datetime | None
    public_id: str
    is_good: bool
    token: str | None  # the key's text, where it is good


def create_public_link(
    session: WriteSession, keyring: Keyring, form: Row, name: str, terms: LinkTerms, by: str | None = None
) -> int:
    """A link to a form (its row). Returns its actor's id. Raises Invalid (name, terms)."""
    terms.check()
    _check_name(name)
    made, at, uuid = new_central_token("app"), now(), new_uuid()
    row = {"uuid": uuid, "kind": str(ActorKind.PUBLIC_LINK), "name": name.strip(), "created_by": by}
    actor_id = session.insert_returning(actor, {**row, "project_id": form["project_id"], "created_at": at})
    session.insert(
        token,
        [
            {
                "public_id": made.public_id,
                "actor_id": actor_id,
                "secret_hash": made.secret_hash,
                "created_at": at,
                "expires_at": _end(terms.expires_in_days, at),
                "sealed": keyring.master.seal(made.text.encode(), _TOKEN_CONTEXT + made.public_id.encode()),
            }
        ],
    )
    limits = {"is_once": terms.is_once, "max_submissions": terms.max_submissions}
    session.insert(public_link, [{"actor_id": actor_id, "form_id": form["id"], **limits}])
    session.change(ChangeKind.ACTOR, uuid)
    grant = Grant(Role.PUBLIC_LINK, form["project_id"], xml_form_id=form["xml_form_id"])
    assign(session, actor_id, grant, at)
    where = {"project": form["project_id"], "form": form["xml_form_id"], "on": form["uuid"]}
    session.audit("assignment.create", uuid, by, role="pub-link", **where)
    session.audit("public_link.create", uuid, by, name=name.strip(), form=form["xml_form_id"], **limits)
    return actor_id


def list_public_links(
    session: ReadSession, keyring: Keyring, form_id: int, actor_id: int | None = None
) -> list[PublicLink]:
    """A form's links that were not deleted (form.id), the newest first, those that are over last."""
    rows = session.all(
        select(*_COLUMNS)
        .join(public_link, public_link.c.actor_id == actor.c.id)
        .join(token, token.c.actor_id == actor.c.id)
        .where(public_link.c.form_id == form_id, actor.c.revoked_at.is_(None))
        .where(*([] if actor_id is None else [actor.c.id == actor_id]))
        .order_by(actor.c.id.desc())
    )
    return sorted((_link(row, keyring) for row in rows), key=lambda link: not link.is_good)


def get_public_link(session: ReadSession, keyring: Keyring, form_id: int, actor_id: int) -> PublicLink:
    """One of them. Raises NotFound, also for one of another form."""
    found = list_public_links(session, keyring, form_id, actor_id)
    if not found:
        raise NotFound(f"There is no public link {actor_id} here.", "The list of links shows them.")
    return found[0]


def change_public_link(
    session: WriteSession,
    keyring: Keyring,
    form_id: int,
    actor_id: int,
    name: str | None,
    terms: LinkTerms,
    by: str | None = None,
) -> None:
    """Another name, or other terms; what is None stays. Raises NotFound, Invalid."""
    terms.check()
    get_public_link(session, keyring, form_id, actor_id)
    if name is not None:
        _check_name(name)
        session.execute(update(actor).where(actor.c.id == actor_id).values(name=name.strip()))
    session.execute(update(actor).where(actor.c.id == actor_id).values(updated_at=now()))
    limits = {"is_once": terms.is_once, "max_submissions": terms.max_submissions}
    given = {what: value for what, value in limits.items() if value is not None}
    if given:
        session.execute(update(public_link).where(public_link.c.actor_id == actor_id).values(**given))
    if terms.expires_in_days is not None:
        ends = {"expires_at": _end(terms.expires_in_days, now())}
        session.execute(update(token).where(token.c.actor_id == actor_id).values(**ends))
    uuid = session.scalar(select(actor.c.uuid).where(actor.c.id == actor_id))
    session.change(ChangeKind.ACTOR, uuid)
    session.audit("public_link.update", uuid, by, name=name, **given)


def delete_public_link(
    session: WriteSession, keyring: Keyring, form_id: int, actor_id: int, by: str | None = None
) -> None:
    """End a link; what was sent by it stays. Raises NotFound."""
    get_public_link(session, keyring, form_id, actor_id)
    revoke(session, actor_id, by)


def used_up(session: ReadSession, submission_id: int) -> bool:
    """Whether the link a submission came by had brought all it is good for before it."""
    own = session.first(_SENT.where(submission.c.id == submission_id))
    if own is None:
        return False
    before = (
        select(func.count(submission.c.id))
        .where(submission.c.actor_uuid == own["actor_uuid"], submission.c.id < submission_id)
        .where(submission.c.deprecated_id.is_(None))
    )
    if own["max_submissions"] is not None and session.scalar(before) >= own["max_submissions"]:
        return True
    device = submission.c.device_id
    same = device == own["device_id"] if own["device_id"] else device.is_(None)
    return bool(own["is_once"]) and session.scalar(before.where(same)) > 0


def _check_name(name: str) -> None:
    if not name.strip():
        raise Invalid("The name is empty.", "Say who the link is for, so that it can be ended later.")


def _end(days: int | None, at: datetime) -> datetime | None:
    return None if days is None else at + timedelta(days=days)


def _link(row: RowMapping, keyring: Keyring) -> PublicLink:
    ended = row["ended_at"] is not None or (row["expires_at"] is not None and row["expires_at"] <= now())
    kept = row["sealed"] if not ended else None
    return PublicLink(
        id=row["id"],
        name=row["name"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        created_by=row["created_by"],
        last_used_at=row["last_seen_at"],
        is_once=row["is_once"],
        max_submissions=row["max_submissions"],
        expires_at=row["expires_at"],
        public_id=row["public_id"],
        is_good=not ended,
        token=None if kept is None else unsealed_token(keyring, row["public_id"], kept),
    )


_COLUMNS = (
    actor.c.id,
    actor.c.name,
    actor.c.created_at,
    actor.c.updated_at,
    actor.c.created_by,
    actor.c.last_seen_at,
    public_link.c.is_once,
    public_link.c.max_submissions,
    token.c.public_id,
    token.c.expires_at,
    token.c.revoked_at.label("ended_at"),
    token.c.sealed,
)
_SENT = (
    select(
        submission.c.actor_uuid,
        submission.c.device_id,
        public_link.c.is_once,
        public_link.c.max_submissions,
    )
    .join(actor, actor.c.uuid == submission.c.actor_uuid)
    .join(public_link, public_link.c.actor_id == actor.c.id)
)
