"""Several sounds: plans list them, renditions have a label."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("renditions", sa.Column("label", sa.Text(), nullable=True))
    op.execute(
        """
        UPDATE versions SET plan = (plan - 'audio') || jsonb_build_object('sounds',
            CASE WHEN jsonb_typeof(plan->'audio') = 'object'
                 THEN jsonb_build_array(plan->'audio' || '{"name": "audio", "label": null}')
                 ELSE '[]'::jsonb END)
        WHERE plan ? 'audio'
        """
    )
    op.execute(
        "UPDATE steps SET params = params || '{\"sound\": \"audio\"}' WHERE kind IN ('audio_first', 'audio')"
    )


def downgrade() -> None:
    op.execute(
        "UPDATE versions SET plan = (plan - 'sounds') || jsonb_build_object('audio', plan->'sounds'->0)"
    )
    op.drop_column("renditions", "label")
