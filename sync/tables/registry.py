"""Projects, and the forms published in them. Form versions are kept as served, for ever.

A draft is no version: it lives in `form_draft` until it is published, and what is sent to it for testing
lives in a space of its own, under the draft's uuid instead of the project's, so that no figure counts it.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from sync.tables.base import BigId, Json, UtcInstant, table_of


class Project(SQLModel, table=True):
    __tablename__ = "project"

    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True))
    uuid: str = Field(sa_type=Text, unique=True)
    name: str = Field(sa_type=Text)
    created_at: datetime = Field(sa_type=UtcInstant)
    archived_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    settings: dict[str, Any] = Field(default_factory=dict, sa_type=Json)  # purpose, controller, retention ...
    description: str | None = Field(default=None, sa_type=Text)
    updated_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    deleted_at: datetime | None = Field(default=None, sa_type=UtcInstant)  # hidden; what tablets send is kept
    key_id: int | None = Field(default=None, sa_type=BigId)  # encryption_key.id of managed encryption


class Organisation(SQLModel, table=True):
    """Who owns records under an agreement: a statistics office, a herders' association."""

    __tablename__ = "organisation"

    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True))
    uuid: str = Field(sa_type=Text, unique=True)
    code: str = Field(sa_type=Text, unique=True)
    name: str = Field(sa_type=Text)
    release_after_days: int | None = Field(default=None, sa_type=Integer)
    """After how many days its records of transhumance may be published; None: never (DOMAIN 2.8, rule 8)."""
    updated_at: datetime | None = Field(default=None, sa_type=UtcInstant)


class KeyInformant(SQLModel, table=True):
    """A person who tells: known outside this table by pseudonym only. Name and contact are sealed."""

    __tablename__ = "key_informant"
    __table_args__ = (UniqueConstraint("project_id", "pseudonym"),)

    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True))
    uuid: str = Field(sa_type=Text, unique=True)
    project_id: int = Field(sa_type=BigId, foreign_key="project.id")
    pseudonym: str = Field(sa_type=Text)
    organisation_id: int | None = Field(default=None, sa_type=BigId, foreign_key="organisation.id")
    area_pcode: str | None = Field(default=None, sa_type=Text)
    channel: str | None = Field(default=None, sa_type=Text)  # code list interview_channel
    role: str | None = Field(default=None, sa_type=Text)  # code list informant_role
    sex: str | None = Field(default=None, sa_type=Text)  # code list sex
    sealed: bytes | None = Field(default=None, sa_type=LargeBinary)  # name and phone, under a key of its own
    wrapped: bytes | None = Field(default=None, sa_type=LargeBinary)  # that key, wrapped by the master key
    phone_digest: bytes | None = Field(default=None, sa_type=LargeBinary)  # keyed: tells doubles, dies too
    source_code: str | None = Field(default=None, sa_type=Text)  # how the office's own list calls the person
    created_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    retired_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    erased_at: datetime | None = Field(
        default=None, sa_type=UtcInstant
    )  # the pseudonym stays, the person goes


class FormState(StrEnum):
    OPEN = "open"
    CLOSING = "closing"  # off the list, still takes submissions
    CLOSED = "closed"  # holds what comes


class Form(SQLModel, table=True):
    __tablename__ = "form"
    __table_args__ = (UniqueConstraint("project_id", "xml_form_id"),)

    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True))
    uuid: str = Field(sa_type=Text, unique=True)
    project_id: int = Field(sa_type=BigId, foreign_key="project.id")
    xml_form_id: str = Field(sa_type=Text)
    state: str = Field(default=FormState.OPEN, sa_type=Text)
    current_version_id: int | None = Field(default=None, sa_type=BigId)  # offered now; None: never published
    created_at: datetime = Field(sa_type=UtcInstant)
    created_by: str | None = Field(default=None, sa_type=Text)  # an actor's uuid; None: the command line
    updated_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    deleted_at: datetime | None = Field(default=None, sa_type=UtcInstant)  # hidden; what tablets send is kept
    webforms_enabled: bool | None = Field(default=None, sa_type=Boolean)  # None: yes


class FormVersion(SQLModel, table=True):
    """One published version: the very bytes tablets get, and the XLSForm they came from."""

    __tablename__ = "form_version"
    __table_args__ = (UniqueConstraint("form_id", "version"),)

    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True))
    uuid: str = Field(sa_type=Text, unique=True)
    form_id: int = Field(sa_type=BigId, foreign_key="form.id")
    version: str = Field(sa_type=Text)  # "" when the form has none
    title: str = Field(sa_type=Text)
    hash: str = Field(sa_type=Text)  # md5 of xform, 32 hex digits
    xform: bytes = Field(sa_type=LargeBinary)
    source: bytes = Field(sa_type=LargeBinary)  # the file as uploaded
    source_name: str = Field(sa_type=Text)
    vocabulary_version: str = Field(sa_type=Text)
    is_mapped: bool = Field(sa_type=Boolean)
    published_at: datetime = Field(sa_type=UtcInstant)
    published_by: str | None = Field(default=None, sa_type=Text)
    key_id: int | None = Field(default=None, sa_type=BigId)  # encryption_key.id, when answers come encrypted


class FormDraft(SQLModel, table=True):
    """A version that is not published yet. A form has at most one that has not ended; ended ones are kept,
    because what was sent to them is."""

    __tablename__ = "form_draft"
    __table_args__ = (Index(None, "form_id"),)

    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True))
    uuid: str = Field(sa_type=Text, unique=True)  # also the space its test submissions live in
    form_id: int = Field(sa_type=BigId, foreign_key="form.id")
    token: str = Field(sa_type=Text, unique=True)  # in the address a tablet tests it at; opens nothing else
    version: str = Field(sa_type=Text)  # "" when the form has none
    title: str = Field(sa_type=Text)
    hash: str = Field(sa_type=Text)  # md5 of xform, 32 hex digits
    xform: bytes = Field(sa_type=LargeBinary)
    source: bytes = Field(sa_type=LargeBinary)  # the file as uploaded
    source_name: str = Field(sa_type=Text)
    vocabulary_version: str = Field(sa_type=Text)
    is_mapped: bool = Field(sa_type=Boolean)
    key_id: int | None = Field(default=None, sa_type=BigId)  # encryption_key.id
    created_at: datetime = Field(sa_type=UtcInstant)
    created_by: str | None = Field(default=None, sa_type=Text)
    ended_at: datetime | None = Field(default=None, sa_type=UtcInstant)  # published, replaced or thrown away
    version_id: int | None = Field(default=None, sa_type=BigId)  # form_version.id it became


class FormDraftMedia(SQLModel, table=True):
    """A file given to a draft. Files the draft names and nobody gave have no row."""

    __tablename__ = "form_draft_media"
    __table_args__ = (UniqueConstraint("draft_id", "name"),)

    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True))
    draft_id: int = Field(sa_type=BigId, foreign_key="form_draft.id")
    name: str = Field(sa_type=Text)
    md5: str = Field(sa_type=Text)
    size: int = Field(sa_type=BigId)
    content_type: str = Field(sa_type=Text)
    content: bytes = Field(sa_type=LargeBinary)
    updated_at: datetime = Field(sa_type=UtcInstant)


class FormListLink(SQLModel, table=True):
    """A file of a version or a draft that is an entity list: its rows are the list's, not a file's."""

    __tablename__ = "form_list_link"
    __table_args__ = (UniqueConstraint("form_version_id", "name"), UniqueConstraint("draft_id", "name"))

    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True))
    form_version_id: int | None = Field(default=None, sa_type=BigId, foreign_key="form_version.id")
    draft_id: int | None = Field(default=None, sa_type=BigId, foreign_key="form_draft.id")
    name: str = Field(sa_type=Text)  # "people.csv"
    dataset_id: int = Field(sa_type=BigId)
    updated_at: datetime = Field(sa_type=UtcInstant)


class EncryptionKey(SQLModel, table=True):
    """The public half of what a form's answers are encrypted to; of a managed key the private half too,
    under a passphrase that is not kept and sealed once more by the master key."""

    __tablename__ = "encryption_key"
    __table_args__ = (UniqueConstraint("project_id", "public"),)

    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True))
    project_id: int = Field(sa_type=BigId, foreign_key="project.id")
    public: str = Field(sa_type=Text)  # RSA, X.509 SPKI, base64 in one line
    sealed: bytes | None = Field(default=None, sa_type=LargeBinary)  # managed: private half, salt, IV
    is_managed: bool = Field(sa_type=Boolean)
    hint: str | None = Field(default=None, sa_type=Text)  # the manager's own reminder of the passphrase
    created_at: datetime = Field(sa_type=UtcInstant)


class FormMapping(SQLModel, table=True):
    """A revision of what one form version's answers mean: number 2 and up, over the form's own, which is 1.

    Submissions filled in with the version are projected with its newest revision. Never changed or deleted:
    going back is a further revision with the older one's content (decision 0010).
    """

    __tablename__ = "form_mapping"
    __table_args__ = (UniqueConstraint("form_version_id", "number"),)

    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True))
    uuid: str = Field(sa_type=Text, unique=True)
    form_version_id: int = Field(sa_type=BigId, foreign_key="form_version.id")
    number: int = Field(sa_type=Integer)
    annotations: dict[str, Any] = Field(sa_type=Json)  # {path: [harmonise, codes]}, the settings' at the root
    hash: str = Field(sa_type=Text)  # SHA-256 of the canonical annotations, in hex
    vocabulary_version: str = Field(sa_type=Text)
    note: str = Field(sa_type=Text)  # why; never an answer
    actor_uuid: str | None = Field(default=None, sa_type=Text)
    created_at: datetime = Field(sa_type=UtcInstant)


class FormMedia(SQLModel, table=True):
    """A file a form version needs: an image, a choice list. Not personal data, stored as it is."""

    __tablename__ = "form_media"
    __table_args__ = (UniqueConstraint("form_version_id", "name"),)

    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True))
    form_version_id: int = Field(sa_type=BigId, foreign_key="form_version.id")
    name: str = Field(sa_type=Text)
    md5: str = Field(sa_type=Text)
    size: int = Field(sa_type=BigId)
    content_type: str = Field(sa_type=Text)
    content: bytes = Field(sa_type=LargeBinary)


project = table_of(Project)
organisation = table_of(Organisation)
key_informant = table_of(KeyInformant)
form = table_of(Form)
form_version = table_of(FormVersion)
form_draft = table_of(FormDraft)
form_draft_media = table_of(FormDraftMedia)
form_list_link = table_of(FormListLink)
encryption_key = table_of(EncryptionKey)
form_mapping = table_of(FormMapping)
form_media = table_of(FormMedia)
