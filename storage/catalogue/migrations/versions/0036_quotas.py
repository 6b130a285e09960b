"""How much organizations and people may hold."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "quotas",
        sa.Column("holder_id", sa.Text(), primary_key=True),
        sa.Column("bytes", sa.BigInteger(), nullable=True),
        sa.Column("seconds", sa.BigInteger(), nullable=True),
        sa.Column("uploads", sa.Integer(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
    )
    op.add_column("uploads", sa.Column("declared_seconds", sa.Double(), nullable=True))


def downgrade() -> None:
    op.drop_column("uploads", "declared_seconds")
    op.drop_table("quotas")
