"""Webhooks and their queues.

Revision ID: 0010
Revises: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sync.tables.base import BigId, Json, UtcInstant

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "webhook",
        sa.Column("id", BigId, nullable=False),
        sa.Column("uuid", sa.Text(), nullable=False),
        sa.Column("project_id", BigId, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("events", Json, nullable=False),
        sa.Column("forms", Json, nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("after_seq", BigId, nullable=False),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=True),
        sa.Column("updated_at", UtcInstant(), nullable=True),
        sa.Column("paused_at", UtcInstant(), nullable=True),
        sa.Column("deleted_at", UtcInstant(), nullable=True),
        sa.Column("leased_by", sa.Text(), nullable=True),
        sa.Column("leased_until", UtcInstant(), nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_webhook_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook")),
        sa.UniqueConstraint("uuid", name=op.f("uq_webhook_uuid")),
    )
    with op.batch_alter_table("webhook", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_webhook_project_id"), ["project_id"], unique=False)

    op.create_table(
        "webhook_delivery",
        sa.Column("id", BigId, nullable=False),
        sa.Column("uuid", sa.Text(), nullable=False),
        sa.Column("webhook_id", BigId, nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("subject_uuid", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.Column("next_at", UtcInstant(), nullable=False),
        sa.Column("settled_at", UtcInstant(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("said", sa.Text(), nullable=True),
        sa.Column("held_version_id", BigId, nullable=True),
        sa.ForeignKeyConstraint(
            ["webhook_id"], ["webhook.id"], name=op.f("fk_webhook_delivery_webhook_id_webhook")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_delivery")),
        sa.UniqueConstraint("uuid", name=op.f("uq_webhook_delivery_uuid")),
        sa.UniqueConstraint(
            "webhook_id",
            "event",
            "subject_uuid",
            name=op.f("uq_webhook_delivery_webhook_id_event_subject_uuid"),
        ),
    )
    with op.batch_alter_table("webhook_delivery", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_webhook_delivery_held_version_id"), ["held_version_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_webhook_delivery_webhook_id_state_id"), ["webhook_id", "state", "id"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("webhook_delivery", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_webhook_delivery_webhook_id_state_id"))
        batch_op.drop_index(batch_op.f("ix_webhook_delivery_held_version_id"))

    op.drop_table("webhook_delivery")
    with op.batch_alter_table("webhook", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_webhook_project_id"))

    op.drop_table("webhook")
