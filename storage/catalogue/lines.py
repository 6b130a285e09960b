"""Who is next in a lane: every organization has a line of its own there, its oldest version at the head.

Whatever stands in line is looked up, an index entry for each organization and kind of step, and never read or sorted:
there may be 300,000 steps. What others are just taking is passed over; what is locked here lets others write wake-ups
of it, or two who take and wake would wait for each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from configs.words import StepKind

_IN_TURN: Final = text("""
WITH RECURSIVE line (kind, organization_id) AS (
    SELECT kind, (SELECT min(organization_id) FROM steps WHERE state = 'queued' AND steps.kind = named.kind)
    FROM unnest(CAST(:kinds AS text[])) AS named (kind)
  UNION ALL
    SELECT kind, (
        SELECT min(steps.organization_id) FROM steps
        WHERE state = 'queued' AND steps.kind = line.kind AND steps.organization_id > line.organization_id
    )
    FROM line WHERE organization_id IS NOT NULL
)
SELECT line.organization_id
FROM line
LEFT JOIN turns ON turns.lane = :lane AND turns.organization_id = line.organization_id
CROSS JOIN LATERAL (
    SELECT in_line_since FROM steps
    WHERE state = 'queued' AND steps.kind = line.kind AND steps.organization_id = line.organization_id
    ORDER BY in_line_since LIMIT 1
) AS head
GROUP BY line.organization_id, turns.taken_at
ORDER BY turns.taken_at NULLS FIRST, min(head.in_line_since)
""")

_HEAD: Final = text("""
SELECT head.id
FROM unnest(CAST(:kinds AS text[])) AS named (kind)
CROSS JOIN LATERAL (
    SELECT id, in_line_since, version_id, position FROM steps
    WHERE state = 'queued' AND steps.kind = named.kind AND organization_id = :organization_id
      AND queued_at <= now()
    ORDER BY in_line_since, version_id, position LIMIT 1
    FOR NO KEY UPDATE SKIP LOCKED
) AS head
ORDER BY head.in_line_since, head.version_id, head.position LIMIT 1
""")

_FINISHING: Final = text("""
SELECT steps.id, steps.organization_id
FROM steps
LEFT JOIN turns ON turns.lane = :lane AND turns.organization_id = steps.organization_id
WHERE state = 'queued' AND finishing AND kind = ANY(:kinds) AND queued_at <= now()
ORDER BY turns.taken_at NULLS FIRST, in_line_since, version_id, position LIMIT 1
FOR NO KEY UPDATE OF steps SKIP LOCKED
""")

_LEFT: Final = text("""
SELECT id, organization_id FROM steps
WHERE state = 'queued' AND kind = ANY(:kinds) AND queued_at <= now()
LIMIT 1
FOR NO KEY UPDATE
""")


class Next(NamedTuple):
    """A step that is locked until the transaction ends, and whose turn it takes; "" if that is not known."""

    step_id: str
    organization_id: str


def next_in_turn(session: Session, lane: str, kinds: Sequence[StepKind]) -> Next | None:
    """The oldest step of the organization that was not served for the longest time. None if nothing is queued."""
    waiting = session.execute(_IN_TURN, {"lane": lane, "kinds": list(kinds)}).scalars().all()
    for organization_id in waiting:
        values = {"kinds": list(kinds), "organization_id": organization_id}
        if (step_id := session.execute(_HEAD, values).scalar()) is not None:
            return Next(step_id, organization_id)
    return _left_by_others(session, kinds) if waiting else None


def next_to_finish(session: Session, lane: str, kinds: Sequence[StepKind]) -> Next | None:
    """A step of those versions that are nearly through, if there are any."""
    row = session.execute(_FINISHING, {"lane": lane, "kinds": list(kinds)}).one_or_none()
    return None if row is None else Next(*row)


def _left_by_others(session: Session, kinds: Sequence[StepKind]) -> Next | None:
    """A step that somebody held for a moment and did not take: waits for them."""
    row = session.execute(_LEFT, {"kinds": list(kinds)}).one_or_none()
    return None if row is None else Next(*row)
