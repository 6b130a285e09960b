"""What was watched: beats and plays by day, the days that are added up from them, and clicks to sort lessons by.

Partitions are made by the keeper. Clicks change all the time and belong to nobody's change: no event tells of them.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE beats (
  day DATE NOT NULL,
  play_id TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  received_at TIMESTAMP WITH TIME ZONE NOT NULL,
  study TEXT NOT NULL,
  beat JSONB NOT NULL,
  CONSTRAINT pk_beats PRIMARY KEY (day, play_id, sequence)
) PARTITION BY RANGE (day);

CREATE TABLE plays (
  day DATE NOT NULL,
  id TEXT NOT NULL,
  asset_id TEXT NOT NULL,
  organization_id TEXT NOT NULL,
  version_id TEXT NOT NULL,
  playback_id TEXT NOT NULL,
  partner_id TEXT NOT NULL,
  viewer TEXT NOT NULL,
  source TEXT NOT NULL,
  outcome TEXT NOT NULL,
  rule_version SMALLINT NOT NULL,
  suspicion TEXT,
  attendance INTEGER NOT NULL,
  began_at TIMESTAMP WITH TIME ZONE NOT NULL,
  last_at TIMESTAMP WITH TIME ZONE NOT NULL,
  opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
  counted_at TIMESTAMP WITH TIME ZONE,
  beats INTEGER NOT NULL,
  duration INTEGER,
  clock_ms BIGINT NOT NULL,
  ahead_ms BIGINT NOT NULL,
  fastest DOUBLE PRECISION NOT NULL,
  playing_ms BIGINT NOT NULL,
  attended_ms BIGINT NOT NULL,
  played_ms BIGINT NOT NULL,
  watched_ms BIGINT NOT NULL,
  watched INTEGER[] NOT NULL,
  bins INTEGER[] NOT NULL,
  startup_ms INTEGER,
  stalls INTEGER NOT NULL,
  stall_ms BIGINT NOT NULL,
  errors JSONB NOT NULL,
  bitrate_ms BIGINT NOT NULL,
  measured_ms BIGINT NOT NULL,
  frames BIGINT NOT NULL,
  dropped BIGINT NOT NULL,
  bytes BIGINT NOT NULL,
  CONSTRAINT pk_plays PRIMARY KEY (day, id)
) PARTITION BY RANGE (day);
CREATE INDEX ix_plays_asset_id_day_id ON plays (asset_id, day, id);
CREATE INDEX ix_plays_organization_id_day ON plays (organization_id, day);
CREATE INDEX ix_plays_viewer_asset_id ON plays (viewer, asset_id, counted_at) WHERE outcome = 'counted';

CREATE TABLE starts (
  day DATE NOT NULL,
  batch TEXT NOT NULL,
  asset_id TEXT NOT NULL,
  partner_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  organization_id TEXT NOT NULL,
  number INTEGER NOT NULL,
  CONSTRAINT pk_starts PRIMARY KEY (day, batch, asset_id, partner_id, kind)
) PARTITION BY RANGE (day);
CREATE INDEX ix_starts_asset_id_day ON starts (asset_id, day);

CREATE TABLE stale_days (
  day DATE NOT NULL,
  asset_id TEXT NOT NULL,
  organization_id TEXT NOT NULL,
  marked_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_stale_days PRIMARY KEY (day, asset_id)
);

CREATE TABLE view_days (
  asset_id TEXT NOT NULL,
  day DATE NOT NULL,
  partner_id TEXT NOT NULL,
  organization_id TEXT NOT NULL,
  retention INTEGER[] NOT NULL,
  rule_version SMALLINT NOT NULL,
  views BIGINT NOT NULL,
  attendance BIGINT NOT NULL,
  viewers BIGINT NOT NULL,
  plays BIGINT NOT NULL,
  starts BIGINT NOT NULL,
  refused JSONB NOT NULL,
  played_ms BIGINT NOT NULL,
  watched_ms BIGINT NOT NULL,
  completion DOUBLE PRECISION NOT NULL,
  completed BIGINT NOT NULL,
  startups BIGINT NOT NULL,
  startup_ms BIGINT NOT NULL,
  stalls BIGINT NOT NULL,
  stall_ms BIGINT NOT NULL,
  errors BIGINT NOT NULL,
  bitrate_ms BIGINT NOT NULL,
  measured_ms BIGINT NOT NULL,
  bytes BIGINT NOT NULL,
  CONSTRAINT pk_view_days PRIMARY KEY (asset_id, day, partner_id)
);
CREATE INDEX ix_view_days_organization_id_day ON view_days (organization_id, day);
CREATE INDEX ix_view_days_partner_id_day ON view_days (partner_id, day) WHERE partner_id <> '';

CREATE TABLE organization_view_days (
  organization_id TEXT NOT NULL,
  day DATE NOT NULL,
  partner_id TEXT NOT NULL,
  rule_version SMALLINT NOT NULL,
  views BIGINT NOT NULL,
  attendance BIGINT NOT NULL,
  viewers BIGINT NOT NULL,
  plays BIGINT NOT NULL,
  starts BIGINT NOT NULL,
  refused JSONB NOT NULL,
  played_ms BIGINT NOT NULL,
  watched_ms BIGINT NOT NULL,
  completion DOUBLE PRECISION NOT NULL,
  completed BIGINT NOT NULL,
  startups BIGINT NOT NULL,
  startup_ms BIGINT NOT NULL,
  stalls BIGINT NOT NULL,
  stall_ms BIGINT NOT NULL,
  errors BIGINT NOT NULL,
  bitrate_ms BIGINT NOT NULL,
  measured_ms BIGINT NOT NULL,
  bytes BIGINT NOT NULL,
  CONSTRAINT pk_organization_view_days PRIMARY KEY (organization_id, day, partner_id)
);

CREATE TABLE storage_days (
  organization_id TEXT NOT NULL,
  day DATE NOT NULL,
  assets BIGINT NOT NULL,
  bytes BIGINT NOT NULL,
  CONSTRAINT pk_storage_days PRIMARY KEY (organization_id, day)
);
"""

QUIET = "'search_words'"
"""One of the columns of ``tell_of_asset`` that belong to nobody's change (migration 0042)."""


def upgrade() -> None:
    op.add_column("assets", sa.Column("clicks", sa.BigInteger(), nullable=False, server_default="0"))
    _change_events(QUIET, f"'clicks', {QUIET}")
    op.execute(TABLES)


def downgrade() -> None:
    op.execute(
        "DROP TABLE beats, plays, starts, stale_days, view_days, organization_view_days, storage_days CASCADE"
    )
    _change_events(f"'clicks', {QUIET}", QUIET)
    op.drop_column("assets", "clicks")


def _change_events(before: str, after: str) -> None:
    known = op.get_bind().scalar(sa.text("SELECT pg_get_functiondef('tell_of_asset()'::regprocedure)"))
    if known.count(before) != 1:
        raise RuntimeError("tell_of_asset is not as it was when this was written")
    op.execute(known.replace(before, after))
