"""Webhooks: endpoints, secrets, deliveries and attempts. And an event when another version becomes the current one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

TELLING = """
CREATE FUNCTION tell_of_activation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM tell_event_of('version.activated', NEW.id, jsonb_build_object(
    'version_id', id, 'state', state, 'kind', kind, 'failure_code', failure_code))
     FROM versions WHERE id = NEW.current_version_id;
  RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER tell_of_activation AFTER UPDATE OF current_version_id ON assets
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN (OLD.current_version_id IS NOT NULL AND NEW.current_version_id IS NOT NULL
        AND OLD.current_version_id <> NEW.current_version_id)
  EXECUTE FUNCTION tell_of_activation();
"""


def moment(name: str, *, now: bool = False) -> sa.Column[object]:
    default = sa.text("now()") if now else None
    return sa.Column(name, sa.DateTime(timezone=True), server_default=default, nullable=not now)


def upgrade() -> None:
    op.create_table(
        "webhook_endpoints",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("organization_id", sa.Text(), sa.ForeignKey("organizations.id"), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("event_types", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        moment("gone_at"),
        moment("failing_since"),
        sa.Column("warned_hours", sa.Integer(), nullable=False),
        moment("paused_until"),
        sa.Column(
            "told_transaction_id",
            sa.BigInteger(),
            server_default=sa.text("pg_snapshot_xmin(pg_current_snapshot())::text::bigint"),
            nullable=False,
        ),
        sa.Column("told_number", sa.BigInteger(), nullable=False),
        moment("created_at", now=True),
        moment("updated_at", now=True),
    )
    op.create_index("ix_webhook_endpoints_organization_id_id", "webhook_endpoints", ["organization_id", "id"])
    endpoint = sa.ForeignKey("webhook_endpoints.id", ondelete="CASCADE")
    op.create_table(
        "webhook_secrets",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("endpoint_id", sa.Text(), endpoint, nullable=False),
        sa.Column("signing", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.Text(), nullable=True),
        moment("created_at", now=True),
        moment("expires_at"),
    )
    op.create_index(op.f("ix_webhook_secrets_endpoint_id"), "webhook_secrets", ["endpoint_id"])
    endpoint = sa.ForeignKey("webhook_endpoints.id", ondelete="CASCADE")
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("endpoint_id", sa.Text(), endpoint, nullable=False),
        sa.Column("event_id", sa.Text(), sa.ForeignKey("events.id", ondelete="CASCADE"), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        moment("next_at", now=True),
        sa.Column("lease_owner", sa.Text(), nullable=True),
        moment("lease_until"),
        sa.Column("fence", sa.Integer(), nullable=False),
        moment("created_at", now=True),
        moment("delivered_at"),
        sa.UniqueConstraint(
            "endpoint_id", "event_id", name=op.f("uq_webhook_deliveries_endpoint_id_event_id")
        ),
    )
    op.create_index(
        "ix_webhook_deliveries_pending",
        "webhook_deliveries",
        ["endpoint_id", "next_at"],
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_index("ix_webhook_deliveries_listed", "webhook_deliveries", ["endpoint_id", "id"])
    op.create_index(op.f("ix_webhook_deliveries_event_id"), "webhook_deliveries", ["event_id"])
    delivery = sa.ForeignKey("webhook_deliveries.id", ondelete="CASCADE")
    op.create_table(
        "webhook_attempts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("delivery_id", sa.BigInteger(), delivery, nullable=False),
        moment("at", now=True),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
    )
    op.create_index(op.f("ix_webhook_attempts_delivery_id"), "webhook_attempts", ["delivery_id"])
    op.execute(TELLING)


def downgrade() -> None:
    op.execute("DROP TRIGGER tell_of_activation ON assets; DROP FUNCTION tell_of_activation()")
    for table in ("webhook_attempts", "webhook_deliveries", "webhook_secrets", "webhook_endpoints"):
        op.drop_table(table)
