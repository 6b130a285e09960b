"""Events: what happened to assets, uploads, versions and tracks, told by triggers in the transaction of the change.

So nobody can forget to tell one: neither a view nor a worker, nor one of the release before. The triggers are deferred
to the commit, for two reasons. Counting an asset's events locks its counter, and a lock that everybody takes last makes
no circle. And what a transaction ends with is told: of captions that replace others, that they were put.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

TELLING = """
CREATE FUNCTION tell_event(told_type text, told_organization text, told_asset text, told jsonb) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  counted bigint;
BEGIN
  IF told_asset IS NOT NULL THEN
    INSERT INTO event_counters AS counter (asset_id, last) VALUES (told_asset, 1)
        ON CONFLICT (asset_id) DO UPDATE SET last = counter.last + 1
        RETURNING last INTO counted;
  END IF;
  INSERT INTO events (type, organization_id, asset_id, sequence, payload)
       VALUES (told_type, told_organization, told_asset, counted, told);
END $$;

-- As every event tells of its asset. Nothing of one that is gone or in the trash.
CREATE FUNCTION tell_event_of(told_type text, told_asset text, told jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  asset assets%ROWTYPE;
BEGIN
  SELECT * INTO asset FROM assets WHERE id = told_asset AND deleted_at IS NULL;
  IF FOUND THEN
    PERFORM tell_event(told_type, asset.organization_id, asset.id,
                       jsonb_build_object('external_id', asset.external_id, 'title', asset.title) || told);
  END IF;
END $$;

CREATE FUNCTION tell_of_asset() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  asset assets%ROWTYPE;
  before jsonb;
  changed jsonb;
  told text;
BEGIN
  IF TG_OP = 'INSERT' THEN
    asset := NEW; told := 'asset.created';
  ELSIF TG_OP = 'DELETE' THEN
    asset := OLD; told := CASE WHEN OLD.deleted_at IS NULL THEN 'asset.deleted' ELSE 'asset.purged' END;
  ELSIF OLD.deleted_at IS NULL AND NEW.deleted_at IS NOT NULL THEN
    asset := NEW; told := 'asset.deleted';
  ELSIF OLD.deleted_at IS NOT NULL AND NEW.deleted_at IS NULL THEN
    asset := NEW; told := 'asset.restored';
  ELSIF NEW.deleted_at IS NOT NULL THEN
    RETURN NULL;
  ELSE
    asset := NEW; told := 'asset.changed';
    before := to_jsonb(OLD);
    SELECT jsonb_agg(field.key ORDER BY field.key) INTO changed
      FROM jsonb_each(to_jsonb(NEW)) AS field
     WHERE field.value IS DISTINCT FROM before -> field.key
       -- The version's own events tell of these; the first and the last version belong to creation and deletion.
       AND field.key NOT IN ('state', 'kind', 'updated_at')
       AND (field.key <> 'current_version_id'
            OR OLD.current_version_id IS NOT NULL AND NEW.current_version_id IS NOT NULL);
    IF changed IS NULL THEN
      RETURN NULL;
    END IF;
  END IF;
  PERFORM tell_event(told, asset.organization_id, asset.id,
                     jsonb_build_object('external_id', asset.external_id, 'title', asset.title)
                     || CASE WHEN changed IS NULL THEN '{}' ELSE jsonb_build_object('changed', changed) END);
  RETURN NULL;
END $$;

CREATE FUNCTION tell_of_playback_id() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  of_asset text := CASE WHEN TG_OP = 'DELETE' THEN OLD.asset_id ELSE NEW.asset_id END;
BEGIN
  -- The first one belongs to the asset's creation.
  PERFORM tell_event_of('asset.changed', id, '{"changed": ["playback_ids"]}')
     FROM assets WHERE id = of_asset AND created_at < transaction_timestamp();
  RETURN NULL;
END $$;

CREATE FUNCTION tell_of_version() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  version versions%ROWTYPE;
  told text;
BEGIN
  IF TG_OP = 'DELETE' THEN
    version := OLD; told := 'version.deleted';
  ELSE
    version := NEW; told := CASE TG_OP WHEN 'INSERT' THEN 'version.created' ELSE 'version.' || NEW.state END;
  END IF;
  PERFORM tell_event_of(told, version.asset_id, jsonb_build_object(
    'version_id', version.id, 'state', version.state, 'kind', version.kind, 'failure_code', version.failure_code));
  RETURN NULL;
END $$;

-- A row of uploads outlives that of its version by a moment when both are deleted.
CREATE FUNCTION know_asset_of_upload() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  SELECT asset_id INTO NEW.asset_id FROM versions WHERE id = NEW.version_id;
  RETURN NEW;
END $$;

CREATE FUNCTION tell_of_upload() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  upload uploads%ROWTYPE;
  told text;
BEGIN
  IF TG_OP = 'DELETE' THEN
    upload := OLD; told := 'upload.deleted';
  ELSE
    upload := NEW; told := CASE TG_OP WHEN 'INSERT' THEN 'upload.created' ELSE 'upload.finished' END;
  END IF;
  PERFORM tell_event(told, upload.organization_id, upload.asset_id, jsonb_build_object(
    'external_id', (SELECT external_id FROM assets WHERE id = upload.asset_id),
    'title', (SELECT title FROM assets WHERE id = upload.asset_id),
    'upload_id', upload.id, 'version_id', upload.version_id, 'length', upload.length));
  RETURN NULL;
END $$;

CREATE FUNCTION tell_of_track() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  track tracks%ROWTYPE;
  told text;
BEGIN
  IF TG_OP = 'DELETE' THEN
    track := OLD; told := 'track.deleted';
    IF EXISTS (SELECT FROM tracks WHERE (version_id, kind, language) = (OLD.version_id, OLD.kind, OLD.language)) THEN
      RETURN NULL;  -- replaced: the new one tells of itself
    END IF;
  ELSE
    track := NEW; told := 'track.put';
  END IF;
  PERFORM tell_event_of(told, asset_id, jsonb_build_object(
    'version_id', track.version_id, 'track_id', track.id, 'kind', track.kind, 'language', track.language,
    'label', track.label)) FROM versions WHERE id = track.version_id;
  RETURN NULL;
END $$;

CREATE TRIGGER know_asset_of_upload BEFORE INSERT ON uploads FOR EACH ROW EXECUTE FUNCTION know_asset_of_upload();
"""

DEFERRED = (
    ("tell_of_new_asset", "INSERT OR DELETE ON assets", "", "tell_of_asset"),
    ("tell_of_asset", "UPDATE ON assets", "WHEN (OLD.* IS DISTINCT FROM NEW.*)", "tell_of_asset"),
    ("tell_of_playback_id", "INSERT OR DELETE ON playback_ids", "", "tell_of_playback_id"),
    ("tell_of_new_version", "INSERT OR DELETE ON versions", "", "tell_of_version"),
    # Progress changes every few seconds and is no event: only states are.
    (
        "tell_of_version",
        "UPDATE OF state ON versions",
        "WHEN (OLD.state IS DISTINCT FROM NEW.state)",
        "tell_of_version",
    ),
    ("tell_of_new_upload", "INSERT ON uploads", "", "tell_of_upload"),
    (
        "tell_of_upload",
        "UPDATE OF finished_at ON uploads",
        "WHEN (OLD.finished_at IS NULL AND NEW.finished_at IS NOT NULL)",
        "tell_of_upload",
    ),
    ("tell_of_gone_upload", "DELETE ON uploads", "WHEN (OLD.finished_at IS NULL)", "tell_of_upload"),
    ("tell_of_track", "INSERT OR UPDATE OR DELETE ON tracks", "", "tell_of_track"),
)
"""Name, what it follows, on which condition, what it calls."""


def upgrade() -> None:
    op.create_table(
        "events",
        sa.Column("id", sa.Text(), server_default=sa.text("translate(gen_random_uuid()::text, '-', '')")),
        sa.Column(
            "transaction_id",
            sa.BigInteger(),
            server_default=sa.text("pg_current_xact_id()::text::bigint"),
            nullable=False,
        ),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("organization_id", sa.Text(), nullable=False),
        sa.Column("asset_id", sa.Text(), nullable=True),
        sa.Column("sequence", sa.BigInteger(), nullable=True),
        sa.Column("payload", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
    )
    op.create_index("ix_events_transaction_id_number", "events", ["transaction_id", "number"])
    op.create_index("ix_events_listed", "events", ["organization_id", "transaction_id", "number", "id"])
    op.create_index("ix_events_asset_id_sequence", "events", ["asset_id", "sequence"])
    op.create_table(
        "event_counters",
        sa.Column("asset_id", sa.Text(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("asset_id", name=op.f("pk_event_counters")),
    )
    op.add_column("uploads", sa.Column("asset_id", sa.Text(), nullable=True))
    op.execute(
        "UPDATE uploads SET asset_id = versions.asset_id FROM versions WHERE versions.id = uploads.version_id"
    )
    op.execute(TELLING)
    for name, follows, condition, function in DEFERRED:
        op.execute(
            f"CREATE CONSTRAINT TRIGGER {name} AFTER {follows} DEFERRABLE INITIALLY DEFERRED "
            f"FOR EACH ROW {condition} EXECUTE FUNCTION {function}()"
        )


def downgrade() -> None:
    for name, follows, _condition, _function in DEFERRED:
        op.execute(f"DROP TRIGGER {name} ON {follows.rpartition(' ')[2]}")
    op.execute("DROP TRIGGER know_asset_of_upload ON uploads")
    op.execute(
        "DROP FUNCTION know_asset_of_upload(), tell_of_track(), tell_of_upload(), tell_of_version(), "
        "tell_of_playback_id(), tell_of_asset(), tell_event_of(text, text, jsonb), "
        "tell_event(text, text, text, jsonb)"
    )
    op.drop_column("uploads", "asset_id")
    op.drop_table("event_counters")
    op.drop_table("events")
