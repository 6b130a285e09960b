"""Turns: which organization was served when, so that lanes are shared fairly."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "turns",
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("organization_id", sa.Text(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_turns_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("lane", "organization_id", name=op.f("pk_turns")),
    )


def downgrade() -> None:
    op.drop_table("turns")
