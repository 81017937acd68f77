"""What happened, in order: the change log that replication reads, the events the pipeline works off,
and the audit trail.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Column, Index, Integer, LargeBinary, Text
from sqlmodel import Field, SQLModel

from sync.tables.base import BigId, Json, UtcInstant, table_of


class Origin(SQLModel, table=True):
    """This instance and the counter its changes are numbered by.

    One row. `seq` is updated once per transaction and so locked in it: numbers become visible in the order
    they were given, which an identity column does not promise.
    """

    __tablename__ = "origin"

    uuid: str = Field(sa_column=Column(Text, primary_key=True))
    epoch: int = Field(sa_type=Integer)  # raised by a restore: peers then know the log was rewound
    seq: int = Field(sa_type=BigId)
    created_at: datetime = Field(sa_type=UtcInstant)


class ChangeKind(StrEnum):
    SUBMISSION = "submission"
    ATTACHMENT = "attachment"
    PROJECT = "project"
    FORM = "form"
    MAPPING = "mapping"  # a revision of a form version's mapping
    RELEASE = "release"
    ACTIVATION = "activation"
    PLACE = "place"
    CORRIDOR = "corridor"
    ORGANISATION = "organisation"
    OPERATION = "operation"
    ROUND = "round"
    ENUMERATOR = "enumerator"
    CROSSWALK = "crosswalk"
    ACTOR = "actor"
    ASSIGNMENT = "assignment"
    DECISION = "decision"
    ERASURE = "erasure"
    INFORMANT = "informant"
    COMMENT = "comment"
    DATASET = "dataset"
    ENTITY = "entity"
    FILE_CHOICE = "file_choice"


class Change(SQLModel, table=True):
    __tablename__ = "change"

    origin_uuid: str = Field(sa_column=Column(Text, primary_key=True))
    epoch: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    seq: int = Field(sa_column=Column(BigId, primary_key=True, autoincrement=False))
    kind: str = Field(sa_type=Text)  # ChangeKind
    object_uuid: str = Field(sa_type=Text)
    payload_hash: bytes | None = Field(
        default=None, sa_type=LargeBinary
    )  # keyed where the payload is a record
    at: datetime = Field(sa_type=UtcInstant)


class EventState(StrEnum):
    WAITING = "waiting"
    PARKED = "parked"  # failed: reason and step say why; `waypost` can put it back
    DONE = "done"


class ReceiptEvent(SQLModel, table=True):
    """Work for the pipeline: this submission has something new. Written with the receipt, in one commit."""

    __tablename__ = "receipt_event"
    __table_args__ = (Index(None, "state", "id"), Index(None, "submission_id"))

    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True))
    submission_id: int = Field(sa_type=BigId)
    state: str = Field(sa_type=Text)  # EventState
    attempts: int = Field(default=0, sa_type=Integer)
    step: str | None = Field(default=None, sa_type=Text)  # the step that failed
    reason: str | None = Field(default=None, sa_type=Text)
    created_at: datetime = Field(sa_type=UtcInstant)
    claimed_until: datetime | None = Field(default=None, sa_type=UtcInstant)  # a worker's lease
    done_at: datetime | None = Field(default=None, sa_type=UtcInstant)


class Audit(SQLModel, table=True):
    """Append-only: row_hash = SHA256(prev_hash || canonical JSON). Triggers refuse UPDATE and DELETE."""

    __tablename__ = "audit"
    __table_args__ = (Index(None, "object_uuid"),)

    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True))
    at: datetime = Field(sa_type=UtcInstant)
    actor_uuid: str | None = Field(default=None, sa_type=Text)
    action: str = Field(sa_type=Text)  # "form.publish", "token.create", "submission.erase"
    object_uuid: str | None = Field(default=None, sa_type=Text)
    detail: dict[str, Any] = Field(default_factory=dict, sa_type=Json)  # never answers, never secrets
    prev_hash: bytes = Field(sa_type=LargeBinary)
    row_hash: bytes = Field(sa_type=LargeBinary)


class Erasure(SQLModel, table=True):
    """What this database knows of the erasure ledger, a file outside of it (sync/erasures.py).

    A database restored from an older backup lacks rows that the ledger has: they are applied again.
    """

    __tablename__ = "erasure"

    digest: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))  # keyed digest of kind and uuid
    kind: str = Field(sa_type=Text)  # sync.erasures.ErasureKind
    erased_at: datetime = Field(sa_type=UtcInstant)  # as the ledger says
    applied_at: datetime | None = Field(default=None, sa_type=UtcInstant)  # None: nothing here to erase yet


origin = table_of(Origin)
change = table_of(Change)
receipt_event = table_of(ReceiptEvent)
audit = table_of(Audit)
erasure = table_of(Erasure)
