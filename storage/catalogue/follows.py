"""What of an earlier version fits a new one, as workers find it and everybody may know it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from configs.words import FollowOutcome, FollowReason
from storage.tracks.moving import Stretch


@dataclass(frozen=True)
class Follows:
    """How the version ``before_id`` lies to the one that has this. ``stretches`` is empty if that is to be checked, for
    the ``reason``; ``agreement`` is the share of its sound that was found again."""

    before_id: str
    outcome: FollowOutcome
    reason: FollowReason | None = None
    agreement: float | None = None
    stretches: tuple[Stretch, ...] = ()

    @property
    def offset(self) -> float | None:
        """By how many seconds all of it lies later, if that is one number."""
        return self.stretches[0][2] if len(self.stretches) == 1 else None


def follows_to_json(follows: Follows) -> dict[str, Any]:
    """Return what is stored."""
    return {
        "before_id": follows.before_id,
        "outcome": follows.outcome,
        "reason": follows.reason,
        "agreement": follows.agreement,
        "stretches": [list(stretch) for stretch in follows.stretches],
    }


def follows_from_json(stored: Mapping[str, Any] | None) -> Follows | None:
    """Return what was stored, None if there is nothing."""
    if not stored:
        return None
    return Follows(
        stored["before_id"],
        stored["outcome"],
        stored["reason"],
        stored["agreement"],
        tuple((first, last, offset) for first, last, offset in stored["stretches"]),
    )
