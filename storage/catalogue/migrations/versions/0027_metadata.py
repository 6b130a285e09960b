"""What authors say of an asset beside its title."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("assets", sa.Column("description", sa.Text(), nullable=False, server_default=""))
    op.add_column("assets", sa.Column("language", sa.Text(), nullable=True))
    op.add_column("assets", sa.Column("subject", sa.Text(), nullable=True))
    op.add_column("assets", sa.Column("tags", ARRAY(sa.Text()), nullable=False, server_default="{}"))


def downgrade() -> None:
    for column in ("tags", "subject", "language", "description"):
        op.drop_column("assets", column)
