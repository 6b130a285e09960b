"""What becomes of courses is told, as of assets: by triggers, in the transaction of the change."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0064"
down_revision = "0063"
branch_labels = None
depends_on = None

TELLING = """
CREATE FUNCTION tell_of_collection() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  collection collections%ROWTYPE;
  before jsonb;
  changed jsonb;
  told text;
BEGIN
  IF TG_OP = 'INSERT' THEN
    collection := NEW; told := 'collection.created';
  ELSIF TG_OP = 'DELETE' THEN
    collection := OLD; told := 'collection.deleted';
  ELSIF NEW.created_at >= transaction_timestamp() THEN
    RETURN NULL;  -- belongs to its creation
  ELSE
    collection := NEW; told := 'collection.changed';
    before := to_jsonb(OLD);
    SELECT jsonb_agg(field.name ORDER BY field.name) INTO changed
      FROM (SELECT DISTINCT CASE each.key WHEN 'items_revision' THEN 'items'
                                          WHEN 'poster_asset_id' THEN 'poster'
                                          WHEN 'picture_sha256' THEN 'poster' ELSE each.key END AS name
              FROM jsonb_each(to_jsonb(NEW)) AS each
             WHERE each.value IS DISTINCT FROM before -> each.key
               -- These belong to nobody's change.
               AND each.key NOT IN ('updated_at', 'search_words')) AS field;
    IF changed IS NULL THEN
      RETURN NULL;
    END IF;
  END IF;
  PERFORM tell_event(told, collection.organization_id, NULL,
                     jsonb_build_object('collection_id', collection.id, 'title', collection.title)
                     || CASE WHEN changed IS NULL THEN '{}' ELSE jsonb_build_object('changed', changed) END);
  RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER tell_of_new_collection AFTER INSERT OR DELETE ON collections
   DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION tell_of_collection();
CREATE CONSTRAINT TRIGGER tell_of_collection AFTER UPDATE ON collections
   DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*)
   EXECUTE FUNCTION tell_of_collection();
"""


def upgrade() -> None:
    op.add_column(
        "collections", sa.Column("items_revision", sa.Integer(), nullable=False, server_default="0")
    )
    op.execute(TELLING)


def downgrade() -> None:
    op.execute(
        "DROP TRIGGER tell_of_collection ON collections; DROP TRIGGER tell_of_new_collection ON collections; "
        "DROP FUNCTION tell_of_collection()"
    )
    op.drop_column("collections", "items_revision")
