"""What exports need of answers: texts as sent, files named, the encrypted file.

Revision ID: 0012
Revises: 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sync.tables.base import JsonOrNull

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("answer_row", schema=None) as batch_op:
        batch_op.add_column(sa.Column("texts", JsonOrNull, nullable=True))
        batch_op.add_column(sa.Column("files", JsonOrNull, nullable=True))
        batch_op.add_column(sa.Column("encrypted_file", sa.Text(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("answer_row", schema=None) as batch_op:
        batch_op.drop_column("encrypted_file")
        batch_op.drop_column("files")
        batch_op.drop_column("texts")
