"""The JSON of each row of answers, as OData gives it.

Revision ID: 0013
Revises: 0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("answer_row", schema=None) as batch_op:
        batch_op.add_column(sa.Column("odata", sa.Text(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("answer_row", schema=None) as batch_op:
        batch_op.drop_column("odata")
