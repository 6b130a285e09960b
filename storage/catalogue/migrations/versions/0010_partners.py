"""Partners: sites that may embed, what is shared with them, their keys; and public playback IDs for partners alone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "partners",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organization_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("origins", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("requests_per_second", sa.BigInteger(), nullable=False),
        sa.Column("bytes_per_second", sa.BigInteger(), nullable=False),
        sa.Column("bytes_per_day", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_partners_organization_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partners")),
    )
    op.create_index(op.f("ix_partners_organization_id"), "partners", ["organization_id"], unique=False)
    op.create_table(
        "partner_collections",
        sa.Column("partner_id", sa.Text(), nullable=False),
        sa.Column("collection_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["partner_id"],
            ["partners.id"],
            name=op.f("fk_partner_collections_partner_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["collection_id"],
            ["collections.id"],
            name=op.f("fk_partner_collections_collection_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("partner_id", "collection_id", name=op.f("pk_partner_collections")),
    )
    op.create_index(
        op.f("ix_partner_collections_collection_id"), "partner_collections", ["collection_id"], unique=False
    )
    op.add_column("api_keys", sa.Column("partner_id", sa.Text(), nullable=True))
    op.create_foreign_key(
        op.f("fk_api_keys_partner_id"), "api_keys", "partners", ["partner_id"], ["id"], ondelete="CASCADE"
    )
    op.create_index(op.f("ix_api_keys_partner_id"), "api_keys", ["partner_id"], unique=False)
    op.create_check_constraint(
        op.f("ck_api_keys_partner"), "api_keys", "partner_id IS NULL OR role = 'partner'"
    )
    op.add_column("playback_ids", sa.Column("origins", sa.Text(), server_default="any", nullable=False))
    op.create_check_constraint(
        op.f("ck_playback_ids_origins"), "playback_ids", "origins IN ('any', 'partners')"
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_playback_ids_origins"), "playback_ids")
    op.drop_column("playback_ids", "origins")
    op.drop_constraint(op.f("ck_api_keys_partner"), "api_keys")
    op.drop_column("api_keys", "partner_id")
    op.drop_table("partner_collections")
    op.drop_table("partners")
