"""Public links, and which submissions came encrypted.

Revision ID: 0007
Revises: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sync.tables.base import BigId

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "public_link",
        sa.Column("actor_id", BigId, autoincrement=False, nullable=False),
        sa.Column("form_id", BigId, nullable=False),
        sa.Column("is_once", sa.Boolean(), nullable=True),
        sa.Column("max_submissions", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["actor_id"], ["actor.id"], name=op.f("fk_public_link_actor_id_actor")),
        sa.ForeignKeyConstraint(["form_id"], ["form.id"], name=op.f("fk_public_link_form_id_form")),
        sa.PrimaryKeyConstraint("actor_id", name=op.f("pk_public_link")),
    )
    with op.batch_alter_table("public_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_public_link_form_id"), ["form_id"], unique=False)

    with op.batch_alter_table("submission_version", schema=None) as batch_op:
        batch_op.add_column(sa.Column("is_encrypted", sa.Boolean(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("submission_version", schema=None) as batch_op:
        batch_op.drop_column("is_encrypted")

    with op.batch_alter_table("public_link", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_public_link_form_id"))

    op.drop_table("public_link")
