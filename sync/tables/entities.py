"""Entity lists (the API's datasets), their entities, and what submissions did to them.

A log beside the raw records, not derived from them: versions are only ever added, in the order in which they
came to be, and a rebuild finds them as they were (decision 0015). What an entity says (label, values) is
sealed under a key of its own, for it often names a person: a copy of the database tells no name, and erasing
one entity destroys its key. `entity_intake` remembers what became of each submission; what waits is read from
the raw record again when its time has come.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from sync.tables.base import BigId, Json, UtcInstant, table_of


class Dataset(SQLModel, table=True):
    """An entity list of a project. Made by the API, or by publishing a form that writes to it."""

    __tablename__ = "dataset"
    __table_args__ = (UniqueConstraint("project_id", "name_key"),)

    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True))
    uuid: str = Field(sa_type=Text, unique=True)
    project_id: int = Field(sa_type=BigId, foreign_key="project.id")
    name: str = Field(sa_type=Text)
    name_key: str | None = Field(default=None, sa_type=Text)  # folded; None: deleted, the name is free
    approval_required: bool = Field(sa_type=Boolean)
    owner_only: bool = Field(sa_type=Boolean)  # a tablet gets the entities its user made
    revision: int = Field(sa_type=BigId)  # raised by whatever changes what a tablet gets
    created_at: datetime = Field(sa_type=UtcInstant)
    created_by: str | None = Field(default=None, sa_type=Text)  # an actor's uuid
    updated_at: datetime | None = Field(default=None, sa_type=UtcInstant)  # it or its entities changed
    deleted_at: datetime | None = Field(default=None, sa_type=UtcInstant)


class DatasetProperty(SQLModel, table=True):
    """A column of a list."""

    __tablename__ = "dataset_property"
    __table_args__ = (UniqueConstraint("dataset_id", "name_key"),)

    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True))
    dataset_id: int = Field(sa_type=BigId, foreign_key="dataset.id")
    name: str = Field(sa_type=Text)
    name_key: str | None = Field(default=None, sa_type=Text)  # folded; None: deleted
    published_at: datetime = Field(sa_type=UtcInstant)
    deleted_at: datetime | None = Field(default=None, sa_type=UtcInstant)


class DatasetSource(SQLModel, table=True):
    """A published form version that writes to a list, and which answers go into which property."""

    __tablename__ = "dataset_source"
    __table_args__ = (UniqueConstraint("form_version_id", "dataset_id", "path"), Index(None, "dataset_id"))

    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True))
    dataset_id: int = Field(sa_type=BigId, foreign_key="dataset.id")
    form_version_id: int = Field(sa_type=BigId, foreign_key="form_version.id")
    path: str = Field(sa_type=Text)  # of the form's root, or of the repeat
    is_repeat: bool = Field(sa_type=Boolean)
    actions: list[str] = Field(sa_type=Json)  # of "create", "update"
    properties: list[Any] = Field(sa_type=Json)  # [property, sensitivity of its question] of each, in order


class DatasetFilter(SQLModel, table=True):
    """A tablet gets the entities whose property equals a property of its user; without one, none."""

    __tablename__ = "dataset_filter"
    __table_args__ = (UniqueConstraint("dataset_id", "property"),)

    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True))
    dataset_id: int = Field(sa_type=BigId, foreign_key="dataset.id")
    property: str = Field(sa_type=Text)
    actor_property: str = Field(sa_type=Text)


class ConflictKind(StrEnum):
    SOFT = "soft"  # changed in parallel, in other properties
    HARD = "hard"  # one property was given two values in parallel


class Entity(SQLModel, table=True):
    __tablename__ = "entity"
    __table_args__ = (Index(None, "dataset_id", "created_at", "id"),)

    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True))
    uuid: str = Field(sa_type=Text, unique=True)
    dataset_id: int = Field(sa_type=BigId, foreign_key="dataset.id")
    version: int = Field(sa_type=Integer)  # the newest
    wrapped: bytes | None = Field(default=None, sa_type=LargeBinary)  # its key; None: erased
    master_key_id: str = Field(sa_type=Text)
    creator_uuid: str | None = Field(default=None, sa_type=Text)
    created_at: datetime = Field(sa_type=UtcInstant)
    updated_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    deleted_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    conflict: str | None = Field(default=None, sa_type=Text)  # ConflictKind
    resolved_version: int | None = Field(default=None, sa_type=Integer)  # conflicts up to here are settled


class EntitySource(SQLModel, table=True):
    """What made versions: a request, an uploaded file of many, a submission."""

    __tablename__ = "entity_source"
    __table_args__ = (Index(None, "submission_id"),)

    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True))
    submission_id: int | None = Field(default=None, sa_type=BigId)  # the record's original
    submission_version_id: int | None = Field(default=None, sa_type=BigId)
    trigger: str | None = Field(default=None, sa_type=Text)  # the event: submission.create, submission.update
    triggered_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    triggered_by: str | None = Field(default=None, sa_type=Text)  # an actor's uuid
    is_forced: bool = Field(default=False, sa_type=Boolean)  # out of the backlog before its turn
    is_late_create: bool = Field(default=False, sa_type=Boolean)  # meant to create, came after an update
    bulk: dict[str, Any] | None = Field(default=None, sa_type=Json)  # {name, size, count, userAgent}


class EntityVersion(SQLModel, table=True):
    """One state of an entity. Append-only; an erasure takes out what the erased record said."""

    __tablename__ = "entity_version"
    __table_args__ = (UniqueConstraint("entity_id", "version"), Index(None, "source_id"))

    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True))
    entity_id: int = Field(sa_type=BigId, foreign_key="entity.id")
    version: int = Field(sa_type=Integer)
    sealed: bytes | None = Field(default=None, sa_type=LargeBinary)  # label, data, received; the entity's key
    base_version: int | None = Field(default=None, sa_type=Integer)
    branch_id: str | None = Field(default=None, sa_type=Text)
    trunk_version: int | None = Field(default=None, sa_type=Integer)
    branch_base_version: int | None = Field(default=None, sa_type=Integer)
    conflicting: list[str] | None = Field(default=None, sa_type=Json)  # properties
    source_id: int = Field(sa_type=BigId, foreign_key="entity_source.id")
    creator_uuid: str | None = Field(default=None, sa_type=Text)
    user_agent: str | None = Field(default=None, sa_type=Text)
    created_at: datetime = Field(sa_type=UtcInstant)


class IntakeState(StrEnum):
    APPLIED = "applied"
    PENDING = "pending"  # waits for the submission's approval
    HELD = "held"  # an offline update before the one it follows
    REFUSED = "refused"  # it could not be applied: `reason` says why
    SKIPPED = "skipped"  # it asks for nothing, or its record was applied before
    APPROVED = "approved"  # and these are tried once more when the record is processed next
    CONVERTED = "converted"  # the list needs approval no more
    RELEASED = "released"  # what it follows has come
    FORCED = "forced"  # it has waited long enough for what it follows


class EntityIntake(SQLModel, table=True):
    """What became of the entities a submission version declares. What is here is not taken a second time."""

    __tablename__ = "entity_intake"
    __table_args__ = (
        Index(None, "root_id"),
        Index(None, "branch_id"),
        Index(None, "entity_uuid"),
        Index(None, "state"),
    )

    submission_version_id: int = Field(sa_column=Column(BigId, primary_key=True, autoincrement=False))
    root_id: int = Field(sa_type=BigId)  # the record's original
    project_uuid: str = Field(sa_type=Text)
    datasets: list[str] = Field(sa_type=Json)  # names, as the submission writes them
    state: str = Field(sa_type=Text)  # IntakeState
    reason: str | None = Field(default=None, sa_type=Text)  # repeats no answer
    entity_uuid: str | None = Field(default=None, sa_type=Text)  # when held
    branch_id: str | None = Field(default=None, sa_type=Text)
    branch_base_version: int | None = Field(default=None, sa_type=Integer)
    at: datetime = Field(sa_type=UtcInstant)


dataset = table_of(Dataset)
dataset_property = table_of(DatasetProperty)
dataset_source = table_of(DatasetSource)
dataset_filter = table_of(DatasetFilter)
entity = table_of(Entity)
entity_source = table_of(EntitySource)
entity_version = table_of(EntityVersion)
entity_intake = table_of(EntityIntake)
