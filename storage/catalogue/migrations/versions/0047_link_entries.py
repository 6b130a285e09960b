"""What people send by upload links."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "link_entries",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("link_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("asset_id", sa.Text(), nullable=True),
        sa.Column("pending_asset_id", sa.Text(), nullable=True),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_late", sa.Boolean(), nullable=False),
        sa.Column("answers", postgresql.JSONB(), nullable=False),
        sa.Column("licence_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["link_id"], ["upload_links.id"], name=op.f("fk_link_entries_link_id")),
        sa.ForeignKeyConstraint(
            ["asset_id"], ["assets.id"], name=op.f("fk_link_entries_asset_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["pending_asset_id"],
            ["assets.id"],
            name=op.f("fk_link_entries_pending_asset_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link_entries")),
        sa.UniqueConstraint("digest", name=op.f("uq_link_entries_digest")),
        sa.UniqueConstraint("link_id", "number", name=op.f("uq_link_entries_link_id_number")),
        sa.UniqueConstraint("asset_id", name=op.f("uq_link_entries_asset_id")),
        sa.UniqueConstraint("pending_asset_id", name=op.f("uq_link_entries_pending_asset_id")),
    )


def downgrade() -> None:
    op.drop_table("link_entries")
