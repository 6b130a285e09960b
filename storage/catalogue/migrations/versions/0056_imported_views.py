"""Clicks by which lists are sorted hold the views of a platform before, from the moment that those are told."""

from __future__ import annotations

from alembic import op

revision = "0056"
down_revision = "0055"
branch_labels = None
depends_on = None

KEPT = """
CREATE FUNCTION add_old_views() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.clicks := NEW.clicks + coalesce(NEW.old_views, 0)
                - CASE TG_OP WHEN 'UPDATE' THEN coalesce(OLD.old_views, 0) ELSE 0 END;
  RETURN NEW;
END $$;

CREATE TRIGGER add_old_views BEFORE INSERT OR UPDATE OF old_views ON assets
   FOR EACH ROW EXECUTE FUNCTION add_old_views();

UPDATE assets SET clicks = clicks + old_views WHERE old_views <> 0;
"""


def upgrade() -> None:
    op.execute(KEPT)


def downgrade() -> None:
    op.execute("DROP TRIGGER add_old_views ON assets; DROP FUNCTION add_old_views()")
    op.execute("UPDATE assets SET clicks = clicks - old_views WHERE old_views <> 0")
