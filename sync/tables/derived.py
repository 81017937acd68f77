"""What the pipeline works out from raw records, besides the harmonised tables. All of it can be rebuilt.

`decision` stands here for its neighbours, but is not derived: it is what a person decided, and an input.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Column, Float, Index, Integer, LargeBinary, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from sync.tables.base import BigId, Json, JsonOrNull, UtcInstant, table_of


class AnswerRow(SQLModel, table=True):
    """Typed answers of one instance of the form's root or of a repeat.

    `texts` are the answers as they were sent, by path, where a value is not written that way: "007", "12.50".
    An encrypted record has the name of the file its answers are in, and none of them. `odata` is the JSON of
    the row as OData gives it, for reading alone (sync/odata/kept.py).
    """

    __tablename__ = "answer_row"
    __table_args__ = (
        UniqueConstraint("version_id", "table_path", "ordinal"),
        Index(None, "root_id", "table_path", "ordinal"),
    )

    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True))
    root_id: int = Field(sa_type=BigId)  # submission.id of the original
    version_id: int = Field(sa_type=BigId)
    table_path: str = Field(sa_type=Text)  # "" for the form level, else the repeat's path
    ordinal: int = Field(sa_type=Integer)  # from 0 over the whole submission, in document order
    parent_ordinal: int | None = Field(default=None, sa_type=Integer)  # of the row around it
    answers: dict[str, Any] = Field(default_factory=dict, sa_type=Json)  # by question path, typed
    sealed: bytes | None = Field(default=None, sa_type=LargeBinary)  # answers of direct identifiers
    texts: dict[str, str] | None = Field(default=None, sa_type=JsonOrNull)  # of answers written otherwise
    files: list[str] | None = Field(default=None, sa_type=JsonOrNull)  # form level: names it mentions
    encrypted_file: str | None = Field(default=None, sa_type=Text)  # form level: the file with all answers
    odata: str | None = Field(default=None, sa_type=Text)  # null: made of the answers at each reading


class Flag(SQLModel, table=True):
    """Something doubtful about a record, with the reason in words."""

    __tablename__ = "flag"
    __table_args__ = (Index(None, "root_id"), Index(None, "code"))

    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True))
    root_id: int = Field(sa_type=BigId)
    record_id: str | None = Field(default=None, sa_type=Text)  # the harmonised row, when about one
    step: str = Field(sa_type=Text)
    code: str = Field(sa_type=Text)  # sync.flags.FLAGS
    reason: str = Field(sa_type=Text)
    detail: dict[str, Any] = Field(default_factory=dict, sa_type=Json)


class Tag(SQLModel, table=True):
    """Where a harmonised row lies according to one boundary release. Tags of earlier releases are kept."""

    __tablename__ = "tag"
    __table_args__ = (Index(None, "root_id"),)

    record_id: str = Field(sa_column=Column(Text, primary_key=True))
    release_id: int = Field(sa_column=Column(BigId, primary_key=True, autoincrement=False))  # 0: no release
    root_id: int = Field(sa_type=BigId)
    declared_place: str | None = Field(default=None, sa_type=Text)  # place code as declared
    declared_pcode: str | None = Field(default=None, sa_type=Text)
    measured_pcode: str | None = Field(default=None, sa_type=Text)  # deepest area around the position
    nearest_place: str | None = Field(default=None, sa_type=Text)
    nearest_m: float | None = Field(default=None, sa_type=Float)
    method: str = Field(sa_type=Text)
    flag: str = Field(sa_type=Text)
    distance_m: float | None = Field(default=None, sa_type=Float)
    pcodes: dict[str, str] = Field(default_factory=dict, sa_type=Json)  # by level


class DuplicateCandidate(SQLModel, table=True):
    """What the comparison knows of a harmonised row that may be told twice."""

    __tablename__ = "duplicate_candidate"
    __table_args__ = (Index(None, "root_id"),)

    record_id: str = Field(sa_column=Column(Text, primary_key=True))
    root_id: int = Field(sa_type=BigId)
    table_name: str = Field(sa_type=Text)
    features: dict[str, Any] = Field(default_factory=dict, sa_type=Json)  # what the score compares


class DuplicateKey(SQLModel, table=True):
    """The blocks such a row falls into: rows that share one are compared."""

    __tablename__ = "duplicate_key"
    __table_args__ = (Index(None, "root_id"),)

    block: str = Field(sa_column=Column(Text, primary_key=True))
    record_id: str = Field(sa_column=Column(Text, primary_key=True))
    root_id: int = Field(sa_type=BigId)


class DuplicatePair(SQLModel, table=True):
    """Two rows that may tell of the same group. Both stay counted until someone decides."""

    __tablename__ = "duplicate_pair"
    __table_args__ = (
        UniqueConstraint("record_a", "record_b"),
        Index(None, "record_b"),
        Index(None, "root_a"),
        Index(None, "root_b"),
    )

    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True))
    uuid: str = Field(sa_type=Text, unique=True)  # uuid5 of both record ids
    project_uuid: str = Field(sa_type=Text)
    table_name: str = Field(sa_type=Text)
    record_a: str = Field(sa_type=Text)  # record_a < record_b
    record_b: str = Field(sa_type=Text)
    root_a: int = Field(sa_type=BigId)
    root_b: int = Field(sa_type=BigId)
    score: float = Field(sa_type=Float)  # 0..1
    reasons: list[str] = Field(default_factory=list, sa_type=Json)


class DecisionKind(StrEnum):
    DUPLICATE = "duplicate"  # outcome: keep_both, reject:<record_id>
    ADOPT = "adopt"  # a held edit stands for itself
    WITHDRAW = "withdraw"
    REVIEW = "review"  # outcome: approved, hasIssues, rejected, edited
    DELETE = "delete"  # hidden and out of all figures; restored by the decision that reverses it
    USE = "use"  # of a submission with several bodies: outcome, the uuid of the version that counts
    LEAD = "lead"  # of an original whose edits branch: outcome, the uuid of the edit that counts
    KEEP = "keep"  # of a version beside another: outcome, the uuid of the submission it became
    DISCARD = "discard"  # of a version: stored, and never applied
    SETTLE = "settle"  # of an original: outcome, what nobody need look at any more (incomplete, branched)


class Decision(SQLModel, table=True):
    """What a person decided, and may take back by another decision. Never deleted."""

    __tablename__ = "decision"
    __table_args__ = (Index(None, "subject_uuid"), Index(None, "outcome"))

    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True))
    uuid: str = Field(sa_type=Text, unique=True)
    project_uuid: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)  # DecisionKind
    subject_uuid: str = Field(sa_type=Text)  # duplicate_pair.uuid, submission.uuid
    outcome: str = Field(sa_type=Text)
    note: str | None = Field(default=None, sa_type=Text)
    actor_uuid: str | None = Field(default=None, sa_type=Text)
    decided_at: datetime = Field(sa_type=UtcInstant)
    reverses_uuid: str | None = Field(default=None, sa_type=Text)


answer_row = table_of(AnswerRow)
flag = table_of(Flag)
tag = table_of(Tag)
duplicate_candidate = table_of(DuplicateCandidate)
duplicate_key = table_of(DuplicateKey)
duplicate_pair = table_of(DuplicatePair)
decision = table_of(Decision)
