"""Machines that are often cut off: copies that are asked for before they are here, or not checked for long; links to
platforms that ask and cannot be asked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0078"
down_revision = "0077"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("followed_lessons", sa.Column("asked_at", _MOMENT, nullable=True))
    asks_only: sa.Column[bool] = sa.Column("asks_only", sa.Boolean(), server_default="false", nullable=False)
    op.add_column("platform_links", asks_only)
    op.add_column("platform_subscriptions", sa.Column("suspended_at", _MOMENT, nullable=True))


def downgrade() -> None:
    op.drop_column("platform_subscriptions", "suspended_at")
    op.drop_column("platform_links", "asks_only")
    op.drop_column("followed_lessons", "asked_at")
