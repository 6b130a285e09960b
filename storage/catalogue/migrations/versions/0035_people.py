"""People who sign in to Studio, their sessions, the codes by which they come in, and what is theirs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

_OWNED = ("assets", "collections", "uploads", "change_sets")


def upgrade() -> None:
    now = sa.text("now()")
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "people",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organization_id", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("created_at", moment, server_default=now, nullable=False),
        sa.Column("updated_at", moment, server_default=now, nullable=False),
        sa.Column("signed_in_at", moment, nullable=True),
        sa.Column("disabled_at", moment, nullable=True),
        sa.CheckConstraint("role IN ('admin', 'author')", name=op.f("ck_people_role")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_people_organization_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
        sa.UniqueConstraint("organization_id", "subject", name=op.f("uq_people_organization_id")),
    )
    op.create_table(
        "studio_sessions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("organization_id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=True),
        sa.Column("api_key_id", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("user_agent", sa.Text(), nullable=False),
        sa.Column("created_at", moment, server_default=now, nullable=False),
        sa.Column("last_used_at", moment, server_default=now, nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.Column("ends_at", moment, nullable=False),
        sa.Column("revoked_at", moment, nullable=True),
        sa.CheckConstraint("kind IN ('browser', 'token')", name=op.f("ck_studio_sessions_kind")),
        sa.CheckConstraint("num_nonnulls(person_id, api_key_id) = 1", name=op.f("ck_studio_sessions_holder")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_studio_sessions_organization_id")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], ondelete="CASCADE", name=op.f("fk_studio_sessions_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["api_key_id"], ["api_keys.id"], ondelete="CASCADE", name=op.f("fk_studio_sessions_api_key_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_studio_sessions")),
        sa.UniqueConstraint("digest", name=op.f("uq_studio_sessions_digest")),
    )
    op.create_index(op.f("ix_studio_sessions_organization_id"), "studio_sessions", ["organization_id"])
    op.create_index(op.f("ix_studio_sessions_expires_at"), "studio_sessions", ["expires_at"])
    for holder in ("person_id", "api_key_id"):
        op.create_index(
            f"ix_studio_sessions_{holder}",
            "studio_sessions",
            [holder],
            postgresql_where=sa.text(f"{holder} IS NOT NULL"),
        )
    op.create_table(
        "sign_in_codes",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("organization_id", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("return_to", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=True),
        sa.Column("api_key_id", sa.Text(), nullable=True),
        sa.Column("created_at", moment, server_default=now, nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.Column("used_at", moment, nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_sign_in_codes_organization_id")
        ),
        sa.ForeignKeyConstraint(
            ["api_key_id"], ["api_keys.id"], ondelete="CASCADE", name=op.f("fk_sign_in_codes_api_key_id")
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_sign_in_codes")),
    )
    op.create_index(op.f("ix_sign_in_codes_expires_at"), "sign_in_codes", ["expires_at"])
    for table in _OWNED:
        op.add_column(table, sa.Column("owner_id", sa.Text(), nullable=True))
        op.create_foreign_key(
            op.f(f"fk_{table}_owner_id"), table, "people", ["owner_id"], ["id"], ondelete="SET NULL"
        )
    op.create_index(
        "ix_assets_listed_owner",
        "assets",
        ["organization_id", "owner_id", "id"],
        postgresql_where=sa.text(
            "deleted_at IS NULL AND current_version_id IS NOT NULL AND owner_id IS NOT NULL"
        ),
    )
    op.add_column("audit_entries", sa.Column("person_id", sa.Text(), nullable=True))
    op.add_column("audit_entries", sa.Column("person_name", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("audit_entries", "person_name")
    op.drop_column("audit_entries", "person_id")
    op.drop_index("ix_assets_listed_owner", "assets")
    for table in _OWNED:
        op.drop_column(table, "owner_id")
    op.drop_table("sign_in_codes")
    op.drop_table("studio_sessions")
    op.drop_table("people")
