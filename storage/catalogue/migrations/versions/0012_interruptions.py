"""Interruptions: what is no fault of a step is counted apart from its attempts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("interruptions", "postponed"):
        op.add_column("steps", sa.Column(name, sa.Integer(), server_default="0", nullable=False))
    # An attempt was counted when it began, now when it has failed.
    op.execute("UPDATE steps SET attempts = attempts - 1 WHERE state IN ('leased', 'done') AND attempts > 0")


def downgrade() -> None:
    op.execute("UPDATE steps SET attempts = attempts + 1 WHERE state IN ('leased', 'done')")
    op.drop_column("steps", "postponed")
    op.drop_column("steps", "interruptions")
