"""What API keys may do, until when, and when they were used last; which key began an upload."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("api_keys", sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=True))
    op.add_column("api_keys", sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("api_keys", sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("uploads", sa.Column("api_key_id", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("uploads", "api_key_id")
    for column in ("last_used_at", "expires_at", "scopes"):
        op.drop_column("api_keys", column)
