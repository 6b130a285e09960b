"""Entries of upload links that an administrator took down: when, who, and why."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0058"
down_revision = "0057"
branch_labels = None
depends_on = None

WORDS = ("taken_down_by", "taken_down_reason")


def upgrade() -> None:
    op.add_column("link_entries", sa.Column("taken_down_at", sa.DateTime(timezone=True), nullable=True))
    for column in WORDS:
        op.add_column("link_entries", sa.Column(column, sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    for column in ("taken_down_at", *WORDS):
        op.drop_column("link_entries", column)
