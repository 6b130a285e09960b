"""Totals of lessons that other platforms tell of, and those that are owed to where lessons came from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0074"
down_revision = "0071"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_OF_DAYS = ("view_days", "organization_view_days", "branch_view_days", "view_months")
_ELSEWHERE = ("views_elsewhere", "watched_elsewhere_ms")
_SUMS = ("views", "attendance", "viewers", "plays", "played_ms", "watched_ms", "completion", "completed")
_STUDY = ("studied_ms", "learners", "lessons_completed")


def _now(name: str) -> sa.Column[object]:
    return sa.Column(name, _MOMENT, server_default=sa.text("now()"), nullable=False)


def _moment(name: str) -> sa.Column[object]:
    return sa.Column(name, _MOMENT, nullable=True)


def _text(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _big(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.BigInteger(), nullable=False)


def _of_link(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["link_id"], ["platform_links.id"], name=op.f(f"fk_{table}_link_id"), ondelete="CASCADE"
    )


def upgrade() -> None:
    for table in _OF_DAYS:
        for name in _ELSEWHERE:
            op.add_column(table, sa.Column(name, sa.BigInteger(), server_default="0", nullable=False))
    op.create_table(
        "totals_exchanges",
        _text("link_id"),
        _moment("tried_at"),
        _moment("told_at"),
        _text("failure", nullable=True),
        _text("failure_detail"),
        _moment("failing_since"),
        _moment("heard_at"),
        _big("rows"),
        _of_link("totals_exchanges"),
        sa.PrimaryKeyConstraint("link_id", name=op.f("pk_totals_exchanges")),
    )
    op.create_table(
        "handed_out_lessons",
        _text("link_id"),
        _text("asset_id"),
        _text("organization_id"),
        _now("at"),
        _of_link("handed_out_lessons"),
        sa.PrimaryKeyConstraint("link_id", "asset_id", name=op.f("pk_handed_out_lessons")),
    )
    op.create_table(
        "reporting_platforms",
        _text("id"),
        _text("link_id"),
        _text("url"),
        _text("name"),
        _text("time_zone"),
        sa.Column("counted", sa.Boolean(), nullable=False),
        _now("created_at"),
        _of_link("reporting_platforms"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reporting_platforms")),
        sa.UniqueConstraint("link_id", "url", name=op.f("uq_reporting_platforms_link_id_url")),
    )
    op.create_table(
        "told_days",
        _text("link_id"),
        _text("copy_id"),
        sa.Column("day", sa.Date(), nullable=False),
        _text("asset_id"),
        _big("revision"),
        _text("digest"),
        _now("told_at"),
        _of_link("told_days"),
        sa.PrimaryKeyConstraint("link_id", "copy_id", "day", name=op.f("pk_told_days")),
    )
    op.create_index("ix_told_days_asset_id_day", "told_days", ["asset_id", "day"])
    op.create_table(
        "told_parts",
        _text("link_id"),
        _text("copy_id"),
        sa.Column("day", sa.Date(), nullable=False),
        _text("platform_id"),
        _text("asset_id"),
        _text("organization_id"),
        sa.Column("rule_version", sa.SmallInteger(), nullable=False),
        *(_big(name) for name in (*_SUMS, *_STUDY)),
        _of_link("told_parts"),
        sa.ForeignKeyConstraint(
            ["platform_id"],
            ["reporting_platforms.id"],
            name=op.f("fk_told_parts_platform_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("link_id", "copy_id", "day", "platform_id", name=op.f("pk_told_parts")),
    )
    op.create_index("ix_told_parts_asset_id_day", "told_parts", ["asset_id", "day"])
    op.create_index("ix_told_parts_platform_id_day", "told_parts", ["platform_id", "day"])
    op.create_index("ix_told_parts_day", "told_parts", ["day"])
    op.create_table(
        "owed_days",
        _text("asset_id"),
        sa.Column("day", sa.Date(), nullable=False),
        _text("link_id"),
        _text("origin_id"),
        _big("revision"),
        sa.Column("told_revision", sa.BigInteger(), server_default="0", nullable=False),
        _now("marked_at"),
        _now("due_at"),
        _text("refusal", nullable=True),
        _of_link("owed_days"),
        sa.PrimaryKeyConstraint("asset_id", "day", name=op.f("pk_owed_days")),
    )
    op.create_index(
        "ix_owed_days_due",
        "owed_days",
        ["link_id", "due_at"],
        postgresql_where=sa.text("told_revision < revision"),
    )
    # What was studied on a day is asked for by lesson.
    op.create_index("ix_study_sessions_asset_id", "study_sessions", ["asset_id", "opened_at"])
    op.create_index(
        "ix_study_records_completed",
        "study_records",
        ["asset_id", "completed_at"],
        postgresql_where=sa.text("completed_at IS NOT NULL"),
    )
    # What was watched of copies before is owed, too.
    op.execute(
        "INSERT INTO owed_days (asset_id, day, link_id, origin_id, revision) "
        "SELECT DISTINCT followed.asset_id, days.day, followed.link_id, followed.origin_id, 1 "
        "FROM followed_lessons AS followed JOIN view_days AS days ON days.asset_id = followed.asset_id "
        "WHERE followed.state <> 'adopted'"
    )


def downgrade() -> None:
    op.drop_index("ix_study_records_completed", "study_records")
    op.drop_index("ix_study_sessions_asset_id", "study_sessions")
    for table in (
        "owed_days",
        "told_parts",
        "told_days",
        "reporting_platforms",
        "handed_out_lessons",
        "totals_exchanges",
    ):
        op.drop_table(table)
    for table in _OF_DAYS:
        for name in _ELSEWHERE:
            op.drop_column(table, name)
