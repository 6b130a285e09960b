"""What portals need: names of their own for assets, keys of their own for tokens."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("assets", sa.Column("external_id", sa.Text(), nullable=True))
    op.create_index(
        "ix_assets_external_id_organization_id",
        "assets",
        ["external_id", "organization_id"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL AND external_id IS NOT NULL"),
    )
    op.add_column("signing_keys", sa.Column("label", sa.Text(), server_default="", nullable=False))
    op.create_unique_constraint(
        "uq_signing_keys_organization_id_public_key", "signing_keys", ["organization_id", "public_key"]
    )


def downgrade() -> None:
    op.drop_constraint("uq_signing_keys_organization_id_public_key", "signing_keys")
    op.drop_column("signing_keys", "label")
    op.drop_index("ix_assets_external_id_organization_id", "assets")
    op.drop_column("assets", "external_id")
