"""State and kind of assets beside what lists are ordered by.

Triggers keep both columns, for workers of the release before know nothing of them. A row of ``assets`` is locked last,
after its version and their steps.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

KEPT = """
CREATE FUNCTION keep_listed_state() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE assets SET state = NEW.state, kind = NEW.kind
   WHERE id = NEW.asset_id AND current_version_id = NEW.id
     AND (state, kind) IS DISTINCT FROM (NEW.state, NEW.kind);
  RETURN NULL;
END $$;

CREATE FUNCTION take_listed_state() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.current_version_id IS NOT NULL THEN
    SELECT state, kind INTO NEW.state, NEW.kind FROM versions WHERE id = NEW.current_version_id;
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER keep_listed_state AFTER UPDATE OF state, kind ON versions
   FOR EACH ROW WHEN ((OLD.state, OLD.kind) IS DISTINCT FROM (NEW.state, NEW.kind))
   EXECUTE FUNCTION keep_listed_state();

CREATE TRIGGER take_listed_state BEFORE INSERT OR UPDATE OF current_version_id ON assets
   FOR EACH ROW EXECUTE FUNCTION take_listed_state();
"""


def upgrade() -> None:
    op.add_column("assets", sa.Column("state", sa.Text(), nullable=False, server_default="uploading"))
    op.add_column("assets", sa.Column("kind", sa.Text(), nullable=True))
    op.execute(KEPT)


def downgrade() -> None:
    op.execute("DROP TRIGGER keep_listed_state ON versions; DROP TRIGGER take_listed_state ON assets")
    op.execute("DROP FUNCTION keep_listed_state(); DROP FUNCTION take_listed_state()")
    op.drop_column("assets", "kind")
    op.drop_column("assets", "state")
