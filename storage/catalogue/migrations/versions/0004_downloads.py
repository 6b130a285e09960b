"""Files to be downloaded, and steps that a version does without."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "files",
        sa.Column("version_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("object_key", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"], ["versions.id"], name=op.f("fk_files_version_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("version_id", "name", name=op.f("pk_files")),
    )
    op.add_column(
        "steps", sa.Column("optional", sa.Boolean(), nullable=False, server_default=sa.text("false"))
    )
    op.execute("UPDATE steps SET optional = true WHERE kind = 'thumbnail'")


def downgrade() -> None:
    op.drop_column("steps", "optional")
    op.drop_table("files")
