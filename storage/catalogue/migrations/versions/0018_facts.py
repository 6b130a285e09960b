"""What the service knows of a version, apart from the plan that workers obey; of what is there, taken from its plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

AT_A_TIME = 500
"""Plans that are held in memory together: that of a long lesson has some hundred kilobytes."""

AAC_FRAME_SECONDS = 1024 / 48_000

PLANNED = sa.text(
    "SELECT id, kind, plan, media_info FROM versions WHERE plan IS NOT NULL AND id > :after ORDER BY id LIMIT :most"
)
STORE = sa.text("UPDATE versions SET facts = :facts WHERE id = :id").bindparams(
    sa.bindparam("facts", type_=postgresql.JSONB)
)


def upgrade() -> None:
    op.add_column("versions", sa.Column("facts", postgresql.JSONB(), nullable=True))
    _derive(op.get_bind())
    op.create_index(
        "ix_versions_facts_missing",
        "versions",
        ["id"],
        postgresql_where=sa.text("plan IS NOT NULL AND coalesce((facts ->> 'format')::integer, 0) < 1"),
    )


def downgrade() -> None:
    op.drop_index("ix_versions_facts_missing", table_name="versions")
    op.drop_column("versions", "facts")


def _derive(connection: sa.Connection) -> None:
    after = ""
    while rows := connection.execute(PLANNED, {"after": after, "most": AT_A_TIME}).all():
        after = rows[-1].id
        found = [(row.id, facts_1(row.kind, row.plan, row.media_info or {})) for row in rows]
        if known := [{"id": version_id, "facts": facts} for version_id, facts in found if facts]:
            connection.execute(STORE, known)


def facts_1(
    kind: str | None, plan: Mapping[str, Any], media_info: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Return facts of format 1, or None of a plan that is damaged: its version is planned anew."""
    try:
        video, sounds = plan["video"], plan["sounds"]
        segments = [plan["segment_seconds"] + 0.0]
        segments += [sound["segment_frames"] * AAC_FRAME_SECONDS for sound in sounds]
        return {
            "format": 1,
            "duration": plan["duration"],
            "width": plan["width"],
            "height": plan["height"],
            "source_width": media_info.get("width"),
            "source_height": media_info.get("height"),
            "frame_rate": video["rate"][0] / video["rate"][1] if video else None,
            # Plans made before animations told how often they play loop, as they did then.
            "loop": plan.get("loop", kind == "animation"),
            "longest_segment": max(segments),
            "picture_chunks": len(video["chunks"]) if video else None,
            "sounds": [{"name": sound["name"], "chunks": len(sound["chunks"])} for sound in sounds],
            "decisions": [*plan.get("notes", ()), *((video or {}).get("notes", ()))],
        }
    except (KeyError, TypeError, IndexError, ZeroDivisionError):
        return None
