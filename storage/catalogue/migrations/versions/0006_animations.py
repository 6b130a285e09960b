"""Animations: the colour behind transparent pixels, and the drawing of a vector animation."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "versions", sa.Column("background", sa.Integer(), server_default=sa.text("16777215"), nullable=False)
    )
    op.add_column("versions", sa.Column("drawn_key", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("versions", "drawn_key")
    op.drop_column("versions", "background")
