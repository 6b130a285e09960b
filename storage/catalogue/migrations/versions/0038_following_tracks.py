"""What follows a version that takes another one's place, and tracks that somebody has to look at before viewers do."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("versions", sa.Column("follows", postgresql.JSONB(), nullable=True))
    op.add_column("tracks", sa.Column("state", sa.Text(), server_default="shown", nullable=False))


def downgrade() -> None:
    # The release before would show what somebody should look at first.
    op.execute("DELETE FROM tracks WHERE state <> 'shown'")
    op.drop_column("tracks", "state")
    op.drop_column("versions", "follows")
