"""Entity lists, entities with their versions, and what submissions did to them.

Revision ID: 0009
Revises: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sync.tables.base import BigId, Json, UtcInstant

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "entity_intake",
        sa.Column("submission_version_id", BigId, autoincrement=False, nullable=False),
        sa.Column("root_id", BigId, nullable=False),
        sa.Column("project_uuid", sa.Text(), nullable=False),
        sa.Column("datasets", Json, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("entity_uuid", sa.Text(), nullable=True),
        sa.Column("branch_id", sa.Text(), nullable=True),
        sa.Column("branch_base_version", sa.Integer(), nullable=True),
        sa.Column("at", UtcInstant(), nullable=False),
        sa.PrimaryKeyConstraint("submission_version_id", name=op.f("pk_entity_intake")),
    )
    with op.batch_alter_table("entity_intake", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_entity_intake_branch_id"), ["branch_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_entity_intake_entity_uuid"), ["entity_uuid"], unique=False)
        batch_op.create_index(batch_op.f("ix_entity_intake_root_id"), ["root_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_entity_intake_state"), ["state"], unique=False)

    op.create_table(
        "entity_source",
        sa.Column("id", BigId, nullable=False),
        sa.Column("submission_id", BigId, nullable=True),
        sa.Column("submission_version_id", BigId, nullable=True),
        sa.Column("trigger", sa.Text(), nullable=True),
        sa.Column("triggered_at", UtcInstant(), nullable=True),
        sa.Column("triggered_by", sa.Text(), nullable=True),
        sa.Column("is_forced", sa.Boolean(), nullable=False),
        sa.Column("is_late_create", sa.Boolean(), nullable=False),
        sa.Column("bulk", Json, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entity_source")),
    )
    with op.batch_alter_table("entity_source", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_entity_source_submission_id"), ["submission_id"], unique=False)

    op.create_table(
        "dataset",
        sa.Column("id", BigId, nullable=False),
        sa.Column("uuid", sa.Text(), nullable=False),
        sa.Column("project_id", BigId, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=True),
        sa.Column("approval_required", sa.Boolean(), nullable=False),
        sa.Column("owner_only", sa.Boolean(), nullable=False),
        sa.Column("revision", BigId, nullable=False),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=True),
        sa.Column("updated_at", UtcInstant(), nullable=True),
        sa.Column("deleted_at", UtcInstant(), nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_dataset_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dataset")),
        sa.UniqueConstraint("project_id", "name_key", name=op.f("uq_dataset_project_id_name_key")),
        sa.UniqueConstraint("uuid", name=op.f("uq_dataset_uuid")),
    )
    op.create_table(
        "dataset_filter",
        sa.Column("id", BigId, nullable=False),
        sa.Column("dataset_id", BigId, nullable=False),
        sa.Column("property", sa.Text(), nullable=False),
        sa.Column("actor_property", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dataset_id"], ["dataset.id"], name=op.f("fk_dataset_filter_dataset_id_dataset")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dataset_filter")),
        sa.UniqueConstraint("dataset_id", "property", name=op.f("uq_dataset_filter_dataset_id_property")),
    )
    op.create_table(
        "dataset_property",
        sa.Column("id", BigId, nullable=False),
        sa.Column("dataset_id", BigId, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=True),
        sa.Column("published_at", UtcInstant(), nullable=False),
        sa.Column("deleted_at", UtcInstant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["dataset_id"], ["dataset.id"], name=op.f("fk_dataset_property_dataset_id_dataset")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dataset_property")),
        sa.UniqueConstraint("dataset_id", "name_key", name=op.f("uq_dataset_property_dataset_id_name_key")),
    )
    op.create_table(
        "entity",
        sa.Column("id", BigId, nullable=False),
        sa.Column("uuid", sa.Text(), nullable=False),
        sa.Column("dataset_id", BigId, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=True),
        sa.Column("master_key_id", sa.Text(), nullable=False),
        sa.Column("creator_uuid", sa.Text(), nullable=True),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.Column("updated_at", UtcInstant(), nullable=True),
        sa.Column("deleted_at", UtcInstant(), nullable=True),
        sa.Column("conflict", sa.Text(), nullable=True),
        sa.Column("resolved_version", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["dataset_id"], ["dataset.id"], name=op.f("fk_entity_dataset_id_dataset")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entity")),
        sa.UniqueConstraint("uuid", name=op.f("uq_entity_uuid")),
    )
    with op.batch_alter_table("entity", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_entity_dataset_id_created_at_id"), ["dataset_id", "created_at", "id"], unique=False
        )

    op.create_table(
        "dataset_source",
        sa.Column("id", BigId, nullable=False),
        sa.Column("dataset_id", BigId, nullable=False),
        sa.Column("form_version_id", BigId, nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("is_repeat", sa.Boolean(), nullable=False),
        sa.Column("actions", Json, nullable=False),
        sa.Column("properties", Json, nullable=False),
        sa.ForeignKeyConstraint(
            ["dataset_id"], ["dataset.id"], name=op.f("fk_dataset_source_dataset_id_dataset")
        ),
        sa.ForeignKeyConstraint(
            ["form_version_id"],
            ["form_version.id"],
            name=op.f("fk_dataset_source_form_version_id_form_version"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dataset_source")),
        sa.UniqueConstraint(
            "form_version_id",
            "dataset_id",
            "path",
            name=op.f("uq_dataset_source_form_version_id_dataset_id_path"),
        ),
    )
    with op.batch_alter_table("dataset_source", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_dataset_source_dataset_id"), ["dataset_id"], unique=False)

    op.create_table(
        "entity_version",
        sa.Column("id", BigId, nullable=False),
        sa.Column("entity_id", BigId, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("base_version", sa.Integer(), nullable=True),
        sa.Column("branch_id", sa.Text(), nullable=True),
        sa.Column("trunk_version", sa.Integer(), nullable=True),
        sa.Column("branch_base_version", sa.Integer(), nullable=True),
        sa.Column("conflicting", Json, nullable=True),
        sa.Column("source_id", BigId, nullable=False),
        sa.Column("creator_uuid", sa.Text(), nullable=True),
        sa.Column("user_agent", sa.Text(), nullable=True),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entity_id"], ["entity.id"], name=op.f("fk_entity_version_entity_id_entity")
        ),
        sa.ForeignKeyConstraint(
            ["source_id"], ["entity_source.id"], name=op.f("fk_entity_version_source_id_entity_source")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entity_version")),
        sa.UniqueConstraint("entity_id", "version", name=op.f("uq_entity_version_entity_id_version")),
    )
    with op.batch_alter_table("entity_version", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_entity_version_source_id"), ["source_id"], unique=False)

    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_object_uuid"), ["object_uuid"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_object_uuid"))

    with op.batch_alter_table("entity_version", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_entity_version_source_id"))

    op.drop_table("entity_version")
    with op.batch_alter_table("dataset_source", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_dataset_source_dataset_id"))

    op.drop_table("dataset_source")
    with op.batch_alter_table("entity", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_entity_dataset_id_created_at_id"))

    op.drop_table("entity")
    op.drop_table("dataset_property")
    op.drop_table("dataset_filter")
    op.drop_table("dataset")
    with op.batch_alter_table("entity_source", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_entity_source_submission_id"))

    op.drop_table("entity_source")
    with op.batch_alter_table("entity_intake", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_entity_intake_state"))
        batch_op.drop_index(batch_op.f("ix_entity_intake_root_id"))
        batch_op.drop_index(batch_op.f("ix_entity_intake_entity_uuid"))
        batch_op.drop_index(batch_op.f("ix_entity_intake_branch_id"))

    op.drop_table("entity_intake")
