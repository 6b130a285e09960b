"""What the library knows of assets: where they stand in categories, for whom they are, whose, from when to when, and
who may find them.

What plays today plays on: who has a public playback ID is public. A trigger on these keeps that so, for releases that
know nothing of visibility, too; once somebody has said something (``visibility``), it leaves the asset alone.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None

LEVELS = (
    "('preschool', 'primary', 'secondary', 'vocational', 'higher', 'adult', 'community', 'senior', 'other')"
)
VISIBILITIES = "('private', 'organization', 'subtree', 'shared', 'public')"
REVIEW_STATES = "('draft', 'submitted', 'returned', 'accepted', 'published')"

FOLLOWED = """
CREATE FUNCTION follow_playback_ids() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  of_asset text := CASE WHEN TG_OP = 'DELETE' THEN OLD.asset_id ELSE NEW.asset_id END;
  told text := CASE WHEN EXISTS (SELECT FROM playback_ids WHERE asset_id = of_asset AND policy = 'public')
                    THEN 'public' ELSE 'organization' END;
BEGIN
  UPDATE assets SET effective_visibility = told
   WHERE id = of_asset AND visibility IS NULL AND effective_visibility <> told;
  RETURN NULL;
END $$;

CREATE TRIGGER follow_playback_ids_made AFTER INSERT ON playback_ids
   FOR EACH ROW WHEN (NEW.policy = 'public') EXECUTE FUNCTION follow_playback_ids();
CREATE TRIGGER follow_playback_ids_gone AFTER DELETE ON playback_ids
   FOR EACH ROW WHEN (OLD.policy = 'public') EXECUTE FUNCTION follow_playback_ids();
"""

QUIET = "'search_words', 'has_captions'"
QUIET_NOW = f"'effective_visibility', 'review_state', 'withdraw_told', {QUIET}"
"""Columns of ``tell_of_asset`` that belong to nobody's change, or of which other events tell."""


def upgrade() -> None:
    for column in _columns():
        op.add_column("assets", column)
    for name, values in (
        ("level", LEVELS),
        ("visibility", VISIBILITIES),
        ("effective_visibility", VISIBILITIES),
        ("review_state", REVIEW_STATES),
    ):
        op.create_check_constraint(op.f(f"ck_assets_{name}"), "assets", f"{name} IN {values}")
    op.add_column("organizations", sa.Column("review", sa.Boolean(), nullable=True))
    op.add_column(
        "organizations", sa.Column("library", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.create_table(
        "categories",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organization_id", sa.Text(), nullable=False),
        sa.Column("parent_id", sa.Text(), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name_zh", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_categories_organization_id")
        ),
        sa.ForeignKeyConstraint(["parent_id"], ["categories.id"], name=op.f("fk_categories_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_categories")),
        sa.UniqueConstraint("organization_id", "code", name=op.f("uq_categories_organization_id_code")),
    )
    op.create_index(op.f("ix_categories_parent_id"), "categories", ["parent_id"])
    _change_events(QUIET, QUIET_NOW)
    op.execute(
        "UPDATE assets SET effective_visibility = 'public' WHERE EXISTS (SELECT FROM playback_ids "
        "WHERE playback_ids.asset_id = assets.id AND playback_ids.policy = 'public')"
    )
    op.execute(FOLLOWED)


def downgrade() -> None:
    op.execute(
        "DROP TRIGGER follow_playback_ids_made ON playback_ids; "
        "DROP TRIGGER follow_playback_ids_gone ON playback_ids; DROP FUNCTION follow_playback_ids()"
    )
    _change_events(QUIET_NOW, QUIET)
    op.drop_table("categories")
    op.drop_column("organizations", "library")
    op.drop_column("organizations", "review")
    for column in reversed(_columns()):
        op.drop_column("assets", column.name)


def _columns() -> list[sa.Column[object]]:
    def texts(name: str) -> sa.Column[object]:
        return sa.Column(name, postgresql.ARRAY(sa.Text()), nullable=False, server_default="{}")

    return [
        texts("category_ids"),
        sa.Column("level", sa.Text(), nullable=True),
        sa.Column("audience", sa.Text(), nullable=True),
        sa.Column("contributors", postgresql.JSONB(), nullable=False, server_default="[]"),
        sa.Column("licence", postgresql.JSONB(), nullable=True),
        sa.Column("source_organization", postgresql.JSONB(), nullable=True),
        sa.Column("original_date", sa.Text(), nullable=True),
        sa.Column("other_ids", postgresql.JSONB(), nullable=False, server_default="{}"),
        sa.Column("old_views", sa.BigInteger(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdraw_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdraw_told", sa.DateTime(timezone=True), nullable=True),
        sa.Column("visibility", sa.Text(), nullable=True),
        sa.Column("effective_visibility", sa.Text(), nullable=False, server_default="organization"),
        texts("shared_organization_ids"),
        texts("shared_partner_ids"),
        sa.Column("review_state", sa.Text(), nullable=False, server_default="published"),
    ]


def _change_events(before: str, after: str) -> None:
    """What the release before tells of a change stays as it is but for the columns that belong to nobody's change."""
    known = op.get_bind().scalar(sa.text("SELECT pg_get_functiondef('tell_of_asset()'::regprocedure)"))
    if before not in known:
        raise RuntimeError("tell_of_asset is not as it was when this was written")
    op.execute(known.replace(before, after))
