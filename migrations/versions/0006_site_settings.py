"""Settings of the site, preferences of users, properties of app users.

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sync.tables.base import BigId, Json, UtcInstant

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "site_config",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", Json, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("content_type", sa.Text(), nullable=True),
        sa.Column("set_at", UtcInstant(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_site_config")),
    )
    op.create_table(
        "actor_property",
        sa.Column("id", BigId, nullable=False),
        sa.Column("project_id", BigId, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_actor_property_project_id_project")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_actor_property")),
        sa.UniqueConstraint("project_id", "name_key", name=op.f("uq_actor_property_project_id_name_key")),
    )
    op.create_table(
        "actor_property_value",
        sa.Column("actor_id", BigId, autoincrement=False, nullable=False),
        sa.Column("property_id", BigId, autoincrement=False, nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["actor.id"], name=op.f("fk_actor_property_value_actor_id_actor")
        ),
        sa.ForeignKeyConstraint(
            ["property_id"],
            ["actor_property.id"],
            name=op.f("fk_actor_property_value_property_id_actor_property"),
        ),
        sa.PrimaryKeyConstraint("actor_id", "property_id", name=op.f("pk_actor_property_value")),
    )
    op.create_table(
        "user_preference",
        sa.Column("actor_id", BigId, autoincrement=False, nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", Json, nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["actor.id"], name=op.f("fk_user_preference_actor_id_actor")),
        sa.PrimaryKeyConstraint("actor_id", "scope", "name", name=op.f("pk_user_preference")),
    )


def downgrade() -> None:
    op.drop_table("user_preference")
    op.drop_table("actor_property_value")
    op.drop_table("actor_property")
    op.drop_table("site_config")
