"""When things were changed last; of a version by a trigger, for workers of the release before change them, too."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

TABLES = ("organizations", "assets", "collections", "partners")
SHOWN = ("state", "kind", "facts", "failure_code", "playable_at", "tracks_revision")
"""Columns of a version whose change people notice; its progress changes every few seconds."""


def upgrade() -> None:
    for table in TABLES:
        op.add_column(
            table,
            sa.Column(
                "updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
            ),
        )
        rows = sa.table(table, sa.column("created_at"), sa.column("updated_at"))
        op.execute(rows.update().values(updated_at=rows.c.created_at))
    # Of versions that are there it stays unknown: their rows are large, and they have other times to tell of.
    op.add_column("versions", sa.Column("updated_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "CREATE FUNCTION version_is_updated() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN NEW.updated_at := now(); RETURN NEW; END $$"
    )
    changed = " OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in SHOWN)
    op.execute(
        f"CREATE TRIGGER versions_updated_at BEFORE UPDATE ON versions FOR EACH ROW WHEN ({changed}) "
        "EXECUTE FUNCTION version_is_updated()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER versions_updated_at ON versions")
    op.execute("DROP FUNCTION version_is_updated()")
    op.drop_column("versions", "updated_at")
    for table in TABLES:
        op.drop_column(table, "updated_at")
