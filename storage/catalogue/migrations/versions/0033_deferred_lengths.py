"""Uploads whose length is told later."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("uploads", "length", existing_type=sa.BigInteger(), nullable=True)
    op.add_column("uploads", sa.Column("part_size", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.execute("UPDATE uploads SET length = greatest(received, 1) WHERE length IS NULL")
    op.drop_column("uploads", "part_size")
    op.alter_column("uploads", "length", existing_type=sa.BigInteger(), nullable=False)
