"""When a play counts as a view. Pure.

The rule has a version, stored with each play and each day: a change of any number here raises it, so that old days stay
explained by the rule they were counted by.

**Version 1.** A play counts once somebody could see or hear it for 10 seconds, or for half of an asset that is shorter
than 20; by the clock and not by media time, so that speed gains nothing. Of one viewer and asset no second one counts
within an hour.
"""

from __future__ import annotations

from typing import Final

from configs.words import PlayOutcome
from storage.learning.plays import Play

RULE_VERSION: Final = 1

ENOUGH_MS: Final = 10_000
HOUR_MS: Final = 3_600_000

FASTEST: Final = 4.0
"""No player of ours goes faster."""

_CLOCK_SLACK_MS: Final = 2_000
_CLOCK_SLACK: Final = 1.05
"""Players tell times to about a frame, and a browser's timers are late."""

_AHEAD_MS: Final = 60_000
"""How far a page's clock may run ahead of ours before what it tells is not believed."""


def enough(duration: int | None) -> int:
    """Milliseconds of playing that count, of an asset of ``duration`` milliseconds (None: not known)."""
    return ENOUGH_MS if duration is None else min(ENOUGH_MS, duration // 2)


def judge(play: Play, counted_before: int | None) -> PlayOutcome:
    """What a play is, as far as it has come. ``counted_before`` is when this viewer was last counted for the asset,
    by another play, in milliseconds since 1970.

    A play that was counted stays counted unless it is found forged.
    """
    if play.suspicion is not None:
        return play.suspicion
    if is_forged(play):
        return "forged"
    if play.counted_at is not None:
        return "counted"
    needed = enough(play.duration)
    if play.attended_ms < needed:
        return "muted_off_screen" if play.playing_ms >= needed else "too_short"
    if counted_before is not None and 0 <= play.last_at - counted_before < HOUR_MS:
        return "repeated"
    return "counted"


def is_forged(play: Play) -> bool:
    """Whether more was played than the clock allows: the page's own, or ours beside it."""
    allowed = play.clock_ms * _CLOCK_SLACK + _CLOCK_SLACK_MS
    return play.playing_ms > allowed or play.ahead_ms > _AHEAD_MS or play.fastest > FASTEST
