"""What a course asks of those who study it, and when a lesson of it is completed. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from configs.words import StudyMode

SPEED_LIMITS: Final[dict[StudyMode, float]] = {"free": 2.0, "sequential": 1.5, "supervised": 1.0}
"""Where a course says nothing."""

PRESENCE_SECONDS: Final = 900
"""The same: how much is played between two checks that somebody is there."""

_LONG_MS: Final = 600_000


@dataclass(frozen=True)
class StudyTerms:
    """Milliseconds; ``presence_ms`` is None where nobody is asked whether they are there."""

    mode: StudyMode
    speed_limit: float
    presence_ms: int | None = None

    @property
    def in_order(self) -> bool:
        """Whether only what follows what was studied counts."""
        return self.mode != "free"


def terms_of(mode: StudyMode, speed_limit: float | None, presence_seconds: int | None) -> StudyTerms:
    """What a course asks, with what it left open filled in."""
    presence = (presence_seconds or PRESENCE_SECONDS) * 1000 if mode == "supervised" else None
    return StudyTerms(mode, speed_limit or SPEED_LIMITS[mode], presence)


def threshold(duration: int) -> float:
    """Which part of a lesson of ``duration`` milliseconds has to be studied: 0.7 of a short one, rising to 0.95 of one
    of ten minutes, as xAPI's video profile is used elsewhere."""
    return 0.7 + 0.25 * min(duration, _LONG_MS) / _LONG_MS


def is_completed(studied: int, duration: int | None, asked: float | None = None) -> bool:
    """Whether ``studied`` milliseconds, each counted once, complete a lesson; ``asked`` is the part that the course
    wants instead of the threshold."""
    if not duration:
        return False
    return studied >= duration * (threshold(duration) if asked is None else asked)
