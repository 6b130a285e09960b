"""Captions: a stamp of the tracks of a version."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("versions", sa.Column("tracks_revision", sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    op.drop_column("versions", "tracks_revision")
