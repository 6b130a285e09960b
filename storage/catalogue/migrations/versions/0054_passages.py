"""What is said in lessons is searched in passages; lessons are found in the order of clicks and by how long they are;
courses are found, too.

Passages go with their track, so nothing that is replaced or removed is found any more. The keeper writes those of
tracks that have none yet: of all that are there, and of those that the release before puts. Triggers keep ``duration``
and empty words of courses that the release before renames. The next migration makes indexes and fills ``duration``.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None

KEPT = """
CREATE FUNCTION keep_duration() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE assets SET duration = (NEW.facts ->> 'duration')::double precision
   WHERE id = NEW.asset_id AND current_version_id = NEW.id
     AND duration IS DISTINCT FROM (NEW.facts ->> 'duration')::double precision;
  RETURN NULL;
END $$;

CREATE TRIGGER keep_duration AFTER UPDATE OF facts ON versions
   FOR EACH ROW WHEN ((OLD.facts ->> 'duration') IS DISTINCT FROM (NEW.facts ->> 'duration'))
   EXECUTE FUNCTION keep_duration();

CREATE FUNCTION take_duration() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  SELECT (facts ->> 'duration')::double precision INTO NEW.duration
    FROM versions WHERE id = NEW.current_version_id;
  RETURN NEW;
END $$;

CREATE TRIGGER take_duration BEFORE UPDATE OF current_version_id ON assets
   FOR EACH ROW WHEN (NEW.current_version_id IS DISTINCT FROM OLD.current_version_id)
   EXECUTE FUNCTION take_duration();

CREATE TRIGGER empty_search_words BEFORE UPDATE OF title ON collections
   FOR EACH ROW WHEN (NEW.search_words IS NOT DISTINCT FROM OLD.search_words AND NEW.title <> OLD.title)
   EXECUTE FUNCTION empty_search_words();
"""

QUIET = "'search_words'"
"""One of the columns of ``tell_of_asset`` that belong to nobody's change (migration 0042)."""


def upgrade() -> None:
    op.add_column(
        "tracks", sa.Column("passages_format", sa.SmallInteger(), nullable=False, server_default="0")
    )
    op.create_table(
        "passages",
        sa.Column("track_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("asset_id", sa.Text(), nullable=False),
        sa.Column("version_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("start_ms", sa.Integer(), nullable=False),
        sa.Column("end_ms", sa.Integer(), nullable=False),
        sa.Column("times", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("words", postgresql.TSVECTOR(), nullable=False),
        sa.ForeignKeyConstraint(
            ["track_id"], ["tracks.id"], name=op.f("fk_passages_track_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("track_id", "number", name=op.f("pk_passages")),
    )
    op.create_index("ix_passages_asset_id_version_id", "passages", ["asset_id", "version_id", "start_ms"])
    op.create_index(
        "ix_passages_words",
        "passages",
        ["words"],
        postgresql_using="gin",
        postgresql_with={"fastupdate": "off"},
    )
    op.add_column("assets", sa.Column("duration", sa.Double(), nullable=True))
    op.add_column("collections", sa.Column("search_words", postgresql.TSVECTOR(), nullable=True))
    _change_events(QUIET, f"'duration', {QUIET}")
    op.execute(KEPT)


def downgrade() -> None:
    op.execute(
        "DROP TRIGGER empty_search_words ON collections; DROP TRIGGER take_duration ON assets; "
        "DROP TRIGGER keep_duration ON versions; DROP FUNCTION take_duration(), keep_duration()"
    )
    _change_events(f"'duration', {QUIET}", QUIET)
    op.drop_column("collections", "search_words")
    op.drop_column("assets", "duration")
    op.drop_table("passages")
    op.drop_column("tracks", "passages_format")


def _change_events(before: str, after: str) -> None:
    """What the release before tells of a change stays as it is but for a column that belongs to nobody's change."""
    known = op.get_bind().scalar(sa.text("SELECT pg_get_functiondef('tell_of_asset()'::regprocedure)"))
    if before not in known:
        raise RuntimeError("tell_of_asset is not as it was when this was written")
    op.execute(known.replace(before, after))
