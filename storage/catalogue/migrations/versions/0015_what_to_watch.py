"""Indexes by which operators' figures are counted without reading what is over."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_versions_failed", "versions", ["failure_code"], postgresql_where=sa.text("state = 'failed'")
    )
    op.create_index(
        "ix_uploads_unfinished", "uploads", ["created_at"], postgresql_where=sa.text("finished_at IS NULL")
    )


def downgrade() -> None:
    op.drop_index("ix_uploads_unfinished", table_name="uploads")
    op.drop_index("ix_versions_failed", table_name="versions")
