"""Who judges what came in by upload links, by what, and what they gave."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    default = None if nullable else sa.text("now()")
    return sa.Column(name, sa.DateTime(timezone=True), server_default=default, nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "judgings",
        sa.Column("link_id", sa.Text(), nullable=False),
        sa.Column("criteria", postgresql.JSONB(), nullable=False),
        _moment("closed_at", nullable=True),
        sa.ForeignKeyConstraint(
            ["link_id"], ["upload_links.id"], name=op.f("fk_judgings_link_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("link_id", name=op.f("pk_judgings")),
    )
    op.create_table(
        "judges",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("link_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        _moment("created_at"),
        _moment("revoked_at", nullable=True),
        sa.ForeignKeyConstraint(
            ["link_id"], ["upload_links.id"], name=op.f("fk_judges_link_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_judges")),
        sa.UniqueConstraint("digest", name=op.f("uq_judges_digest")),
    )
    op.create_index("ix_judges_link_id_id", "judges", ["link_id", "id"])
    op.create_table(
        "score_sheets",
        sa.Column("judge_id", sa.Text(), nullable=False),
        sa.Column("entry_id", sa.Text(), nullable=False),
        sa.Column("scores", postgresql.JSONB(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("is_complete", sa.Boolean(), nullable=False),
        _moment("updated_at"),
        sa.ForeignKeyConstraint(
            ["judge_id"], ["judges.id"], name=op.f("fk_score_sheets_judge_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["link_entries.id"], name=op.f("fk_score_sheets_entry_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("judge_id", "entry_id", name=op.f("pk_score_sheets")),
    )


def downgrade() -> None:
    for table in ("score_sheets", "judges", "judgings"):
        op.drop_table(table)
