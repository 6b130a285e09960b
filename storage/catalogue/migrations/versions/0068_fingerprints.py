"""How versions look and sound, so that the same lesson is found again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0068"
down_revision = "0067"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "fingerprints",
        sa.Column("version_id", sa.Text(), nullable=False),
        sa.Column("duration", sa.Double(), nullable=False),
        sa.Column("pictures", sa.LargeBinary(), server_default=sa.text("''"), nullable=False),
        sa.Column("picture_seconds", sa.Double(), server_default=sa.text("0"), nullable=False),
        sa.Column("sound", sa.LargeBinary(), server_default=sa.text("''"), nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"], ["versions.id"], name="fk_fingerprints_version_id_versions", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("version_id", name="pk_fingerprints"),
    )
    op.create_index("ix_fingerprints_duration", "fingerprints", ["duration"])


def downgrade() -> None:
    op.drop_table("fingerprints")
