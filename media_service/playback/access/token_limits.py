"""Limits that stand in a token: resolution, a part of the time line, players at a time, a name. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from media_service.strict_values import is_text

MOST_PLAYS = 100
LARGEST_HEIGHT = 100_000
LAST_SECOND = 10_000_000
LONGEST_ALIAS = 200


class TokenLimitsInvalid(ValueError):
    """The claims make no sense; the message is an English sentence for developers."""


@dataclass(frozen=True)
class Clip:
    """A part of the time line in seconds; ``end`` may be infinite. Whole segments are played that touch it."""

    start: float
    end: float

    def touches(self, start: float, end: float) -> bool:
        """Return whether any of ``start`` to ``end`` belongs to the clip."""
        # Durations are rounded to microseconds; a clip that begins where a segment does must not hold the one before.
        return start < self.end - 0.001 and end > self.start + 0.001


@dataclass(frozen=True)
class TokenLimits:
    """None is no limit. ``max_height`` in pixels; ``plays`` counts players of one viewer at a time. ``alias`` is told
    for the title, and nothing else of what people wrote about the lesson: no chapters, no names of its tracks."""

    max_height: int | None = None
    clip: Clip | None = None
    plays: int | None = None
    alias: str | None = None

    @property
    def whole_files(self) -> bool:
        """Whether files that hold everything in the best quality may be had."""
        return self.max_height is None and self.clip is None and self.alias is None


def read_token_limits(claims: Mapping[str, Any]) -> TokenLimits | None:
    """Return the limits among a token's claims, None if there are none. Raises ``TokenLimitsInvalid``."""
    names = ("max_height", "start", "end", "plays", "alias")
    height, start, end, plays, alias = (claims.get(name) for name in names)
    if all(value is None for value in (height, start, end, plays, alias)):
        return None
    if height is not None and not _is_whole(height, LARGEST_HEIGHT):
        raise TokenLimitsInvalid("max_height must be a whole number of pixels")
    if plays is not None and not _is_whole(plays, MOST_PLAYS):
        raise TokenLimitsInvalid(f"plays must be a whole number from 1 to {MOST_PLAYS}")
    if plays is not None and not claims.get("viewer"):
        raise TokenLimitsInvalid("plays needs a viewer whose players are counted")
    if alias is not None and not (
        isinstance(alias, str) and 0 < len(alias) <= LONGEST_ALIAS and is_text(alias)
    ):
        raise TokenLimitsInvalid("alias must be a short text")
    return TokenLimits(height, _clip(start, end), plays, alias)


def limit_claims(limits: TokenLimits | None) -> dict[str, Any]:
    """The inverse of ``read_token_limits``."""
    if limits is None:
        return {}
    clip = limits.clip
    claims = {
        "max_height": limits.max_height,
        "start": clip.start if clip is not None else None,
        "end": clip.end if clip is not None and math.isfinite(clip.end) else None,
        "plays": limits.plays,
        "alias": limits.alias,
    }
    return {name: value for name, value in claims.items() if value is not None}


def _clip(start: Any, end: Any) -> Clip | None:
    if start is None and end is None:
        return None
    first, last = 0 if start is None else start, math.inf if end is None else end
    for value in (first, *(() if end is None else (last,))):
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < LAST_SECOND:
            raise TokenLimitsInvalid("start and end must be numbers of seconds")
    if last <= first:
        raise TokenLimitsInvalid("end must come after start")
    return Clip(float(first), float(last))


def _is_whole(value: Any, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= most
