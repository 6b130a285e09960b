"""Uploads are listed: by what a file is recognized in another browser, and when its newest bytes came."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("uploads", sa.Column("relative_path", sa.Text(), nullable=True))
    op.add_column("uploads", sa.Column("head_tail_sha256", sa.Text(), nullable=True))
    op.add_column("uploads", sa.Column("last_byte_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_uploads_organization_id_id", "uploads", ["organization_id", "id"])
    op.drop_index("ix_uploads_organization_id", "uploads")


def downgrade() -> None:
    op.create_index("ix_uploads_organization_id", "uploads", ["organization_id"])
    op.drop_index("ix_uploads_organization_id_id", "uploads")
    for column in ("last_byte_at", "head_tail_sha256", "relative_path"):
        op.drop_column("uploads", column)
