"""Indexes of what the keeper has to write, of lists by clicks, and of words of courses; and how long lessons are that
were there before. All of it while lists are used, and so that it may be tried again wherever it broke off.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None

LISTED = sa.text("deleted_at IS NULL AND current_version_id IS NOT NULL")
WORDS_MISSING = sa.text("search_words IS NULL OR NOT search_words @@ '''#2'''::tsquery")

INDEXES: tuple[tuple[str, str, list[str | sa.TextClause], dict[str, Any]], ...] = (
    ("ix_assets_listed_clicks", "assets", ["organization_id", "clicks", "id"], {"where": LISTED}),
    (
        "ix_assets_everybody_clicks",
        "assets",
        ["clicks", "id"],
        {"where": LISTED, "include": ["organization_id"]},
    ),
    (
        "ix_tracks_passages_missing",
        "tracks",
        ["id"],
        {"where": sa.text("state = 'shown' AND passages_format < 1")},
    ),
    ("ix_collections_search", "collections", ["search_words"], {"using": "gin"}),
    ("ix_collections_search_words_missing", "collections", ["id"], {"where": WORDS_MISSING}),
)

SOME_DURATIONS = """
UPDATE assets SET duration = few.duration
  FROM (SELECT assets.id, (facts ->> 'duration')::double precision AS duration
          FROM assets JOIN versions ON versions.id = assets.current_version_id
         WHERE assets.duration IS NULL AND facts ->> 'duration' IS NOT NULL LIMIT 1000) AS few
 WHERE assets.id = few.id
"""
"""A thousand rows at a time, which others may have to wait for."""


def upgrade() -> None:
    with op.get_context().autocommit_block():
        while op.get_bind().execute(sa.text(SOME_DURATIONS)).rowcount:
            pass
        for name, table, columns, options in INDEXES:
            # One that a try before this one left unfinished is of no use.
            op.drop_index(name, table, if_exists=True, postgresql_concurrently=True)
            op.create_index(
                name,
                table,
                columns,
                postgresql_concurrently=True,
                **{f"postgresql_{option}": value for option, value in options.items()},
            )


def downgrade() -> None:
    for name, table, _, _ in reversed(INDEXES):
        op.drop_index(name, table)
