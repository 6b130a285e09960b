"""What lists of assets are searched and narrowed by: words of titles, tags and descriptions, and whether there are
captions.

A trigger empties words whose text was changed without them, as the release before does, and the keeper writes what is
empty: rows of that release and all that were there before. Captions count from the row of a track on, by whomever it is
written; ``assets`` is locked after the version, as always.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

LISTED = sa.text("deleted_at IS NULL AND current_version_id IS NOT NULL")

KEPT = """
CREATE FUNCTION empty_search_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.search_words := NULL;
  RETURN NEW;
END $$;

CREATE TRIGGER empty_search_words BEFORE UPDATE OF title, tags, description ON assets
   FOR EACH ROW WHEN (NEW.search_words IS NOT DISTINCT FROM OLD.search_words
                      AND (NEW.title, NEW.tags, NEW.description)
                          IS DISTINCT FROM (OLD.title, OLD.tags, OLD.description))
   EXECUTE FUNCTION empty_search_words();

CREATE FUNCTION keep_has_captions() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  track tracks%ROWTYPE;
  has boolean := TRUE;
BEGIN
  IF TG_OP = 'DELETE' THEN
    track := OLD;
    has := EXISTS (SELECT FROM tracks WHERE version_id = OLD.version_id AND kind = 'captions');
  ELSE
    track := NEW;
  END IF;
  UPDATE assets SET has_captions = has
   WHERE id = (SELECT asset_id FROM versions WHERE versions.id = track.version_id)
     AND current_version_id = track.version_id AND has_captions <> has;
  RETURN NULL;
END $$;

CREATE TRIGGER keep_has_captions_put AFTER INSERT ON tracks
   FOR EACH ROW WHEN (NEW.kind = 'captions') EXECUTE FUNCTION keep_has_captions();
CREATE TRIGGER keep_has_captions_deleted AFTER DELETE ON tracks
   FOR EACH ROW WHEN (OLD.kind = 'captions') EXECUTE FUNCTION keep_has_captions();

CREATE FUNCTION take_has_captions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.has_captions := EXISTS
      (SELECT FROM tracks WHERE version_id = NEW.current_version_id AND kind = 'captions');
  RETURN NEW;
END $$;

CREATE TRIGGER take_has_captions BEFORE UPDATE OF current_version_id ON assets
   FOR EACH ROW WHEN (NEW.current_version_id IS DISTINCT FROM OLD.current_version_id)
   EXECUTE FUNCTION take_has_captions();

-- What a list may be narrowed by: languages with and without their regions, subject, tags, captions.
CREATE FUNCTION asset_facets(language text, subject text, tags text[], has_captions boolean) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT array_remove(ARRAY[
           'language ' || coalesce(language, 'und'),
           'language ' || split_part(language, '-', 1),
           'subject ' || subject,
           'captions ' || has_captions
         ], NULL) || (SELECT array_agg('tag ' || tag) FROM unnest(tags) AS tag)
$$;
"""

COUNTED = "AND field.key NOT IN ('state', 'kind', 'updated_at')"
COUNTED_NOW = "AND field.key NOT IN ('state', 'kind', 'updated_at', 'search_words', 'has_captions')"


def upgrade() -> None:
    op.add_column("assets", sa.Column("search_words", postgresql.TSVECTOR(), nullable=True))
    op.add_column(
        "assets", sa.Column("has_captions", sa.Boolean(), nullable=False, server_default=sa.text("false"))
    )
    _change_events(COUNTED, COUNTED_NOW)
    op.execute(KEPT)
    op.execute(
        "UPDATE assets SET has_captions = true WHERE EXISTS (SELECT FROM tracks "
        "WHERE tracks.version_id = assets.current_version_id AND tracks.kind = 'captions')"
    )
    with op.get_context().autocommit_block():
        for name in ("ix_assets_search", "ix_assets_search_words_missing"):
            # One that a try before this one left unfinished is of no use.
            op.drop_index(name, "assets", if_exists=True, postgresql_concurrently=True)
        op.create_index(
            "ix_assets_search",
            "assets",
            ["search_words", sa.text("asset_facets(language, subject, tags, has_captions)")],
            postgresql_using="gin",
            postgresql_with={"fastupdate": "off"},
            postgresql_where=LISTED,
            postgresql_concurrently=True,
        )
        op.create_index(
            "ix_assets_search_words_missing",
            "assets",
            ["id"],
            postgresql_where=sa.text("search_words IS NULL"),
            postgresql_concurrently=True,
        )


def downgrade() -> None:
    op.drop_index("ix_assets_search_words_missing", "assets")
    op.drop_index("ix_assets_search", "assets")
    op.execute(
        "DROP TRIGGER empty_search_words ON assets; DROP TRIGGER take_has_captions ON assets; "
        "DROP TRIGGER keep_has_captions_put ON tracks; DROP TRIGGER keep_has_captions_deleted ON tracks; "
        "DROP FUNCTION empty_search_words(), take_has_captions(), keep_has_captions(), "
        "asset_facets(text, text, text[], boolean)"
    )
    _change_events(COUNTED_NOW, COUNTED)
    op.drop_column("assets", "has_captions")
    op.drop_column("assets", "search_words")


def _change_events(before: str, after: str) -> None:
    """What the release before tells of a change stays as it is but for the columns that belong to nobody's change."""
    known = op.get_bind().scalar(sa.text("SELECT pg_get_functiondef('tell_of_asset()'::regprocedure)"))
    if before not in known:
        raise RuntimeError("tell_of_asset is not as it was when this was written")
    op.execute(known.replace(before, after))
