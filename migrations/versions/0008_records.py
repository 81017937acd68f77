"""Which file of a record is shown; what was decided and edited so far is noted with the records.

Figures read `submission.deleted_at` and `review_state` now: withdrawn records are noted as deleted, corrected
ones as edited.

Revision ID: 0008
Revises: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sync.tables.base import BigId, UtcInstant

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "file_choice",
        sa.Column("id", BigId, nullable=False),
        sa.Column("uuid", sa.Text(), nullable=False),
        sa.Column("submission_id", BigId, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("attachment_id", BigId, nullable=True),
        sa.Column("newest_id", BigId, nullable=True),
        sa.Column("actor_uuid", sa.Text(), nullable=True),
        sa.Column("chosen_at", UtcInstant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.id"], name=op.f("fk_file_choice_submission_id_submission")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_file_choice")),
        sa.UniqueConstraint("uuid", name=op.f("uq_file_choice_uuid")),
    )
    with op.batch_alter_table("file_choice", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_file_choice_submission_id"), ["submission_id"], unique=False)
    op.execute(_WITHDRAWN)
    op.execute(_EDITED)


_WITHDRAWN = """
UPDATE submission SET deleted_at = (
    SELECT max(d.decided_at) FROM decision d JOIN submission m ON m.uuid = d.subject_uuid
    WHERE coalesce(m.root_id, m.id) = submission.id AND d.kind = 'withdraw' AND d.outcome <> 'undecided'
    AND NOT EXISTS (
        SELECT 1 FROM decision n WHERE n.kind = d.kind AND n.subject_uuid = d.subject_uuid
        AND (n.decided_at > d.decided_at OR (n.decided_at = d.decided_at AND n.uuid > d.uuid))
    )
)
WHERE id IN (
    SELECT coalesce(m.root_id, m.id) FROM decision d JOIN submission m ON m.uuid = d.subject_uuid
    WHERE d.kind = 'withdraw'
)
"""
_EDITED = """
UPDATE submission SET review_state = 'edited', updated_at = (
    SELECT max(v.received_at) FROM submission e JOIN submission_version v ON v.submission_id = e.id
    WHERE e.root_id = submission.id AND e.id <> submission.id AND v.state = 'edit'
)
WHERE root_id = id AND EXISTS (
    SELECT 1 FROM submission e JOIN submission_version v ON v.submission_id = e.id
    WHERE e.root_id = submission.id AND e.id <> submission.id AND v.state = 'edit'
)
"""


def downgrade() -> None:
    with op.batch_alter_table("file_choice", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_file_choice_submission_id"))

    op.drop_table("file_choice")
