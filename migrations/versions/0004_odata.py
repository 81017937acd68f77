"""The answers of a record by table, in their order: what pages of repeat rows are read along.

Replaces the index on `root_id` alone, which it begins with. Nothing is read or moved.

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_answer_row_root_id_table_path_ordinal", "answer_row", ["root_id", "table_path", "ordinal"]
    )
    op.drop_index("ix_answer_row_root_id", "answer_row")


def downgrade() -> None:
    op.create_index("ix_answer_row_root_id", "answer_row", ["root_id"])
    op.drop_index("ix_answer_row_root_id_table_path_ordinal", "answer_row")
