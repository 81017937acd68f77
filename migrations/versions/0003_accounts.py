"""People's accounts: users with passwords and sessions, site-wide grants, deleted projects.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sync.tables.base import BigId, UtcInstant

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "user_account",
        sa.Column("actor_id", BigId, autoincrement=False, nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("email_key", sa.Text(), nullable=True),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("last_login_at", UtcInstant(), nullable=True),
        sa.ForeignKeyConstraint(["actor_id"], ["actor.id"], name=op.f("fk_user_account_actor_id_actor")),
        sa.PrimaryKeyConstraint("actor_id", name=op.f("pk_user_account")),
        sa.UniqueConstraint("email_key", name=op.f("uq_user_account_email_key")),
    )
    op.create_table(
        "user_session",
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("actor_id", BigId, nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.Column("expires_at", UtcInstant(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["actor.id"], name=op.f("fk_user_session_actor_id_actor")),
        sa.PrimaryKeyConstraint("public_id", name=op.f("pk_user_session")),
    )
    op.create_index(op.f("ix_user_session_actor_id"), "user_session", ["actor_id"])
    op.add_column("actor", sa.Column("updated_at", UtcInstant(), nullable=True))
    op.add_column("actor", sa.Column("created_by", sa.Text(), nullable=True))
    op.add_column("token", sa.Column("sealed", sa.LargeBinary(), nullable=True))
    op.add_column("project", sa.Column("description", sa.Text(), nullable=True))
    op.add_column("project", sa.Column("updated_at", UtcInstant(), nullable=True))
    op.add_column("project", sa.Column("deleted_at", UtcInstant(), nullable=True))
    with op.batch_alter_table("assignment") as assignment:
        assignment.alter_column("project_id", existing_type=BigId, nullable=True)


def downgrade() -> None:
    op.execute("DELETE FROM assignment WHERE project_id IS NULL")  # the version before knows no such grant
    with op.batch_alter_table("assignment") as assignment:
        assignment.alter_column("project_id", existing_type=BigId, nullable=False)
    for table, names in (
        ("project", ("deleted_at", "updated_at", "description")),
        ("token", ("sealed",)),
        ("actor", ("created_by", "updated_at")),
    ):
        for name in names:
            op.drop_column(table, name)
    op.drop_table("user_session")
    op.drop_table("user_account")
