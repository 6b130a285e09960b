"""Foreign repositories that are harvested, the records that they brought, and versions of which nothing plays here."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0075"
down_revision = "0074"
branch_labels = None
depends_on = None

BEFORE = "('uploading', 'queued', 'processing', 'playable', 'ready', 'failed')"
AFTER = BEFORE.replace(")", ", 'external')")


def moment(name: str, *, now: bool = False) -> sa.Column[object]:
    default = sa.text("now()") if now else None
    return sa.Column(name, sa.DateTime(timezone=True), server_default=default, nullable=not now)


def text(name: str, *constraints: sa.ForeignKey, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Text(), *constraints, nullable=nullable)


def whole(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Integer(), nullable=nullable)


def yes(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Boolean(), nullable=False)


def states_are(words: str) -> None:
    op.drop_constraint(op.f("ck_versions_state"), "versions")
    op.create_check_constraint(op.f("ck_versions_state"), "versions", f"state IN {words}")


def upgrade() -> None:
    states_are(AFTER)
    op.create_table(
        "harvest_sources",
        sa.Column("id", sa.Text(), primary_key=True),
        text("organization_id", sa.ForeignKey("organizations.id")),
        *map(text, ("state", "name", "url")),
        *(text(name, nullable=True) for name in ("set_spec", "metadata_prefix")),
        sa.Column("category_ids", postgresql.ARRAY(sa.Text()), nullable=False),
        text("visibility"),
        whole("interval_minutes"),
        text("repository_name"),
        text("prefix", nullable=True),
        *map(yes, ("to_the_second", "deletes")),
        text("token", nullable=True),
        *map(yes, ("is_whole", "wants_whole", "under_way")),
        whole("pass_number"),
        *map(moment, ("began_at", "since")),
        whole("received"),
        whole("expected", nullable=True),
        *map(whole, ("repeated", "restarts", "skipped")),
        *map(moment, ("finished_at", "whole_at", "tried_at", "due_at")),
        whole("attempts"),
        moment("lease_until"),
        whole("fence"),
        text("failure", nullable=True),
        text("failure_detail"),
        moment("failing_since"),
        moment("created_at", now=True),
        moment("updated_at", now=True),
        sa.CheckConstraint("state IN ('active', 'paused', 'ended')", name=op.f("ck_harvest_sources_state")),
    )
    op.create_index("ix_harvest_sources_organization_id_id", "harvest_sources", ["organization_id", "id"])
    op.create_index(
        "ix_harvest_sources_due",
        "harvest_sources",
        ["due_at"],
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_table(
        "harvested_records",
        sa.Column("id", sa.Text(), primary_key=True),
        text("source_id", sa.ForeignKey("harvest_sources.id", ondelete="CASCADE")),
        *map(text, ("identifier", "state")),
        text("asset_id", sa.ForeignKey("assets.id", ondelete="SET NULL"), nullable=True),
        moment("at"),
        text("url", nullable=True),
        sa.Column("told", postgresql.JSONB(), nullable=False),
        *map(whole, ("pass_number", "missing")),
        moment("created_at", now=True),
        moment("updated_at", now=True),
        sa.UniqueConstraint(
            "source_id", "identifier", name=op.f("uq_harvested_records_source_id_identifier")
        ),
        sa.CheckConstraint(
            "state IN ('current', 'gone', 'elsewhere', 'dropped', 'unusable')",
            name=op.f("ck_harvested_records_state"),
        ),
    )
    op.create_index("ix_harvested_records_asset_id", "harvested_records", ["asset_id"], unique=True)
    op.create_index("ix_harvested_records_identifier", "harvested_records", ["identifier"])
    op.create_index("ix_harvested_records_source_id_id", "harvested_records", ["source_id", "id"])


def downgrade() -> None:
    op.drop_table("harvested_records")
    op.drop_table("harvest_sources")
    op.execute("DELETE FROM assets USING versions v WHERE v.id = current_version_id AND v.state = 'external'")
    states_are(BEFORE)
