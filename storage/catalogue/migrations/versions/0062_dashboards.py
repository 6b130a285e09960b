"""What dashboards read: days of branches of the tree, months of assets, and what each asset takes in the storage.

All of it is added up from what there is; the keeper keeps it so from then on.
"""

from __future__ import annotations

from alembic import op

revision = "0062"
down_revision = "0061"
branch_labels = None
depends_on = None

SUMMED = (
    "views",
    "attendance",
    "viewers",
    "plays",
    "starts",
    "played_ms",
    "watched_ms",
    "completed",
    "startups",
    "startup_ms",
    "stalls",
    "stall_ms",
    "errors",
    "bitrate_ms",
    "measured_ms",
    "bytes",
)
COLUMNS = ",\n  ".join(f"{name} BIGINT NOT NULL" for name in SUMMED)
SUMS = ", ".join(f"sum({name})" for name in SUMMED)
NAMES = ", ".join(SUMMED)
COMPLETION = "sum(round(completion * 1000000)::bigint) / 1000000::float"

TABLES = f"""
CREATE TABLE branch_view_days (
  organization_id TEXT NOT NULL,
  day DATE NOT NULL,
  partner_id TEXT NOT NULL,
  rule_version SMALLINT NOT NULL,
  refused JSONB NOT NULL,
  completion DOUBLE PRECISION NOT NULL,
  {COLUMNS},
  CONSTRAINT pk_branch_view_days PRIMARY KEY (organization_id, day, partner_id)
);

CREATE TABLE stale_branches (
  organization_id TEXT NOT NULL,
  before DATE,
  CONSTRAINT pk_stale_branches PRIMARY KEY (organization_id)
);

CREATE TABLE view_months (
  asset_id TEXT NOT NULL,
  month DATE NOT NULL,
  partner_id TEXT NOT NULL,
  organization_id TEXT NOT NULL,
  completion DOUBLE PRECISION NOT NULL,
  {COLUMNS},
  CONSTRAINT pk_view_months PRIMARY KEY (asset_id, month, partner_id, organization_id)
);
CREATE INDEX ix_view_months_organization_id ON view_months (organization_id, partner_id, month)
  INCLUDE (asset_id, views, watched_ms, bytes);

CREATE TABLE asset_storage (
  asset_id TEXT NOT NULL,
  bytes BIGINT NOT NULL,
  CONSTRAINT pk_asset_storage PRIMARY KEY (asset_id)
);

CREATE INDEX ix_assets_old_views ON assets (organization_id, old_views) WHERE old_views IS NOT NULL;
"""

FILLED = f"""
INSERT INTO stale_branches SELECT id, NULL FROM organizations;

INSERT INTO view_months (month, asset_id, organization_id, partner_id, completion, {NAMES})
SELECT month, asset_id, organization_id, CASE GROUPING(partner_id) WHEN 0 THEN partner_id ELSE '*' END,
       {COMPLETION}, {SUMS}
  FROM (SELECT date_trunc('month', day)::date AS month, * FROM view_days) AS days
 GROUP BY GROUPING SETS ((month, asset_id, organization_id, partner_id), (month, asset_id, organization_id));
"""  # noqa: S608 -- of names that stand above


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(FILLED)


def downgrade() -> None:
    op.execute("DROP INDEX ix_assets_old_views")
    op.execute("DROP TABLE branch_view_days, stale_branches, view_months, asset_storage")
