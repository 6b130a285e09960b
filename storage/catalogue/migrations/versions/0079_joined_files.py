"""Files may be recipes: put together of chunks while they are sent, not stored a second time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0079"
down_revision = "0078"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("files", sa.Column("joined_size", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("files", "joined_size")
