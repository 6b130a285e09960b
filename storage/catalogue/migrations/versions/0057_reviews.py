"""Reviews of assets, and their events."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0057"
down_revision = "0056"
branch_labels = None
depends_on = None

ACTIONS = "('submit', 'accept', 'return', 'publish', 'withdraw')"

TELLING = """
CREATE FUNCTION tell_of_review() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM tell_event_of(
    CASE NEW.action WHEN 'submit' THEN 'asset.submitted' WHEN 'accept' THEN 'asset.accepted'
                    WHEN 'return' THEN 'asset.returned' WHEN 'publish' THEN 'asset.published'
                    ELSE 'asset.unpublished' END,
    NEW.asset_id, jsonb_build_object('review_id', NEW.id, 'version_id', NEW.version_id, 'note', NEW.note,
                                     'made_by', NEW.made_by));
  RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER tell_of_review AFTER INSERT ON asset_reviews DEFERRABLE INITIALLY DEFERRED
   FOR EACH ROW EXECUTE FUNCTION tell_of_review();
"""


def upgrade() -> None:
    op.create_table(
        "asset_reviews",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("asset_id", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("version_id", sa.Text(), nullable=True),
        sa.Column("person_id", sa.Text(), nullable=True),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(f"action IN {ACTIONS}", name=op.f("ck_asset_reviews_action")),
        sa.ForeignKeyConstraint(
            ["asset_id"], ["assets.id"], name=op.f("fk_asset_reviews_asset_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_asset_reviews_person_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_asset_reviews")),
    )
    op.create_index("ix_asset_reviews_asset_id_id", "asset_reviews", ["asset_id", "id"])
    op.execute(TELLING)


def downgrade() -> None:
    op.drop_table("asset_reviews")
    op.execute("DROP FUNCTION tell_of_review()")
