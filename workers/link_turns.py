"""Whose turn it is: of the links, one lesson each, so that one platform that is slow or away holds up no other."""

from __future__ import annotations

import time
from typing import Final

from configs.words import LinkFailure

AWAY: Final[frozenset[LinkFailure]] = frozenset(
    (
        "connect_failed",
        "name_unknown",
        "tls_failed",
        "timed_out",
        "broken_off",
        "proxy_failed",
        "platform_in_trouble",
    )
)
"""Failures of a platform, and not of one of its lessons."""

FIRST_SECONDS: Final = 2.0
LONGEST_SECONDS: Final = 120.0


class Turns:
    """What one keeper remembers of the links. Seconds are of this machine's own monotonic clock."""

    def __init__(self) -> None:
        self._last: dict[str, float] = {}
        self._away: dict[str, tuple[float, float]] = {}  # until when, and for how long

    def last(self, link_id: str) -> float:
        """When it had its last turn."""
        return self._last.get(link_id, 0.0)

    def begin(self, link_id: str) -> None:
        """It has its turn."""
        self._last[link_id] = time.monotonic()

    def answered(self, link_id: str) -> None:
        """Its platform is there."""
        self._away.pop(link_id, None)

    def away(self, link_id: str) -> None:
        """Its platform is not: it is left alone, longer each time."""
        _until, before = self._away.get(link_id, (0.0, FIRST_SECONDS / 2))
        pause = min(2 * before, LONGEST_SECONDS)
        self._away[link_id] = time.monotonic() + pause, pause

    def is_away(self, link_id: str) -> bool:
        """Whether it is left alone now."""
        return time.monotonic() < self._away.get(link_id, (0.0, 0.0))[0]
