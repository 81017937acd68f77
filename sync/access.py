"""Who somebody is and what they were granted: actors, tokens, assignments.

A token's text goes in, an `Actor` with its grants comes out; every function that gives people data takes
that actor. Tokens are made here and shown once; the database keeps a hash of the secret.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, func, select, update

from sync.problems import Invalid, NotFound, Unauthorised
from sync.seal import Keyring
from sync.store import ReadSession, WriteSession, new_uuid, now
from sync.tables import (
    actor,
    admin_area,
    assignment,
    form,
    place,
    project,
    release_activation,
    token,
)
from sync.tables.access import ActorKind, Role
from sync.tables.log import ChangeKind
from sync.tokens import Token, new_central_token, new_token, read_token

READERS = (Role.VIEWER, Role.ANALYST, Role.SUPERVISOR, Role.COORDINATOR, Role.ADMIN)
"""Roles that see something of datasets."""

_TOKEN_CONTEXT = b"token:"

DEVICE_TOKEN_LIFE = timedelta(days=400)
"""Longer than any time a tablet stays offline: an expired token strands what it collected."""


_LARGEST_ID = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Grant:
    """A role on a project, or on all of them; each further value narrows it, None does not."""

    role: str  # sync.tables.access.Role
    project_id: int | None  # None: on the whole site
    xml_form_id: str | None = None
    place_id: str | None = None  # a place's code
    organisation: str | None = None
    pcode: str | None = None  # this area and all below it


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody known, with every grant that holds now. `scope(actor)` turns it into rows and columns."""

    uuid: str
    kind: str  # sync.tables.access.ActorKind
    name: str
    assignments: tuple[Grant, ...] = ()
    id: int = 0  # local, for the API; 0: not in the database
    project_id: int | None = None  # an app user's own
    viewed_by: Actor | None = None  # who looks as this one: sees and may what both see and may

    @property
    def project_ids(self) -> frozenset[int]:
        """The projects it has a grant on that is not the whole site's."""
        return frozenset(grant.project_id for grant in self.assignments if grant.project_id is not None)

    def on(self, project_id: int) -> tuple[Grant, ...]:
        """The grants that hold on one project, the site's among them; none for a number no project has."""
        if project_id > _LARGEST_ID:
            return ()
        return tuple(grant for grant in self.assignments if grant.project_id in (None, project_id))


@dataclass(frozen=True, slots=True)
class Authenticated:
    """An actor and until when their token is good."""

    actor: Actor
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token just made: `token` is shown now and never again."""

    id: int  # of the actor
    actor_uuid: str
    name: str
    token: str
    expires_at: datetime | None


def create_app_user(
    session: WriteSession,
    project_id: int,
    name: str,
    forms: Sequence[str] = (),
    places: Sequence[str] = (),
    pcodes: Sequence[str] = (),
    by: str | None = None,
    organisation: str | None = None,
) -> NewToken:
    """A tablet's user: sees all present and future forms of the project unless `forms` names some.

    Places and areas narrow it too and add up: the user works at any of the places and in any of the areas.
    organisation  code of whom the user works for: it owns what is sent, unless the form says another
    The token is good for 400 days. Raises NotFound (project), Invalid (name).
    """
    areas: list[tuple[str | None, str | None]] = [(place, None) for place in places]
    areas += [(None, pcode) for pcode in pcodes]
    grants = [
        Grant(
            Role.APP_USER,
            project_id,
            xml_form_id=form,
            place_id=place,
            organisation=organisation,
            pcode=pcode,
        )
        for form in _each(forms)
        for place, pcode in areas or [(None, None)]
    ]
    made = new_token("app")
    return _create(session, ActorKind.APP_USER, made, project_id, name, grants, now() + DEVICE_TOKEN_LIFE, by)


def create_bare_app_user(
    session: WriteSession, keyring: Keyring, project_id: int, name: str, by: str | None = None
) -> NewToken:
    """A tablet's user with no form yet, as the API makes them: `sync/assignments.py` gives it some.

    Its token is kept sealed beside its hash, to be shown again to who may make such users (decision 0011).
    Raises NotFound (project), Invalid (name).
    """
    made = new_central_token("app")
    sealed = keyring.master.seal(made.text.encode(), _TOKEN_CONTEXT + made.public_id.encode())
    ends = now() + DEVICE_TOKEN_LIFE
    return _create(session, ActorKind.APP_USER, made, project_id, name, (), ends, by, sealed)


def unsealed_token(keyring: Keyring, public_id: str, sealed: bytes) -> str:
    """The text of a token that was kept sealed."""
    return keyring.master.open(sealed, _TOKEN_CONTEXT + public_id.encode()).decode()


def create_token(
    session: WriteSession,
    project_id: int,
    name: str,
    role: str,
    pcodes: Sequence[str] = (),
    organisations: Sequence[str] = (),
    expires_at: datetime | None = None,
    by: str | None = None,
) -> NewToken:
    """A reader's token for datasets. Areas and organisations narrow it together: rows fit one of each.

    Raises NotFound (project), Invalid (name, a role that is not for readers).
    """
    roles = [str(r) for r in READERS]
    if role not in roles:
        raise Invalid(
            f"{role!r} is not a role of a reader.",
            f"Use one of {', '.join(roles)}; tablets get theirs from `waypost app-user create`.",
        )
    grants = [
        Grant(role, project_id, organisation=organisation, pcode=pcode)
        for pcode in _each(pcodes)
        for organisation in _each(organisations)
    ]
    return _create(session, ActorKind.READER, new_token("api"), project_id, name, grants, expires_at, by)


def authenticate(session: ReadSession, text: str) -> Authenticated:
    """The actor a token belongs to.

    Raises Unauthorised; mistyped, unknown, revoked and expired tokens look the same.
    """
    given = read_token(text)
    row = None if given is None else session.first(_BY_PUBLIC_ID, {"public_id": given.public_id})
    if given is None or row is None or not hmac.compare_digest(row["secret_hash"], given.secret_hash):
        raise _refused()
    if row["revoked_at"] or row["actor_revoked_at"] or (row["expires_at"] and row["expires_at"] <= now()):
        raise _refused()
    grants = grants_of(session, row["actor_id"])
    known = Actor(row["uuid"], row["kind"], row["name"], tuple(grants), row["actor_id"], row["project_id"])
    return Authenticated(known, row["expires_at"])


def unknown_grants(
    session: ReadSession,
    project_id: int,
    forms: Sequence[str] = (),
    places: Sequence[str] = (),
    pcodes: Sequence[str] = (),
) -> list[tuple[str, str]]:
    """Which of these name nothing there is now: ("form" | "place" | "pcode", code)."""
    release = (
        select(release_activation.c.release_id)
        .where(release_activation.c.project_id == project_id)
        .order_by(release_activation.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    known = {
        "form": select(form.c.xml_form_id).where(form.c.project_id == project_id),
        "place": select(place.c.code).where(place.c.project_id == project_id),
        "pcode": select(admin_area.c.code).where(admin_area.c.release_id == release),
    }
    unknown = []
    for kind, codes in (("form", forms), ("place", places), ("pcode", pcodes)):
        column = known[kind].selected_columns[0]
        found = {row[column.name] for row in session.all(known[kind].where(column.in_(list(codes))))}
        unknown += [(kind, code) for code in codes if code not in found]
    return unknown


def list_actors(session: ReadSession, project_id: int, kind: str | None = None) -> list[dict[str, object]]:
    """App users and readers of a project with their tokens' state and grants; no secret is among it."""
    rows = session.all(_OF_PROJECT, {"project_id": project_id})
    return [
        {
            "id": row["id"],
            "uuid": row["uuid"],
            "kind": row["kind"],
            "name": row["name"],
            "token": row["public_id"],
            "created_at": row["created_at"],
            "expires_at": row["expires_at"],
            "revoked_at": row["revoked_at"],
            "grants": [dict(grant) for grant in session.all(_GRANTS, {"actor_id": row["id"]})],
        }
        for row in rows
        if kind is None or row["kind"] == kind
    ]


def revoke(session: WriteSession, actor_id: int, by: str | None = None) -> None:
    """End an actor's tokens and grants, within seconds everywhere. What they sent stays. Raises NotFound."""
    row = session.first(select(actor.c.uuid).where(actor.c.id == actor_id))
    if row is None:
        raise NotFound(
            f"There is no app user or reader {actor_id}.",
            "`waypost app-user list` and `waypost token list` show the ids.",
        )
    at = now()
    for table, mine in (
        (actor, actor.c.id),
        (token, token.c.actor_id),
        (assignment, assignment.c.actor_id),
    ):
        session.execute(
            update(table).where(mine == actor_id, table.c.revoked_at.is_(None)).values(revoked_at=at)
        )
    session.change(ChangeKind.ACTOR, row["uuid"])
    session.audit("token.revoke", row["uuid"], by)


def access_fingerprint(session: ReadSession) -> tuple[object, ...]:
    """Cheap values that differ after any token or grant was made or revoked."""
    return tuple(
        value
        for table in (token, assignment)
        for value in (session.first(_FINGERPRINT[table.name]) or {}).values()
    )


def _create(
    session: WriteSession,
    kind: ActorKind,
    made: Token,
    project_id: int,
    name: str,
    grants: Iterable[Grant],
    expires_at: datetime | None,
    by: str | None,
    sealed: bytes | None = None,
) -> NewToken:
    if not name.strip():
        raise Invalid(
            "The name is empty.", "Name the device or person, so that the token can be revoked later."
        )
    existing = project.c.id == project_id, project.c.deleted_at.is_(None)
    if session.scalar(select(project.c.id).where(*existing)) is None:
        raise NotFound(f"There is no project {project_id}.", "`waypost project list` shows the ids.")
    at, uuid = now(), new_uuid()
    row = {"uuid": uuid, "kind": str(kind), "name": name.strip(), "project_id": project_id}
    actor_id = session.insert_returning(actor, {**row, "created_at": at, "created_by": by})
    session.insert(
        token,
        [
            {
                "public_id": made.public_id,
                "actor_id": actor_id,
                "secret_hash": made.secret_hash,
                "created_at": at,
                "expires_at": expires_at,
                "sealed": sealed,
            }
        ],
    )
    session.change(ChangeKind.ACTOR, uuid)
    for grant in grants:
        assign(session, actor_id, grant, at)
    action = "app-user.create" if kind is ActorKind.APP_USER else "token.create"
    session.audit(action, uuid, by, name=name.strip(), token=made.public_id, project=project_id)
    return NewToken(actor_id, uuid, name.strip(), made.text, expires_at)


def grants_of(session: ReadSession, actor_id: int) -> list[Grant]:
    """The grants an actor has now."""
    return [Grant(**row) for row in session.all(_GRANTS, {"actor_id": actor_id})]


def assign(
    session: WriteSession, actor_id: int, grant: Grant, at: datetime, expires_at: datetime | None = None
) -> str:
    """Add a grant to an actor, and tell replicas. Returns its uuid."""
    uuid = new_uuid()
    row = {name: getattr(grant, name) for name in Grant.__slots__}
    session.insert(
        assignment,
        [{"uuid": uuid, "actor_id": actor_id, "created_at": at, "expires_at": expires_at, **row}],
    )
    session.change(ChangeKind.ASSIGNMENT, uuid)
    return uuid


def no_actor(actor_id: int) -> NotFound:
    """What is said of an actor that is absent, revoked, or none of the asker's."""
    return NotFound(
        f"There is no actor {actor_id}, or it was revoked.",
        "`waypost token list` and `waypost user list` show the ids.",
    )


def find_actor(session: ReadSession, actor_id: int) -> Actor:
    """Somebody who is known and not revoked, with the grants that hold now. Raises NotFound."""
    row = session.first(
        select(actor.c.uuid, actor.c.kind, actor.c.name, actor.c.project_id).where(
            actor.c.id == actor_id, actor.c.revoked_at.is_(None)
        )
    )
    if row is None:
        raise no_actor(actor_id)
    grants = tuple(grants_of(session, actor_id))
    return Actor(row["uuid"], row["kind"], row["name"], grants, actor_id, row["project_id"])


def _each(narrowed: Sequence[str]) -> Sequence[str | None]:
    return narrowed or (None,)


def _refused() -> Unauthorised:
    return Unauthorised(
        "The token is not known here, or it was revoked or has expired.",
        "Ask the coordinator for a new settings code or token.",
    )


_BY_PUBLIC_ID = (
    select(
        token.c.secret_hash,
        token.c.actor_id,
        token.c.expires_at,
        token.c.revoked_at,
        actor.c.uuid,
        actor.c.kind,
        actor.c.name,
        actor.c.project_id,
        actor.c.revoked_at.label("actor_revoked_at"),
    )
    .join(actor, actor.c.id == token.c.actor_id)
    .where(token.c.public_id == bindparam("public_id"))
)

_GRANTS = (
    select(*(assignment.c[name] for name in Grant.__slots__))
    .where(
        assignment.c.actor_id == bindparam("actor_id"),
        assignment.c.revoked_at.is_(None),
        assignment.c.role != Role.IDENTIFIERS,  # no role: it shows no row and no column of a dataset
    )
    .order_by(assignment.c.id)
)

_OF_PROJECT = (
    select(
        actor.c.id,
        actor.c.uuid,
        actor.c.kind,
        actor.c.name,
        actor.c.created_at,
        token.c.public_id,
        token.c.expires_at,
        token.c.revoked_at,
    )
    .join(token, token.c.actor_id == actor.c.id)
    .where(actor.c.project_id == bindparam("project_id"))
    .order_by(actor.c.id, token.c.id)
)

_FINGERPRINT = {
    table.name: select(
        func.max(table.c.id).label("newest"),
        func.count(table.c.revoked_at).label("revoked"),
    )
    for table in (token, assignment)
}
