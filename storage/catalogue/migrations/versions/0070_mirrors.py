"""Subscriptions to other platforms, the lessons that they brought, and how far each is copied."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0070"
down_revision = "0069"
branch_labels = None
depends_on = None

STATES = "('waiting', 'copying', 'current', 'gone', 'elsewhere', 'dropped', 'adopted')"


def moment(name: str, *, now: bool = False) -> sa.Column[object]:
    default = sa.text("now()") if now else None
    return sa.Column(name, sa.DateTime(timezone=True), server_default=default, nullable=not now)


def text(name: str, *constraints: sa.ForeignKey, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Text(), *constraints, nullable=nullable)


def whole(name: str, *, nullable: bool = False, big: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.BigInteger() if big else sa.Integer(), nullable=nullable)


def upgrade() -> None:
    of_link = sa.ForeignKey("platform_links.id", ondelete="CASCADE")
    op.create_table(
        "platform_subscriptions",
        sa.Column("link_id", sa.Text(), of_link, primary_key=True),
        text("visibility"),
        sa.Column("with_source", sa.Boolean(), nullable=False),
        whole("bytes_per_second", nullable=True, big=True),
        whole("window_from", nullable=True),
        whole("window_until", nullable=True),
        text("cursor"),
        moment("read_at"),
        moment("created_at", now=True),
    )
    op.create_table(
        "followed_lessons",
        sa.Column("id", sa.Text(), primary_key=True),
        text("link_id", sa.ForeignKey("platform_links.id", ondelete="CASCADE")),
        text("origin_id"),
        text("state"),
        text("asset_id", sa.ForeignKey("assets.id", ondelete="SET NULL"), nullable=True),
        text("version_id", sa.ForeignKey("versions.id", ondelete="SET NULL"), nullable=True),
        *(text(name, nullable=True) for name in ("origin_version_id", "copied_version_id")),
        *(text(name, nullable=True) for name in ("first_url", "first_id")),
        sa.Column("stations", postgresql.JSONB(), nullable=False),
        sa.Column("metadata", postgresql.JSONB(), nullable=False),
        whole("bytes_total", big=True),
        whole("bytes_done", big=True),
        moment("due_at"),
        whole("attempts"),
        moment("lease_until"),
        whole("fence"),
        text("failure", nullable=True),
        text("failure_detail"),
        moment("created_at", now=True),
        moment("updated_at", now=True),
        sa.UniqueConstraint("link_id", "origin_id", name=op.f("uq_followed_lessons_link_id_origin_id")),
        sa.CheckConstraint(f"state IN {STATES}", name=op.f("ck_followed_lessons_state")),
    )
    op.create_index("ix_followed_lessons_asset_id", "followed_lessons", ["asset_id"], unique=True)
    op.create_index("ix_followed_lessons_first", "followed_lessons", ["first_url", "first_id"])
    op.create_index(
        "ix_followed_lessons_due",
        "followed_lessons",
        ["due_at"],
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_table(
        "mirrored_objects",
        sa.Column(
            "version_id", sa.Text(), sa.ForeignKey("versions.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("path", sa.Text(), primary_key=True),
        text("object_key"),
        whole("size", big=True),
        text("sha256"),
        sa.Column("is_whole", sa.Boolean(), nullable=False),
        whole("received", big=True),
        text("multipart_id", nullable=True),
        sa.Column("parts", postgresql.JSONB(), nullable=False),
        sa.Column("sha256_state", sa.LargeBinary(), nullable=True),
    )


def downgrade() -> None:
    for table in ("mirrored_objects", "followed_lessons", "platform_subscriptions"):
        op.drop_table(table)
