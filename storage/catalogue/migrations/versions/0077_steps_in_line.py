"""Steps know in whose line they stand and since when, so that the next one is looked up and not searched for; wake-ups
know of which kind their step is, and go once they were sent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0077"
down_revision = "0076"
branch_labels = None
depends_on = None

QUEUED = sa.text("state = 'queued'")
UNSENT = sa.text("sent_at IS NULL")


def upgrade() -> None:
    op.add_column("steps", sa.Column("organization_id", sa.Text(), nullable=False, server_default=""))
    op.add_column(
        "steps",
        sa.Column(
            "in_line_since", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()")
        ),
    )
    op.add_column(
        "steps", sa.Column("finishing", sa.Boolean(), nullable=False, server_default=sa.text("false"))
    )
    op.execute(
        "UPDATE steps SET organization_id = assets.organization_id,"
        " in_line_since = coalesce(versions.queued_at, versions.created_at)"
        " FROM versions JOIN assets ON assets.id = versions.asset_id"
        " WHERE versions.id = steps.version_id AND steps.state IN ('waiting', 'queued', 'leased')"
    )
    op.create_index("ix_steps_queued_kind", "steps", ["kind", "queued_at"], postgresql_where=QUEUED)
    op.drop_index("ix_steps_queued", "steps")
    op.create_index(
        "ix_steps_in_line",
        "steps",
        ["kind", "organization_id", "in_line_since", "version_id", "position"],
        postgresql_where=QUEUED,
    )
    op.create_index(
        "ix_steps_finishing", "steps", ["kind"], postgresql_where=sa.text("state = 'queued' AND finishing")
    )
    op.add_column("outbox", sa.Column("kind", sa.Text(), nullable=True))
    op.execute("DELETE FROM outbox WHERE sent_at IS NOT NULL")
    op.execute("UPDATE outbox SET kind = steps.kind FROM steps WHERE steps.id = outbox.step_id")
    op.create_index("ix_outbox_due", "outbox", ["not_before"], postgresql_where=UNSENT)
    op.drop_index("ix_outbox_unsent", "outbox")
    op.create_index("ix_outbox_unsent", "outbox", ["kind", "id"], postgresql_where=UNSENT)


def downgrade() -> None:
    op.drop_index("ix_outbox_unsent", "outbox")
    op.drop_index("ix_outbox_due", "outbox")
    op.create_index("ix_outbox_unsent", "outbox", ["not_before"], postgresql_where=UNSENT)
    op.drop_column("outbox", "kind")
    op.create_index("ix_steps_queued", "steps", ["queued_at"], postgresql_where=QUEUED)
    op.drop_index("ix_steps_queued_kind", "steps")
    op.drop_index("ix_steps_finishing", "steps")
    op.drop_index("ix_steps_in_line", "steps")
    for column in ("finishing", "in_line_since", "organization_id"):
        op.drop_column("steps", column)
