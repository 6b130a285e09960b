"""Uploads of a part of a file, which belong to no asset, and those that join such parts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

# What belongs to no asset is no event.
TOLD = (
    ("tell_of_new_upload", "INSERT", "NEW.version_id IS NOT NULL", ""),
    (
        "tell_of_upload",
        "UPDATE OF finished_at",
        "OLD.finished_at IS NULL AND NEW.finished_at IS NOT NULL",
        " AND NEW.version_id IS NOT NULL",
    ),
    ("tell_of_gone_upload", "DELETE", "OLD.finished_at IS NULL", " AND OLD.version_id IS NOT NULL"),
)


def _tell(*, of_parts: bool) -> None:
    for name, event, condition, of_assets in TOLD:
        when = "" if of_parts and not of_assets else f"WHEN ({condition}{'' if of_parts else of_assets})"
        op.execute(f"DROP TRIGGER {name} ON uploads")
        op.execute(
            f"CREATE CONSTRAINT TRIGGER {name} AFTER {event} ON uploads DEFERRABLE INITIALLY DEFERRED "
            f"FOR EACH ROW {when} EXECUTE FUNCTION tell_of_upload()"
        )


def upgrade() -> None:
    op.alter_column("uploads", "version_id", existing_type=sa.Text(), nullable=True)
    op.add_column("uploads", sa.Column("concat", sa.Text(), nullable=True))
    op.add_column("uploads", sa.Column("partial_ids", postgresql.ARRAY(sa.Text()), nullable=True))
    op.add_column("uploads", sa.Column("is_joined", sa.Boolean(), server_default=sa.false(), nullable=False))
    _tell(of_parts=False)


def downgrade() -> None:
    _tell(of_parts=True)
    op.execute("DELETE FROM uploads WHERE version_id IS NULL")
    for column in ("is_joined", "partial_ids", "concat"):
        op.drop_column("uploads", column)
    op.alter_column("uploads", "version_id", existing_type=sa.Text(), nullable=False)
