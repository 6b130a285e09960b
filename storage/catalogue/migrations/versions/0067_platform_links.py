"""Links to other platforms, and what is shared with them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0067"
down_revision = "0066"
branch_labels = None
depends_on = None

STATES = "('waiting', 'linked', 'paused', 'ended')"
LICENCES = (
    "('CC0-1.0', 'CC-BY-4.0', 'CC-BY-SA-4.0', 'CC-BY-NC-4.0', 'CC-BY-ND-4.0', 'CC-BY-NC-SA-4.0', "
    "'CC-BY-NC-ND-4.0', 'public_domain', 'all_rights_reserved', 'custom')"
)
WHAT = (
    "num_nonnulls(asset_id, collection_id) <= 1 AND num_nonnulls(organization_id, category_id, licence, "
    "asset_id, collection_id) > 0 AND (num_nonnulls(asset_id, collection_id) = 0 OR "
    "num_nonnulls(organization_id, category_id, licence) = 0)"
)


def moment(name: str, *, now: bool = False) -> sa.Column[object]:
    default = sa.text("now()") if now else None
    return sa.Column(name, sa.DateTime(timezone=True), server_default=default, nullable=not now)


def text(name: str, *constraints: sa.ForeignKey, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Text(), *constraints, nullable=nullable)


def of(table: str) -> sa.ForeignKey:
    return sa.ForeignKey(f"{table}.id", ondelete="CASCADE")


def upgrade() -> None:
    op.create_table(
        "platform_links",
        sa.Column("id", sa.Text(), primary_key=True),
        text("organization_id", sa.ForeignKey("organizations.id")),
        text("state"),
        sa.Column("offered", sa.Boolean(), nullable=False),
        text("own_name"),
        text("public_key"),
        sa.Column("private_key", sa.LargeBinary(), nullable=True),
        text("name"),
        text("peer_url", nullable=True),
        text("peer_key", nullable=True),
        moment("created_at", now=True),
        moment("updated_at", now=True),
        *(moment(name) for name in ("linked_at", "ended_at", "tried_at", "reached_at", "heard_at")),
        sa.Column("clock_ahead", sa.Double(), nullable=True),
        text("failure", nullable=True),
        text("failure_detail"),
        moment("failing_since"),
        sa.CheckConstraint(f"state IN {STATES}", name=op.f("ck_platform_links_state")),
        sa.CheckConstraint("(peer_url IS NULL) = (peer_key IS NULL)", name=op.f("ck_platform_links_peer")),
    )
    op.create_index("ix_platform_links_organization_id_id", "platform_links", ["organization_id", "id"])
    op.create_table(
        "platform_shares",
        sa.Column("id", sa.Text(), primary_key=True),
        text("link_id", of("platform_links")),
        text("organization_id", of("organizations"), nullable=True),
        text("category_id", of("categories"), nullable=True),
        text("licence", nullable=True),
        text("asset_id", of("assets"), nullable=True),
        text("collection_id", of("collections"), nullable=True),
        sa.Column("with_source", sa.Boolean(), nullable=False),
        sa.UniqueConstraint(
            *("link_id", "organization_id", "category_id", "licence", "asset_id", "collection_id"),
            postgresql_nulls_not_distinct=True,
            name="uq_platform_shares_what",
        ),
        sa.CheckConstraint(WHAT, name=op.f("ck_platform_shares_what")),
        sa.CheckConstraint(f"licence IN {LICENCES}", name=op.f("ck_platform_shares_licence")),
    )
    op.create_index(op.f("ix_platform_shares_link_id"), "platform_shares", ["link_id"])
    for name in ("asset_id", "collection_id"):
        op.create_index(
            f"ix_platform_shares_{name}",
            "platform_shares",
            [name],
            postgresql_where=sa.text(f"{name} IS NOT NULL"),
        )


def downgrade() -> None:
    op.drop_table("platform_shares")
    op.drop_table("platform_links")
