"""Posters that authors choose."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("versions", sa.Column("poster_name", sa.Text(), nullable=True))
    op.add_column("versions", sa.Column("poster_wish", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("versions", "poster_wish")
    op.drop_column("versions", "poster_name")
