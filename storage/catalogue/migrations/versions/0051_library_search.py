"""Lists of assets are narrowed by categories, level, licence, visibility and review as well.

Nothing but indexes, so that it may be tried again wherever it broke off.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None

LISTED = sa.text("deleted_at IS NULL AND current_version_id IS NOT NULL")

FACETS = """
-- What a list may be narrowed by: languages with and without their regions, subject, tags, captions, categories, level,
-- licence, who sees it, and how far its review is.
CREATE OR REPLACE FUNCTION asset_facets(language text, subject text, tags text[], has_captions boolean,
                                        category_ids text[], level text, licence text, visibility text, review text)
RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT array_remove(ARRAY[
           'language ' || coalesce(language, 'und'),
           'language ' || split_part(language, '-', 1),
           'subject ' || subject,
           'captions ' || has_captions,
           'level ' || level,
           'licence ' || licence,
           'visibility ' || visibility,
           'review ' || review
         ], NULL)
         || (SELECT array_agg('tag ' || tag) FROM unnest(tags) AS tag)
         || (SELECT array_agg('category ' || category) FROM unnest(category_ids) AS category)
$$;
"""


def upgrade() -> None:
    op.execute(FACETS)
    _index_facets(
        "asset_facets(language, subject, tags, has_captions, category_ids, level, licence ->> 'code', "
        "effective_visibility, review_state)"
    )
    with op.get_context().autocommit_block():
        op.drop_index("ix_assets_withdraw_at", "assets", if_exists=True, postgresql_concurrently=True)
        op.create_index(
            "ix_assets_withdraw_at",
            "assets",
            ["withdraw_at"],
            postgresql_where=sa.text("withdraw_at IS NOT NULL"),
            postgresql_concurrently=True,
        )


def downgrade() -> None:
    op.drop_index("ix_assets_withdraw_at", "assets")
    _index_facets("asset_facets(language, subject, tags, has_captions)")
    op.execute("DROP FUNCTION asset_facets(text, text, text[], boolean, text[], text, text, text, text)")


def _index_facets(facets: str) -> None:
    """Make the index of searches anew. The release before searches by its words meanwhile, and goes through lists for
    the rest."""
    with op.get_context().autocommit_block():
        # One that a try before this one left unfinished is of no use.
        op.drop_index("ix_assets_search_now", "assets", if_exists=True, postgresql_concurrently=True)
        op.create_index(
            "ix_assets_search_now",
            "assets",
            ["search_words", sa.text(facets)],
            postgresql_using="gin",
            postgresql_with={"fastupdate": "off"},
            postgresql_where=LISTED,
            postgresql_concurrently=True,
        )
        op.drop_index("ix_assets_search", "assets", if_exists=True, postgresql_concurrently=True)
        op.execute("ALTER INDEX ix_assets_search_now RENAME TO ix_assets_search")
