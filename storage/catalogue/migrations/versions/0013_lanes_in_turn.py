"""Lanes in turn: a number for each step that is taken, and an index of what is queued of each version."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(sa.schema.CreateSequence(sa.Sequence("turns_taken")))
    op.create_index(
        "ix_steps_queued_version",
        "steps",
        ["version_id", "position", "kind"],
        postgresql_where=sa.text("state = 'queued'"),
    )


def downgrade() -> None:
    op.drop_index("ix_steps_queued_version", "steps")
    op.execute(sa.schema.DropSequence(sa.Sequence("turns_taken")))
