"""Several versions of an asset: which one awaits its turn, who brought it and why, and which was the current one when.

Workers of the release before make a version ready without letting it become the current one; the keeper of this release
sees to it.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

MOMENTS = ("activated_at", "retired_at", "discarded_at", "removed_at")
LEAVING = "removed_at IS NULL AND (retired_at IS NOT NULL OR discarded_at IS NOT NULL)"


def upgrade() -> None:
    columns: tuple[sa.Column[Any], ...] = (
        sa.Column("awaited", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("bringer_key_id", sa.Text(), nullable=True),
        sa.Column("bringer", sa.Text(), server_default="", nullable=False),
        *(sa.Column(name, sa.DateTime(timezone=True), nullable=True) for name in MOMENTS),
    )
    for column in columns:
        op.add_column("versions", column)
    op.create_index("ix_versions_awaited", "versions", ["id"], postgresql_where=sa.text("awaited"))
    op.create_index("ix_versions_leaving", "versions", ["id"], postgresql_where=sa.text(LEAVING))
    op.create_table(
        "version_switches",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("asset_id", sa.Text(), sa.ForeignKey("assets.id", ondelete="CASCADE"), nullable=False),
        sa.Column("version_id", sa.Text(), nullable=False),
        sa.Column("before_id", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=True),
        sa.Column("key_label", sa.Text(), nullable=False),
    )
    op.create_index("ix_version_switches_asset_id", "version_switches", ["asset_id"])


def downgrade() -> None:
    op.drop_table("version_switches")
    op.drop_index("ix_versions_leaving", "versions")
    op.drop_index("ix_versions_awaited", "versions")
    for column in ("awaited", "note", "bringer_key_id", "bringer", *MOMENTS):
        op.drop_column("versions", column)
