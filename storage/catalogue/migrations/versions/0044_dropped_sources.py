"""For how long organizations keep the files that were uploaded, and since when a version's is gone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("organizations", sa.Column("source_days", sa.Integer(), nullable=True))
    op.add_column("versions", sa.Column("source_dropped_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("versions", "source_dropped_at")
    op.drop_column("organizations", "source_days")
