"""Deleted assets lie in the trash until a day that is written down.

What the release before deletes has none and is removed at once, as it promised. Its keeper does the same with what lies
in the trash: while both run, what is deleted is gone.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("assets", sa.Column("purge_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_assets_trash",
        "assets",
        ["organization_id", "id"],
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_assets_trash", "assets")
    op.drop_column("assets", "purge_at")
