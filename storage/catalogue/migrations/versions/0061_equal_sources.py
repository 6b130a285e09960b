"""Files that are the same, byte for byte, found by their hash."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0061"
down_revision = "0060"
branch_labels = None
depends_on = None

INDEX = "ix_versions_source_sha256"


def upgrade() -> None:
    with op.get_context().autocommit_block():
        # One that a try before this one left unfinished is of no use.
        op.drop_index(INDEX, "versions", if_exists=True, postgresql_concurrently=True)
        op.create_index(
            INDEX,
            "versions",
            ["source_sha256"],
            postgresql_concurrently=True,
            postgresql_where=sa.text("source_sha256 IS NOT NULL"),
        )


def downgrade() -> None:
    op.drop_index(INDEX, "versions")
