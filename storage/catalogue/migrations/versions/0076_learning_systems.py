"""Learning platforms that ask to be spared, since when scores fail, and what record stores have got."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0076"
down_revision = "0075"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("lti_platforms", sa.Column("spared_until", _MOMENT, nullable=True))
    op.add_column("lti_scores", sa.Column("failing_since", _MOMENT, nullable=True))
    op.execute("UPDATE lti_scores SET failing_since = now() WHERE failure IS NOT NULL")
    op.create_index(
        "ix_lti_scores_failing",
        "lti_scores",
        ["platform_id"],
        postgresql_where=sa.text("failure IS NOT NULL"),
    )
    op.add_column(
        "record_stores", sa.Column("sent", sa.BigInteger(), server_default=sa.text("0"), nullable=False)
    )
    op.add_column("record_stores", sa.Column("sent_at", _MOMENT, nullable=True))
    op.execute(
        "UPDATE record_stores SET sent = found.sent, sent_at = found.last FROM "
        "(SELECT organization_id, count(*) AS sent, max(sent_at) AS last FROM statements "
        "WHERE sent_at IS NOT NULL GROUP BY organization_id) AS found "
        "WHERE found.organization_id = record_stores.organization_id"
    )
    op.create_index(
        "ix_statements_refused",
        "statements",
        ["organization_id"],
        postgresql_where=sa.text("refusal IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_statements_refused", "statements")
    op.drop_column("record_stores", "sent_at")
    op.drop_column("record_stores", "sent")
    op.drop_index("ix_lti_scores_failing", "lti_scores")
    op.drop_column("lti_scores", "failing_since")
    op.drop_column("lti_platforms", "spared_until")
