"""Who may do what: actors, their tokens (hashed), their assignments."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, Text
from sqlmodel import Field, SQLModel

from sync.tables.base import BigId, UtcInstant, table_of


class ActorKind(StrEnum):
    APP_USER = "app_user"  # a tablet: lists and downloads forms, submits; never reads submissions
    READER = "reader"  # an API token of a person or a script
    USER = "user"
    SYSTEM = "system"  # the command line on the server itself
    PUBLIC_LINK = "public_link"  # whoever has a link: fills in one form, and reads nothing


class Role(StrEnum):
    """What an assignment lets its actor do. IDENTIFIERS is a grant beside any other role: to have the names,
    phone numbers and photos that are sealed opened, each time with an audit entry (sync/disclosure.py)."""

    APP_USER = "app-user"
    VIEWER = "viewer"
    ANALYST = "analyst"
    SUPERVISOR = "supervisor"
    COORDINATOR = "coordinator"
    ADMIN = "admin"
    IDENTIFIERS = "identifiers"
    FORMFILL = "formfill"  # fills in forms on the web
    FORMVIEW = "formview"  # looks at forms
    PUBLIC_LINK = "pub-link"  # fills in the one form of its link


class SessionPurpose(StrEnum):
    SESSION = "session"
    RESET = "reset"


class Actor(SQLModel, table=True):
    __tablename__ = "actor"

    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True))
    uuid: str = Field(sa_type=Text, unique=True)
    kind: str = Field(sa_type=Text)  # ActorKind
    name: str = Field(sa_type=Text)
    project_id: int | None = Field(default=None, sa_type=BigId, foreign_key="project.id")
    created_at: datetime = Field(sa_type=UtcInstant)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    last_seen_at: datetime | None = Field(default=None, sa_type=UtcInstant)  # to the hour
    updated_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    created_by: str | None = Field(default=None, sa_type=Text)  # an actor's uuid; None: the command line


class UserAccount(SQLModel, table=True):
    """What an actor of kind USER signs in with. A retired account has no email_key: the address is free."""

    __tablename__ = "user_account"

    actor_id: int = Field(
        sa_column=Column(BigId, ForeignKey("actor.id"), primary_key=True, autoincrement=False)
    )
    email: str = Field(sa_type=Text)  # as it was written
    email_key: str | None = Field(default=None, sa_type=Text, unique=True)  # folded: one account an address
    password_hash: str | None = Field(default=None, sa_type=Text)  # argon2id; None: cannot sign in
    last_login_at: datetime | None = Field(default=None, sa_type=UtcInstant)


class UserSession(SQLModel, table=True):
    """Somebody signed in, or may set a new password once. Gone when it ends: nothing refers to it."""

    __tablename__ = "user_session"
    __table_args__ = (Index(None, "actor_id"),)

    public_id: str = Field(sa_column=Column(Text, primary_key=True))
    actor_id: int = Field(sa_type=BigId, foreign_key="actor.id")
    purpose: str = Field(sa_type=Text)  # SessionPurpose
    secret_hash: bytes = Field(sa_type=LargeBinary)  # SHA-256: the secret has 256 bits of its own
    created_at: datetime = Field(sa_type=UtcInstant)
    expires_at: datetime = Field(sa_type=UtcInstant)


class Token(SQLModel, table=True):
    """`wp_<kind>_<public_id>_<secret>_<crc>`: the id and the hash of the secret are kept; of a tablet's key
    made over the network, the text too, sealed (decision 0011)."""

    __tablename__ = "token"

    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True))
    public_id: str = Field(sa_type=Text, unique=True)
    actor_id: int = Field(sa_type=BigId, foreign_key="actor.id")
    secret_hash: bytes = Field(sa_type=LargeBinary)  # SHA-256: the secret has 256 bits of its own
    created_at: datetime = Field(sa_type=UtcInstant)
    expires_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    sealed: bytes | None = Field(default=None, sa_type=LargeBinary)  # the text, under the master key


class PublicLink(SQLModel, table=True):
    """What an actor of kind PUBLIC_LINK lets do: fill in one form, some times. Its key is a `token`."""

    __tablename__ = "public_link"
    __table_args__ = (Index(None, "form_id"),)

    actor_id: int = Field(
        sa_column=Column(BigId, ForeignKey("actor.id"), primary_key=True, autoincrement=False)
    )
    form_id: int = Field(sa_type=BigId, foreign_key="form.id")
    is_once: bool | None = Field(default=None, sa_type=Boolean)  # each respondent once
    max_submissions: int | None = Field(default=None, sa_type=Integer)  # by all together; more are held


class Assignment(SQLModel, table=True):
    """A grant: an actor has a role on a project, or on all of them; narrowed where a column is not null."""

    __tablename__ = "assignment"
    __table_args__ = (Index(None, "actor_id"), Index(None, "project_id"))

    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True))
    uuid: str = Field(sa_type=Text, unique=True)
    actor_id: int = Field(sa_type=BigId, foreign_key="actor.id")
    role: str = Field(sa_type=Text)  # Role
    project_id: int | None = Field(default=None, sa_type=BigId, foreign_key="project.id")  # None: site-wide
    xml_form_id: str | None = Field(default=None, sa_type=Text)
    place_id: str | None = Field(default=None, sa_type=Text)
    organisation: str | None = Field(default=None, sa_type=Text)
    pcode: str | None = Field(default=None, sa_type=Text)  # this area and all below it
    created_at: datetime = Field(sa_type=UtcInstant)
    expires_at: datetime | None = Field(default=None, sa_type=UtcInstant)  # None: until it is revoked
    revoked_at: datetime | None = Field(default=None, sa_type=UtcInstant)


actor = table_of(Actor)
token = table_of(Token)
assignment = table_of(Assignment)
user_account = table_of(UserAccount)
user_session = table_of(UserSession)
public_link = table_of(PublicLink)
