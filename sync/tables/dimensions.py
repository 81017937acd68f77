"""What figures are grouped by: operations and their rounds, and the enumerators, by pseudonym.

Registered by the office, carried by the rows as text: `operation`, `round` and `entered_by` of the harmonised
tables hold the codes of here. A code that is not registered is kept and flagged, never refused.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Column, Date, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from sync.tables.base import BigId, Json, UtcInstant, table_of


class Operation(SQLModel, table=True):
    """A DTM operation. Figures of overlapping operations in one country are never summed (DOMAIN 2.6, 5)."""

    __tablename__ = "operation"
    __table_args__ = (UniqueConstraint("project_id", "code"),)

    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True))
    uuid: str = Field(sa_type=Text, unique=True)
    project_id: int = Field(sa_type=BigId, foreign_key="project.id")
    code: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    status: str = Field(sa_type=Text)  # code list operation_status
    countries: list[str] = Field(default_factory=list, sa_type=Json)  # ISO3
    updated_at: datetime = Field(sa_column=Column(UtcInstant, nullable=False))


class Round(SQLModel, table=True):
    """One round of an operation's assessments, with the places it was to cover."""

    __tablename__ = "round"
    __table_args__ = (UniqueConstraint("project_id", "operation", "assessment_type", "code"),)

    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True))
    uuid: str = Field(sa_type=Text, unique=True)
    project_id: int = Field(sa_type=BigId, foreign_key="project.id")
    operation: str = Field(default="", sa_type=Text)  # operation.code; "" where the project has only one
    assessment_type: str = Field(sa_type=Text)  # code list assessment_type
    code: str = Field(sa_type=Text)  # "B2_01", "16"
    period_start: date | None = Field(default=None, sa_type=Date)
    period_end: date | None = Field(default=None, sa_type=Date)
    status: str = Field(sa_type=Text)  # code list round_status
    pcodes: list[str] = Field(default_factory=list, sa_type=Json)  # areas to be covered; empty: not said
    updated_at: datetime = Field(sa_column=Column(UtcInstant, nullable=False))


class Enumerator(SQLModel, table=True):
    """Who types, by pseudonym: the code a form carries in `entered_by`. No name is kept."""

    __tablename__ = "enumerator"
    __table_args__ = (UniqueConstraint("project_id", "pseudonym"),)

    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True))
    uuid: str = Field(sa_type=Text, unique=True)
    project_id: int = Field(sa_type=BigId, foreign_key="project.id")
    pseudonym: str = Field(sa_type=Text)
    organisation: str | None = Field(default=None, sa_type=Text)  # organisation.code
    sex: str | None = Field(default=None, sa_type=Text)  # code list sex
    team: str | None = Field(default=None, sa_type=Text)
    created_at: datetime = Field(sa_column=Column(UtcInstant, nullable=False))
    retired_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    updated_at: datetime = Field(sa_column=Column(UtcInstant, nullable=False))


operation = table_of(Operation)
round_ = table_of(Round)
enumerator = table_of(Enumerator)
