"""Chunks of what is finished are one value for each rendition. The keeper packs them, old ones too, a few at a time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0083"
down_revision = "0082"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "packed_chunks",
        sa.Column("rendition_id", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("chunks", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["rendition_id"],
            ["renditions.id"],
            name="fk_packed_chunks_rendition_id_renditions",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("rendition_id", name="pk_packed_chunks"),
    )
    # Deflated already: the server need not try.
    op.execute("ALTER TABLE packed_chunks ALTER COLUMN chunks SET STORAGE EXTERNAL")


def downgrade() -> None:
    raise NotImplementedError("what is packed has no rows any more: put back the backup")
