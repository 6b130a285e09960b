"""Days of lessons are compared, and storage is told by day, from indexes alone."""

from __future__ import annotations

from alembic import op

revision = "0065"
down_revision = "0064"
branch_labels = None
depends_on = None

NEW = (
    "CREATE INDEX CONCURRENTLY ix_view_days_compared ON view_days (organization_id, day) "
    "INCLUDE (asset_id, partner_id, views, watched_ms, bytes)",
    "CREATE INDEX CONCURRENTLY ix_storage_days_day ON storage_days (day) INCLUDE (organization_id, assets, bytes)",
    "DROP INDEX CONCURRENTLY ix_view_days_organization_id_day",
)
OLD = (
    "CREATE INDEX CONCURRENTLY ix_view_days_organization_id_day ON view_days (organization_id, day)",
    "DROP INDEX CONCURRENTLY ix_storage_days_day",
    "DROP INDEX CONCURRENTLY ix_view_days_compared",
)


def upgrade() -> None:
    _run(NEW)


def downgrade() -> None:
    _run(OLD)


def _run(statements: tuple[str, ...]) -> None:
    with op.get_context().autocommit_block():
        for statement in statements:
            op.execute(statement)
