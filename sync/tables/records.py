"""What a tablet sent, as it was sent: identity, versions, sealed bodies, attachments, keys.

A record's identity (`submission`) is one instanceID of one form of one project, and has no foreign key to
forms, which may be unknown here. Each different body under that identity is a `submission_version`. An edit
is an identity of its own that names the one it deprecates; chains are resolved by the pipeline, so that
arrival order does not matter. `raw_body` and `attachment` are sealed under the record's own key
(`record_key`): destroying the key erases the record wherever a copy of the bytes may be.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from sync.tables.base import BigId, UtcInstant, table_of


class VersionState(StrEnum):
    CURRENT = "current"  # the first body received for an original
    EDIT = "edit"  # deprecates a version that is here
    CONFLICT = "conflict"  # another body under an instanceID that already has one
    HELD = "held"  # cannot be applied yet: see hold_reason
    DRAFT = "draft"  # sent to a draft form


class HoldReason(StrEnum):
    UNKNOWN_FORM = "unknown_form"
    UNKNOWN_VERSION = "unknown_version"
    FORM_CLOSED = "form_closed"
    ORIGINAL_MISSING = "original_missing"  # an edit before the submission it deprecates
    TOO_LARGE = "too_large"  # XML over the limit: parked unread, keyed by content
    UNREADABLE = "unreadable"  # the XML of an authenticated device does not say which form it belongs to
    NOT_ASSIGNED = "not_assigned"  # the device was not given this form: a person decides
    LINK_USED_UP = "link_used_up"  # a public link was good for so many, or for one of each respondent
    OUTDATED = (
        "outdated"  # corrects a version that had been corrected; its sender was told so, a person decides
    )
    DISCARDED = "discarded"  # somebody decided that it does not count; nothing else holds it


class Submission(SQLModel, table=True):
    """One instanceID of one form of one project: the only dedupe there is."""

    __tablename__ = "submission"
    __table_args__ = (
        UniqueConstraint("project_uuid", "xml_form_id", "instance_id"),
        Index(None, "project_uuid", "xml_form_id", "received_at"),
        Index(None, "root_id"),
        Index(None, "deprecated_id"),
        # A tablet asks at every check for what was sent back to it; few records are reviewed
        Index(
            "ix_submission_reviewed",
            "actor_uuid",
            sqlite_where=text("review_state IS NOT NULL"),
            postgresql_where=text("review_state IS NOT NULL"),
        ),
    )

    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True))
    uuid: str = Field(sa_type=Text, unique=True)  # uuid5(project_uuid, form, instanceID): the same everywhere
    project_uuid: str = Field(sa_type=Text)  # the project's, or a draft's for what was sent to test it
    xml_form_id: str = Field(sa_type=Text)
    instance_id: str = Field(sa_type=Text)
    deprecated_id: str | None = Field(default=None, sa_type=Text)  # instanceID this one edits
    root_id: int | None = Field(
        default=None, sa_type=BigId
    )  # the original's id, once resolved; own id if original
    received_at: datetime = Field(sa_type=UtcInstant)
    actor_uuid: str | None = Field(default=None, sa_type=Text)
    device_id: str | None = Field(default=None, sa_type=Text)
    erased_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    review_state: str | None = Field(default=None, sa_type=Text)  # as the newest decision says; on originals
    updated_at: datetime | None = Field(default=None, sa_type=UtcInstant)  # edited, reviewed; on originals
    deleted_at: datetime | None = Field(default=None, sa_type=UtcInstant)  # hidden and out of all figures


class SubmissionVersion(SQLModel, table=True):
    """One body received under an identity."""

    __tablename__ = "submission_version"
    __table_args__ = (UniqueConstraint("submission_id", "body_hash"),)

    id: int = Field(sa_column=Column(BigId, primary_key=True, autoincrement=False))  # its change.seq
    uuid: str = Field(sa_type=Text, unique=True)
    submission_id: int = Field(sa_type=BigId, foreign_key="submission.id")
    body_hash: bytes = Field(sa_type=LargeBinary)  # HMAC of the body's sha256 under the record key
    state: str = Field(sa_type=Text)  # VersionState
    hold_reason: str | None = Field(default=None, sa_type=Text)  # HoldReason, when held
    form_version: str = Field(sa_type=Text)  # "" when the XML names none
    size: int = Field(sa_type=BigId)  # bytes of the plain body
    received_at: datetime = Field(sa_type=UtcInstant)
    actor_uuid: str | None = Field(default=None, sa_type=Text)
    device_id: str | None = Field(default=None, sa_type=Text)
    user_agent: str | None = Field(default=None, sa_type=Text)
    date_header: str | None = Field(default=None, sa_type=Text)  # as sent; never used (12-hour clock)
    is_encrypted: bool | None = Field(default=None, sa_type=Boolean)  # None: received before this was noted


class RawBody(SQLModel, table=True):
    """The XML as received, sealed. Partitionable by month; only ever ADD COLUMN."""

    __tablename__ = "raw_body"

    version_id: int = Field(sa_column=Column(BigId, primary_key=True, autoincrement=False))
    month: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))  # 202611
    sealed: bytes | None = Field(default=None, sa_type=LargeBinary)
    blob: str | None = Field(default=None, sa_type=Text)  # instead of `sealed` when parked as too large
    blob_key: bytes | None = Field(
        default=None, sa_type=LargeBinary
    )  # that blob's key, wrapped by the record key


class RecordKey(SQLModel, table=True):
    """The key one record is sealed under, itself wrapped by the master key outside the database."""

    __tablename__ = "record_key"

    submission_id: int = Field(sa_column=Column(BigId, primary_key=True, autoincrement=False))
    wrapped: bytes = Field(sa_type=LargeBinary)
    master_key_id: str = Field(sa_type=Text)


class Attachment(SQLModel, table=True):
    """One file received for a record. Same name and other bytes: both are kept."""

    __tablename__ = "attachment"
    __table_args__ = (UniqueConstraint("submission_id", "name", "digest"),)

    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True))
    uuid: str = Field(sa_type=Text, unique=True)
    submission_id: int = Field(sa_type=BigId, foreign_key="submission.id")
    name: str = Field(sa_type=Text)  # NFC, control characters stripped; metadata only, never a path
    digest: bytes = Field(sa_type=LargeBinary)  # HMAC-SHA256 of the content's sha256 under the record key
    size: int = Field(sa_type=BigId)
    content_type: str | None = Field(default=None, sa_type=Text)
    blob: str = Field(sa_type=Text)  # name in the blob folder
    blob_key: bytes = Field(sa_type=LargeBinary)  # the blob's key, wrapped by the record key
    received_at: datetime = Field(sa_type=UtcInstant)


class FileChoice(SQLModel, table=True):
    """Which file a version shows under a name, as somebody set it over the API: the newest counts, until a
    file of that name is received after it. Without one a version shows the newest, or its predecessor's."""

    __tablename__ = "file_choice"
    __table_args__ = (Index(None, "submission_id"),)

    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True))
    uuid: str = Field(sa_type=Text, unique=True)
    submission_id: int = Field(sa_type=BigId, foreign_key="submission.id")  # the version's own
    name: str = Field(sa_type=Text)
    attachment_id: int | None = Field(default=None, sa_type=BigId)  # None: taken off; the file is kept
    newest_id: int | None = Field(default=None, sa_type=BigId)  # the newest file of that name at the time
    actor_uuid: str | None = Field(default=None, sa_type=Text)
    chosen_at: datetime = Field(sa_type=UtcInstant)


class SubmissionComment(SQLModel, table=True):
    """What somebody wrote about a record: to the team, or back to whoever sent it. Sealed, for people write
    names; gone with the record's key."""

    __tablename__ = "submission_comment"
    __table_args__ = (Index(None, "submission_id"),)

    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True))
    uuid: str = Field(sa_type=Text, unique=True)
    submission_id: int = Field(sa_type=BigId, foreign_key="submission.id")  # the original
    actor_uuid: str | None = Field(default=None, sa_type=Text)
    sealed: bytes = Field(sa_type=LargeBinary)  # the text, under the record's key
    created_at: datetime = Field(sa_type=UtcInstant)


submission = table_of(Submission)
submission_version = table_of(SubmissionVersion)
raw_body = table_of(RawBody)
record_key = table_of(RecordKey)
attachment = table_of(Attachment)
file_choice = table_of(FileChoice)
submission_comment = table_of(SubmissionComment)
