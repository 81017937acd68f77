"""Who else is told when something happens to a record, and what became of telling them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Column, Index, Integer, LargeBinary, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from sync.tables.base import BigId, Json, UtcInstant, table_of


class Webhook(SQLModel, table=True):
    """An address that is told, and how far in the change log it has been told of."""

    __tablename__ = "webhook"
    __table_args__ = (Index(None, "project_id"),)

    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True))
    uuid: str = Field(sa_type=Text, unique=True)
    project_id: int = Field(sa_type=BigId, foreign_key="project.id")
    name: str = Field(sa_type=Text)
    url: str = Field(sa_type=Text)
    events: list[str] = Field(sa_type=Json)  # sync.webhooks.happenings.Event
    forms: list[str] | None = Field(default=None, sa_type=Json)  # xml_form_ids; None: all
    sealed: bytes = Field(sa_type=LargeBinary)  # the secret deliveries are signed with, under the master key
    after_seq: int = Field(sa_type=BigId)  # changes up to here are in its queue
    created_at: datetime = Field(sa_type=UtcInstant)
    created_by: str | None = Field(default=None, sa_type=Text)  # an actor's uuid; None: the command line
    updated_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    paused_at: datetime | None = Field(default=None, sa_type=UtcInstant)  # its queue grows, and waits
    deleted_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    leased_by: str | None = Field(default=None, sa_type=Text)  # the process that sends, so that order holds
    leased_until: datetime | None = Field(default=None, sa_type=UtcInstant)


class DeliveryState(StrEnum):
    WAITING = "waiting"
    DELIVERED = "delivered"
    PARKED = "parked"  # given up: the receiver refused it, or did not answer for too long


class WebhookDelivery(SQLModel, table=True):
    """One thing to tell to one address. The body names records and never says what is in them."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        UniqueConstraint("webhook_id", "event", "subject_uuid"),
        Index(None, "webhook_id", "state", "id"),
        Index(None, "held_version_id"),
    )

    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True))
    uuid: str = Field(sa_type=Text, unique=True)  # told to the receiver: the same in every attempt
    webhook_id: int = Field(sa_type=BigId, foreign_key="webhook.id")
    event: str = Field(sa_type=Text)
    subject_uuid: str = Field(sa_type=Text)  # the version or the decision: nothing is queued twice
    body: str = Field(sa_type=Text)  # JSON, as it is sent
    state: str = Field(sa_type=Text)  # DeliveryState
    attempts: int = Field(default=0, sa_type=Integer)
    created_at: datetime = Field(sa_type=UtcInstant)
    next_at: datetime = Field(sa_type=UtcInstant)  # not before
    settled_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    status: int | None = Field(default=None, sa_type=Integer)  # the receiver's last answer
    said: str | None = Field(default=None, sa_type=Text)  # its beginning, or why there was none
    held_version_id: int | None = Field(default=None, sa_type=BigId)  # told as held, and not yet as released


webhook = table_of(Webhook)
webhook_delivery = table_of(WebhookDelivery)
