"""The log of what others may follow of the catalogue.

Triggers only mark what may have changed, in the transaction of the change; the keeper looks at what is marked and
writes the log, one transaction at a time, so that its numbers are in the order of commits and nothing can come in
before what a reader has seen.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0066"
down_revision = "0065"
branch_labels = None
depends_on = None

_OF_BOTH = (
    "title, description, language, subject, tags, category_ids, level, audience, contributors, licence, "
    "source_organization, original_date, other_ids, published_at, withdraw_at, visibility, "
    "shared_organization_ids, shared_partner_ids, organization_id"
)
_OF_ASSETS = (
    f"{_OF_BOTH}, effective_visibility, review_state, current_version_id, state, kind, has_captions, duration, "
    "deleted_at, external_id, old_views"
)
_OF_COURSES = f"{_OF_BOTH}, items_revision, picture_sha256, poster_asset_id"

MARKING = f"""
CREATE FUNCTION mark_record() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO record_marks (kind, id)
       VALUES (TG_ARGV[0], CASE WHEN TG_OP = 'DELETE' THEN OLD.id ELSE NEW.id END);
  RETURN NULL;
END $$;

CREATE FUNCTION mark_of_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO record_marks (kind, id)
       SELECT 'asset', id FROM assets WHERE id = NEW.asset_id AND current_version_id = NEW.id;
  RETURN NULL;
END $$;

CREATE FUNCTION mark_of_playback_id() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO record_marks (kind, id)
       VALUES ('asset', CASE WHEN TG_OP = 'DELETE' THEN OLD.asset_id ELSE NEW.asset_id END);
  RETURN NULL;
END $$;

-- What a partner was given: all lessons of the course.
CREATE FUNCTION mark_of_deal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO record_marks (kind, id)
       VALUES ('deal', CASE WHEN TG_OP = 'DELETE' THEN OLD.collection_id ELSE NEW.collection_id END);
  RETURN NULL;
END $$;

CREATE FUNCTION mark_of_items() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO record_marks (kind, id) SELECT DISTINCT 'course', collection_id FROM moved;
  INSERT INTO record_marks (kind, id)
       SELECT DISTINCT 'asset', asset_id FROM moved
        WHERE EXISTS (SELECT FROM partner_collections AS deal WHERE deal.collection_id = moved.collection_id);
  RETURN NULL;
END $$;

CREATE TRIGGER mark_record_made AFTER INSERT OR DELETE ON assets
   FOR EACH ROW EXECUTE FUNCTION mark_record('asset');
CREATE TRIGGER mark_record AFTER UPDATE OF {_OF_ASSETS} ON assets
   FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION mark_record('asset');
CREATE TRIGGER mark_record_made AFTER INSERT OR DELETE ON collections
   FOR EACH ROW EXECUTE FUNCTION mark_record('course');
CREATE TRIGGER mark_record AFTER UPDATE OF {_OF_COURSES} ON collections
   FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION mark_record('course');
CREATE TRIGGER mark_of_version
   AFTER UPDATE OF state, failure_code, playable_at, tracks_revision, poster_name, source_size ON versions
   FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION mark_of_version();
CREATE TRIGGER mark_of_playback_id AFTER INSERT OR DELETE ON playback_ids
   FOR EACH ROW EXECUTE FUNCTION mark_of_playback_id();
CREATE TRIGGER mark_of_deal AFTER INSERT OR DELETE ON partner_collections
   FOR EACH ROW EXECUTE FUNCTION mark_of_deal();
CREATE TRIGGER mark_of_items_made AFTER INSERT ON collection_items
   REFERENCING NEW TABLE AS moved FOR EACH STATEMENT EXECUTE FUNCTION mark_of_items();
CREATE TRIGGER mark_of_items_changed AFTER UPDATE ON collection_items
   REFERENCING NEW TABLE AS moved FOR EACH STATEMENT EXECUTE FUNCTION mark_of_items();
CREATE TRIGGER mark_of_items_gone AFTER DELETE ON collection_items
   REFERENCING OLD TABLE AS moved FOR EACH STATEMENT EXECUTE FUNCTION mark_of_items();
CREATE TRIGGER mark_of_organization AFTER UPDATE OF name, parent_id, library ON organizations
   FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION mark_record('organization');
CREATE TRIGGER mark_of_category AFTER UPDATE OF code, name_zh, name_en, parent_id ON categories
   FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION mark_record('category');
"""  # noqa: S608  (names of columns)

FILLING = """
INSERT INTO record_marks (kind, id) SELECT 'asset', id FROM assets WHERE deleted_at IS NULL ORDER BY id;
INSERT INTO record_marks (kind, id) SELECT 'course', id FROM collections ORDER BY id;
INSERT INTO change_log (id, epoch, sequence, at)
     VALUES (1, substr(translate(gen_random_uuid()::text, '-', ''), 1, 12), 0, now());
"""

TRIGGERS = {
    "assets": ("mark_record_made", "mark_record"),
    "collections": ("mark_record_made", "mark_record"),
    "versions": ("mark_of_version",),
    "playback_ids": ("mark_of_playback_id",),
    "partner_collections": ("mark_of_deal",),
    "collection_items": ("mark_of_items_made", "mark_of_items_changed", "mark_of_items_gone"),
    "organizations": ("mark_of_organization",),
    "categories": ("mark_of_category",),
}


def upgrade() -> None:
    words = postgresql.ARRAY(sa.Text())
    op.create_table(
        "record_marks",
        sa.Column("number", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_record_marks")),
    )
    op.create_table(
        "record_states",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("audience", words, nullable=False),
        sa.Column("told", postgresql.JSONB(), nullable=False),
        sa.Column("sets", words, nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_record_states")),
    )
    op.create_index(
        "ix_record_states_due_at",
        "record_states",
        ["due_at"],
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_table(
        "catalogue_changes",
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("organization_id", sa.Text(), nullable=False),
        sa.Column("version_id", sa.Text(), nullable=True),
        sa.Column("changed", words, nullable=False),
        sa.Column("audience", words, nullable=False),
        sa.Column("before", words, nullable=False),
        sa.Column("sets", words, nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_catalogue_changes")),
    )
    op.create_index("ix_catalogue_changes_record_id_sequence", "catalogue_changes", ["record_id", "sequence"])
    op.create_index("ix_catalogue_changes_at_sequence", "catalogue_changes", ["at", "sequence"])
    op.create_table(
        "change_log",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change_log")),
    )
    op.execute(MARKING)
    op.execute(FILLING)


def downgrade() -> None:
    for table, names in TRIGGERS.items():
        for name in names:
            op.execute(f"DROP TRIGGER {name} ON {table}")
    op.execute(
        "DROP FUNCTION mark_record(), mark_of_version(), mark_of_playback_id(), mark_of_deal(), mark_of_items()"
    )
    for table in ("change_log", "catalogue_changes", "record_states", "record_marks"):
        op.drop_table(table)
