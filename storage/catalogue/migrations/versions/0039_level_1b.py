"""Tiny pictures under the name of a level that browsers say they know."""

from __future__ import annotations

from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("UPDATE renditions SET codecs = left(codecs, 9) || '0b' WHERE codecs LIKE 'avc1.____09'")


def downgrade() -> None:
    pass
