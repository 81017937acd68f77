"""Find the records that were reviewed, by who sent them.

Revision ID: 0011
Revises: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    reviewed = sa.text("review_state IS NOT NULL")
    op.create_index(
        "ix_submission_reviewed",
        "submission",
        ["actor_uuid"],
        sqlite_where=reviewed,
        postgresql_where=reviewed,
    )


def downgrade() -> None:
    op.drop_index("ix_submission_reviewed", "submission")
