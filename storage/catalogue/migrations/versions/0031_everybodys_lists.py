"""Indexes of lists without the owner, for those who see nearly everybody's assets; built while they are used."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

LISTED = sa.text("deleted_at IS NULL AND current_version_id IS NOT NULL")
INDEXES = {
    "ix_assets_everybody": ["id"],
    "ix_assets_everybody_state": ["state", "id"],
    "ix_assets_everybody_kind": ["kind", "id"],
    "ix_assets_everybody_title": ["title", "id"],
}


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for name, columns in INDEXES.items():
            # One that a try before this one left unfinished is of no use.
            op.drop_index(name, "assets", if_exists=True, postgresql_concurrently=True)
            op.create_index(
                name,
                "assets",
                columns,
                postgresql_include=["organization_id"],
                postgresql_where=LISTED,
                postgresql_concurrently=True,
            )


def downgrade() -> None:
    for name in INDEXES:
        op.drop_index(name, "assets")
