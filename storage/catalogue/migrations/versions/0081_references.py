"""Lessons that are played from the platform they came from, subscriptions to a part, and courses that are followed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0081"
down_revision = "0080"
branch_labels = None
depends_on = None

STATES = "('waiting', 'copying', 'current', 'gone', 'elsewhere', 'left_out', 'dropped', 'adopted')"
STATES_BEFORE = "('waiting', 'copying', 'current', 'gone', 'elsewhere', 'dropped', 'adopted')"
MODES = "('mirror', 'reference')"

# What is shared with a course is shared, or not any more, with what moves in or out of it.
MARKING = """
CREATE OR REPLACE FUNCTION mark_of_items() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO record_marks (kind, id) SELECT DISTINCT 'course', collection_id FROM moved;
  INSERT INTO record_marks (kind, id)
       SELECT DISTINCT 'asset', asset_id FROM moved
        WHERE EXISTS (SELECT FROM partner_collections AS deal WHERE deal.collection_id = moved.collection_id){more};
  RETURN NULL;
END $$;
"""
BY_LINKS = """
           OR EXISTS (SELECT FROM platform_shares AS share WHERE share.collection_id = moved.collection_id)"""


def text(name: str, *constraints: sa.ForeignKey, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Text(), *constraints, nullable=nullable)


def moment(name: str, *, now: bool = False) -> sa.Column[object]:
    default = sa.text("now()") if now else None
    return sa.Column(name, sa.DateTime(timezone=True), server_default=default, nullable=not now)


def upgrade() -> None:
    op.execute(MARKING.format(more=BY_LINKS))
    op.add_column(
        "platform_subscriptions", sa.Column("mode", sa.Text(), nullable=False, server_default="mirror")
    )
    op.add_column(
        "platform_subscriptions",
        sa.Column("keep_copies", sa.Boolean(), nullable=False, server_default=sa.true()),
    )
    for column in (
        sa.Column("only", postgresql.JSONB(), nullable=True),
        sa.Column("most_bytes", sa.BigInteger(), nullable=True),
        sa.Column("pace", sa.Float(), nullable=True),
    ):
        op.add_column("platform_subscriptions", column)
    op.create_check_constraint(
        op.f("ck_platform_subscriptions_mode"), "platform_subscriptions", f"mode IN {MODES}"
    )
    op.add_column("followed_lessons", sa.Column("mode", sa.Text(), nullable=True))
    op.execute("UPDATE followed_lessons SET mode = 'mirror' WHERE copied_version_id IS NOT NULL")
    op.create_check_constraint(op.f("ck_followed_lessons_mode"), "followed_lessons", f"mode IN {MODES}")
    op.drop_constraint(op.f("ck_followed_lessons_state"), "followed_lessons", type_="check")
    op.create_check_constraint(op.f("ck_followed_lessons_state"), "followed_lessons", f"state IN {STATES}")
    op.add_column(
        "versions",
        text("origin_link_id", sa.ForeignKey("platform_links.id", ondelete="SET NULL"), nullable=True),
    )
    op.add_column("versions", text("origin_playback_id", nullable=True))
    op.create_index(
        "ix_versions_origin_link_id",
        "versions",
        ["origin_link_id"],
        postgresql_where=sa.text("origin_link_id IS NOT NULL"),
    )
    op.create_table(
        "followed_courses",
        sa.Column("id", sa.Text(), primary_key=True),
        text("link_id", sa.ForeignKey("platform_links.id", ondelete="CASCADE")),
        text("origin_id"),
        text("state"),
        text("collection_id", sa.ForeignKey("collections.id", ondelete="SET NULL"), nullable=True),
        text("title"),
        sa.Column("lesson_ids", postgresql.JSONB(), nullable=False),
        moment("due_at"),
        sa.Column("attempts", sa.Integer(), nullable=False),
        text("failure", nullable=True),
        text("failure_detail"),
        moment("created_at", now=True),
        moment("updated_at", now=True),
        sa.UniqueConstraint("link_id", "origin_id", name=op.f("uq_followed_courses_link_id_origin_id")),
        sa.CheckConstraint(
            "state IN ('waiting', 'current', 'gone', 'left_out', 'dropped')",
            name=op.f("ck_followed_courses_state"),
        ),
    )
    op.create_index("ix_followed_courses_collection_id", "followed_courses", ["collection_id"], unique=True)
    op.create_index(
        "ix_followed_courses_due",
        "followed_courses",
        ["due_at"],
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.execute(MARKING.format(more=""))
    op.drop_table("followed_courses")
    # What is played from elsewhere cannot be by the release before.
    op.execute(
        "UPDATE assets SET deleted_at = now() WHERE deleted_at IS NULL AND current_version_id IN "
        "(SELECT id FROM versions WHERE origin_playback_id IS NOT NULL)"
    )
    op.drop_index("ix_versions_origin_link_id", "versions")
    for name in ("origin_playback_id", "origin_link_id"):
        op.drop_column("versions", name)
    op.execute("UPDATE followed_lessons SET state = 'waiting' WHERE state = 'left_out'")
    op.drop_constraint(op.f("ck_followed_lessons_state"), "followed_lessons", type_="check")
    op.create_check_constraint(
        op.f("ck_followed_lessons_state"), "followed_lessons", f"state IN {STATES_BEFORE}"
    )
    op.drop_column("followed_lessons", "mode")
    for name in ("pace", "most_bytes", "only", "keep_copies", "mode"):
        op.drop_column("platform_subscriptions", name)
