"""Collections become courses: what is said of them, who may find them, what stands for them, and lessons of others.

All that is there stays as visible as it was: of what nobody says anything, its lessons decide, as they did.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0060"
down_revision = "0059"
branch_labels = None
depends_on = None

LEVELS = (
    "('preschool', 'primary', 'secondary', 'vocational', 'higher', 'adult', 'community', 'senior', 'other')"
)
VISIBILITIES = "('private', 'organization', 'subtree', 'shared', 'public')"

KEPT = """
DROP TRIGGER empty_search_words ON collections;
CREATE TRIGGER empty_search_words BEFORE UPDATE OF title, tags, description ON collections
   FOR EACH ROW WHEN (NEW.search_words IS NOT DISTINCT FROM OLD.search_words
                      AND (NEW.title, NEW.tags, NEW.description)
                          IS DISTINCT FROM (OLD.title, OLD.tags, OLD.description))
   EXECUTE FUNCTION empty_search_words();
"""

KEPT_BEFORE = """
DROP TRIGGER empty_search_words ON collections;
CREATE TRIGGER empty_search_words BEFORE UPDATE OF title ON collections
   FOR EACH ROW WHEN (NEW.search_words IS NOT DISTINCT FROM OLD.search_words AND NEW.title <> OLD.title)
   EXECUTE FUNCTION empty_search_words();
"""


def upgrade() -> None:
    for column in _columns():
        op.add_column("collections", column)
    for name, values in (("level", LEVELS), ("visibility", VISIBILITIES)):
        op.create_check_constraint(op.f(f"ck_collections_{name}"), "collections", f"{name} IN {values}")
    op.create_foreign_key(
        op.f("fk_collections_poster_asset_id"),
        "collections",
        "assets",
        ["poster_asset_id"],
        ["id"],
        ondelete="SET NULL",
    )
    op.create_index(op.f("ix_collections_poster_asset_id"), "collections", ["poster_asset_id"])
    op.add_column(
        "collection_items", sa.Column("is_foreign", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.create_table(
        "collection_pictures",
        sa.Column("collection_id", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["collection_id"],
            ["collections.id"],
            name=op.f("fk_collection_pictures_collection_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("collection_id", name=op.f("pk_collection_pictures")),
    )
    op.execute(KEPT)


def downgrade() -> None:
    op.drop_table("collection_pictures")
    op.execute(KEPT_BEFORE)
    # The release before lets nobody put lessons of others into a collection.
    op.execute("DELETE FROM collection_items WHERE is_foreign")
    op.drop_column("collection_items", "is_foreign")
    for column in reversed(_columns()):
        op.drop_column("collections", column.name)


def _columns() -> list[sa.Column[object]]:
    def texts(name: str) -> sa.Column[object]:
        return sa.Column(name, postgresql.ARRAY(sa.Text()), nullable=False, server_default="{}")

    return [
        sa.Column("description", sa.Text(), nullable=False, server_default=""),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        texts("tags"),
        texts("category_ids"),
        sa.Column("level", sa.Text(), nullable=True),
        sa.Column("audience", sa.Text(), nullable=True),
        sa.Column("contributors", postgresql.JSONB(), nullable=False, server_default="[]"),
        sa.Column("licence", postgresql.JSONB(), nullable=True),
        sa.Column("source_organization", postgresql.JSONB(), nullable=True),
        sa.Column("original_date", sa.Text(), nullable=True),
        sa.Column("other_ids", postgresql.JSONB(), nullable=False, server_default="{}"),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdraw_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("visibility", sa.Text(), nullable=True),
        texts("shared_organization_ids"),
        texts("shared_partner_ids"),
        sa.Column("picture_sha256", sa.Text(), nullable=True),
        sa.Column("poster_asset_id", sa.Text(), nullable=True),
    ]
