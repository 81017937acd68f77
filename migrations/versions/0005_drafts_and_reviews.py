"""Drafts of forms, keys of encryption, reviews and comments of records, deletion that can be undone.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sync.tables.base import BigId, UtcInstant

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "encryption_key",
        sa.Column("id", BigId, nullable=False),
        sa.Column("project_id", BigId, nullable=False),
        sa.Column("public", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("is_managed", sa.Boolean(), nullable=False),
        sa.Column("hint", sa.Text(), nullable=True),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_encryption_key_project_id_project")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_encryption_key")),
        sa.UniqueConstraint("project_id", "public", name=op.f("uq_encryption_key_project_id_public")),
    )
    op.create_table(
        "submission_comment",
        sa.Column("id", BigId, nullable=False),
        sa.Column("uuid", sa.Text(), nullable=False),
        sa.Column("submission_id", BigId, nullable=False),
        sa.Column("actor_uuid", sa.Text(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.id"], name=op.f("fk_submission_comment_submission_id_submission")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission_comment")),
        sa.UniqueConstraint("uuid", name=op.f("uq_submission_comment_uuid")),
    )
    with op.batch_alter_table("submission_comment", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_submission_comment_submission_id"), ["submission_id"], unique=False
        )

    op.create_table(
        "form_draft",
        sa.Column("id", BigId, nullable=False),
        sa.Column("uuid", sa.Text(), nullable=False),
        sa.Column("form_id", BigId, nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("xform", sa.LargeBinary(), nullable=False),
        sa.Column("source", sa.LargeBinary(), nullable=False),
        sa.Column("source_name", sa.Text(), nullable=False),
        sa.Column("vocabulary_version", sa.Text(), nullable=False),
        sa.Column("is_mapped", sa.Boolean(), nullable=False),
        sa.Column("key_id", BigId, nullable=True),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=True),
        sa.Column("ended_at", UtcInstant(), nullable=True),
        sa.Column("version_id", BigId, nullable=True),
        sa.ForeignKeyConstraint(["form_id"], ["form.id"], name=op.f("fk_form_draft_form_id_form")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_form_draft")),
        sa.UniqueConstraint("token", name=op.f("uq_form_draft_token")),
        sa.UniqueConstraint("uuid", name=op.f("uq_form_draft_uuid")),
    )
    with op.batch_alter_table("form_draft", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_form_draft_form_id"), ["form_id"], unique=False)

    op.create_table(
        "form_draft_media",
        sa.Column("id", BigId, nullable=False),
        sa.Column("draft_id", BigId, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("md5", sa.Text(), nullable=False),
        sa.Column("size", BigId, nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("updated_at", UtcInstant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["draft_id"], ["form_draft.id"], name=op.f("fk_form_draft_media_draft_id_form_draft")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_form_draft_media")),
        sa.UniqueConstraint("draft_id", "name", name=op.f("uq_form_draft_media_draft_id_name")),
    )
    op.create_table(
        "form_list_link",
        sa.Column("id", BigId, nullable=False),
        sa.Column("form_version_id", BigId, nullable=True),
        sa.Column("draft_id", BigId, nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("dataset_id", BigId, nullable=False),
        sa.Column("updated_at", UtcInstant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["draft_id"], ["form_draft.id"], name=op.f("fk_form_list_link_draft_id_form_draft")
        ),
        sa.ForeignKeyConstraint(
            ["form_version_id"],
            ["form_version.id"],
            name=op.f("fk_form_list_link_form_version_id_form_version"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_form_list_link")),
        sa.UniqueConstraint("draft_id", "name", name=op.f("uq_form_list_link_draft_id_name")),
        sa.UniqueConstraint("form_version_id", "name", name=op.f("uq_form_list_link_form_version_id_name")),
    )
    with op.batch_alter_table("form", schema=None) as batch_op:
        batch_op.add_column(sa.Column("created_by", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("updated_at", UtcInstant(), nullable=True))
        batch_op.add_column(sa.Column("deleted_at", UtcInstant(), nullable=True))
        batch_op.add_column(sa.Column("webforms_enabled", sa.Boolean(), nullable=True))

    with op.batch_alter_table("form_version", schema=None) as batch_op:
        batch_op.add_column(sa.Column("key_id", BigId, nullable=True))

    with op.batch_alter_table("project", schema=None) as batch_op:
        batch_op.add_column(sa.Column("key_id", BigId, nullable=True))

    with op.batch_alter_table("submission", schema=None) as batch_op:
        batch_op.add_column(sa.Column("review_state", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("updated_at", UtcInstant(), nullable=True))
        batch_op.add_column(sa.Column("deleted_at", UtcInstant(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("submission", schema=None) as batch_op:
        batch_op.drop_column("deleted_at")
        batch_op.drop_column("updated_at")
        batch_op.drop_column("review_state")

    with op.batch_alter_table("project", schema=None) as batch_op:
        batch_op.drop_column("key_id")

    with op.batch_alter_table("form_version", schema=None) as batch_op:
        batch_op.drop_column("key_id")

    with op.batch_alter_table("form", schema=None) as batch_op:
        batch_op.drop_column("webforms_enabled")
        batch_op.drop_column("deleted_at")
        batch_op.drop_column("updated_at")
        batch_op.drop_column("created_by")

    op.drop_table("form_list_link")
    op.drop_table("form_draft_media")
    with op.batch_alter_table("form_draft", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_form_draft_form_id"))

    op.drop_table("form_draft")
    with op.batch_alter_table("submission_comment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_submission_comment_submission_id"))

    op.drop_table("submission_comment")
    op.drop_table("encryption_key")
