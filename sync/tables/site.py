"""What an office sets about its site and its users: settings that clients are shown, what each user prefers,
and the properties a project gives its app users.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Column, ForeignKey, LargeBinary, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from sync.tables.base import BigId, Json, UtcInstant, table_of


class SiteConfig(SQLModel, table=True):
    """One setting: a JSON value, or a file with its type."""

    __tablename__ = "site_config"

    key: str = Field(sa_column=Column(Text, primary_key=True))
    value: Any = Field(default=None, sa_type=Json)
    content: bytes | None = Field(default=None, sa_type=LargeBinary)
    content_type: str | None = Field(default=None, sa_type=Text)
    set_at: datetime = Field(sa_type=UtcInstant)


class UserPreference(SQLModel, table=True):
    """How somebody likes to see something: kept for the page that set it, and told to nobody else."""

    __tablename__ = "user_preference"

    actor_id: int = Field(
        sa_column=Column(BigId, ForeignKey("actor.id"), primary_key=True, autoincrement=False)
    )
    scope: str = Field(sa_column=Column(Text, primary_key=True))  # "site", or a project's uuid
    name: str = Field(sa_column=Column(Text, primary_key=True))
    value: Any = Field(default=None, sa_type=Json)


class ActorProperty(SQLModel, table=True):
    """A word by which a project tells its app users apart: region, team."""

    __tablename__ = "actor_property"
    __table_args__ = (UniqueConstraint("project_id", "name_key"),)

    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True))
    project_id: int = Field(sa_type=BigId, foreign_key="project.id")
    name: str = Field(sa_type=Text)
    name_key: str = Field(sa_type=Text)  # folded: `Region` and `region` are one


class ActorPropertyValue(SQLModel, table=True):
    __tablename__ = "actor_property_value"

    actor_id: int = Field(
        sa_column=Column(BigId, ForeignKey("actor.id"), primary_key=True, autoincrement=False)
    )
    property_id: int = Field(
        sa_column=Column(BigId, ForeignKey("actor_property.id"), primary_key=True, autoincrement=False)
    )
    value: str = Field(sa_type=Text)


site_config = table_of(SiteConfig)
user_preference = table_of(UserPreference)
actor_property = table_of(ActorProperty)
actor_property_value = table_of(ActorPropertyValue)
