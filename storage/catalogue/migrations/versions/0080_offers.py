"""Lessons that are offered between platforms; what is followed because an offer was accepted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0080"
down_revision = "0079"
branch_labels = None
depends_on = None

DIRECTIONS = "('sent', 'received')"
STATES = "('offered', 'accepted', 'returned', 'declined', 'withdrawn')"
_MOMENT = sa.DateTime(timezone=True)


def _now(name: str) -> sa.Column[object]:
    return sa.Column(name, _MOMENT, server_default=sa.text("now()"), nullable=False)


def upgrade() -> None:
    op.create_table(
        "platform_offers",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("link_id", sa.Text(), nullable=False),
        sa.Column("shared_id", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("asset_id", sa.Text(), nullable=True),
        sa.Column("origin_id", sa.Text(), nullable=False),
        sa.Column("lesson", postgresql.JSONB(), nullable=False),
        sa.Column("stations", postgresql.JSONB(), nullable=False),
        sa.Column("said", postgresql.JSONB(), nullable=False),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.Column("due_at", _MOMENT, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("failure", sa.Text(), nullable=True),
        _now("created_at"),
        _now("updated_at"),
        sa.CheckConstraint(f"direction IN {DIRECTIONS}", name=op.f("ck_platform_offers_direction")),
        sa.CheckConstraint(f"state IN {STATES}", name=op.f("ck_platform_offers_state")),
        sa.ForeignKeyConstraint(
            ["link_id"], ["platform_links.id"], name=op.f("fk_platform_offers_link_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["asset_id"], ["assets.id"], name=op.f("fk_platform_offers_asset_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_platform_offers")),
        sa.UniqueConstraint("link_id", "shared_id", name=op.f("uq_platform_offers_link_id_shared_id")),
    )
    op.create_index("ix_platform_offers_link_id_id", "platform_offers", ["link_id", "id"])
    for column in ("asset_id", "due_at"):
        op.create_index(
            f"ix_platform_offers_{column.removesuffix('_at')}",
            "platform_offers",
            [column],
            postgresql_where=sa.text(f"{column} IS NOT NULL"),
        )
    op.add_column("followed_lessons", sa.Column("placed", postgresql.JSONB(), nullable=True))
    op.add_column(
        "platform_subscriptions",
        sa.Column("everything", sa.Boolean(), server_default=sa.text("true"), nullable=False),
    )


def downgrade() -> None:
    op.drop_column("platform_subscriptions", "everything")
    op.drop_column("followed_lessons", "placed")
    op.drop_table("platform_offers")
