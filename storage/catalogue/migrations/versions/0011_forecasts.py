"""Progress that never falls, and what a forecast needs: the work still to be planned, the steps done last."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("progress", "unplanned_weight"):
        op.add_column("versions", sa.Column(name, sa.Double(), server_default=sa.text("0"), nullable=False))
    op.create_index(
        "ix_steps_done",
        "steps",
        ["kind", "finished_at"],
        unique=False,
        postgresql_where=sa.text("state = 'done'"),
    )


def downgrade() -> None:
    op.drop_index("ix_steps_done", table_name="steps", postgresql_where=sa.text("state = 'done'"))
    for name in ("unplanned_weight", "progress"):
        op.drop_column("versions", name)
