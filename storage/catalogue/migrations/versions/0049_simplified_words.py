"""Words that assets are found by are those of simplified characters (format 2 of ``storage.search_words``).

The index of what the keeper has to write takes in what is written in format 1: by the release before, which goes on
reading and writing meanwhile, and all that was there.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None

NAME = "ix_assets_search_words_missing"


def upgrade() -> None:
    _make("search_words IS NULL OR NOT search_words @@ '''#2'''::tsquery")


def downgrade() -> None:
    _make("search_words IS NULL")


def _make(missing: str) -> None:
    with op.get_context().autocommit_block():
        op.drop_index(NAME, "assets", if_exists=True, postgresql_concurrently=True)
        op.create_index(
            NAME, "assets", ["id"], postgresql_where=sa.text(missing), postgresql_concurrently=True
        )
