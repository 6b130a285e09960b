"""Words that belong into the sentence why a version failed: the codec that is not supported, for one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("versions", sa.Column("failure_words", postgresql.JSONB(), nullable=True))


def downgrade() -> None:
    op.drop_column("versions", "failure_words")
