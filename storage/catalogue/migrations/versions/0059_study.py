"""What was studied: what courses ask, sessions of learners, and what they add up to."""

from __future__ import annotations

from alembic import op

revision = "0059"
down_revision = "0058"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE study_courses (
  collection_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  speed_limit DOUBLE PRECISION,
  presence_seconds INTEGER,
  threshold DOUBLE PRECISION,
  required_seconds INTEGER,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_study_courses PRIMARY KEY (collection_id)
);

CREATE TABLE study_sessions (
  id TEXT NOT NULL,
  portal_id TEXT NOT NULL,
  learner TEXT NOT NULL,
  collection_id TEXT NOT NULL,
  asset_id TEXT NOT NULL,
  version_id TEXT NOT NULL,
  play_id TEXT NOT NULL,
  nonce TEXT NOT NULL,
  mode TEXT NOT NULL,
  speed_limit DOUBLE PRECISION NOT NULL,
  presence_ms INTEGER,
  duration INTEGER,
  clock BIGINT NOT NULL,
  opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
  ended_at TIMESTAMP WITH TIME ZONE,
  end_reason TEXT,
  heard_at TIMESTAMP WITH TIME ZONE,
  state JSONB NOT NULL,
  furthest INTEGER NOT NULL,
  forged BOOLEAN NOT NULL,
  believed INTEGER[] NOT NULL,
  played_ms BIGINT NOT NULL,
  refused JSONB NOT NULL,
  CONSTRAINT pk_study_sessions PRIMARY KEY (id)
);
CREATE INDEX ix_study_sessions_learner ON study_sessions (portal_id, learner, collection_id, asset_id);
CREATE UNIQUE INDEX ix_study_sessions_open ON study_sessions (portal_id, learner) WHERE ended_at IS NULL;

CREATE TABLE study_records (
  collection_id TEXT NOT NULL,
  portal_id TEXT NOT NULL,
  learner TEXT NOT NULL,
  asset_id TEXT NOT NULL,
  version_id TEXT NOT NULL,
  duration INTEGER,
  believed INTEGER[] NOT NULL,
  believed_ms BIGINT NOT NULL,
  played_ms BIGINT NOT NULL,
  sessions INTEGER NOT NULL,
  refused JSONB NOT NULL,
  completed_at TIMESTAMP WITH TIME ZONE,
  first_at TIMESTAMP WITH TIME ZONE NOT NULL,
  last_at TIMESTAMP WITH TIME ZONE NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_study_records PRIMARY KEY (collection_id, portal_id, learner, asset_id, version_id)
);
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    op.execute("DROP TABLE study_courses, study_sessions, study_records")
