"""Indexes by which a page of a list costs the same in any catalogue, built while it is used. May be begun again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

AT_A_TIME = 2000
"""Rows that are filled in one transaction."""

FILL = sa.text("""
WITH batch AS (SELECT id, current_version_id FROM assets WHERE id > :after ORDER BY id LIMIT :most),
filled AS (
  UPDATE assets SET state = versions.state, kind = versions.kind
    FROM batch JOIN versions ON versions.id = batch.current_version_id
   WHERE assets.id = batch.id AND assets.current_version_id = versions.id
     AND (assets.state, assets.kind) IS DISTINCT FROM (versions.state, versions.kind)
)
SELECT max(id) FROM batch
""")

LISTED = sa.text("deleted_at IS NULL AND current_version_id IS NOT NULL")
INDEXES = {
    "ix_assets_listed": (["organization_id", "id"], LISTED),
    "ix_assets_listed_state": (["organization_id", "state", "id"], LISTED),
    "ix_assets_listed_kind": (["organization_id", "kind", "id"], LISTED),
    "ix_assets_listed_title": (["organization_id", "title", "id"], LISTED),
    "ix_assets_deleted": (["id"], sa.text("deleted_at IS NOT NULL")),
    "ix_assets_current_version_id": (["current_version_id"], None),
}


def upgrade() -> None:
    with op.get_context().autocommit_block():
        after = ""
        while after is not None:
            after = op.get_bind().execute(FILL, {"after": after, "most": AT_A_TIME}).scalar_one()
        for name, (columns, where) in INDEXES.items():
            # One that a try before this one left unfinished is of no use.
            op.drop_index(name, "assets", if_exists=True, postgresql_concurrently=True)
            op.create_index(name, "assets", columns, postgresql_where=where, postgresql_concurrently=True)
        op.drop_index("ix_assets_organization_id_id", "assets", if_exists=True, postgresql_concurrently=True)


def downgrade() -> None:
    op.create_index("ix_assets_organization_id_id", "assets", ["organization_id", "id"])
    for name in INDEXES:
        op.drop_index(name, "assets")
