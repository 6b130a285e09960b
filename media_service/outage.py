"""What still counts while the catalogue is away: what was known shortly before, for a while."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from media_service.errors import is_catalogue_away

LASTS_SECONDS: Final = 300.0
"""For how long plays go on without the catalogue."""

CONFIRMED_SECONDS: Final = 60.0
"""What was not asked for within this time before the catalogue went away is not known well enough: who was refused
meanwhile would be let in again."""


@dataclass(frozen=True)
class Outage:
    """``heard_at`` tells when the catalogue last answered this process, by the monotonic clock."""

    heard_at: Callable[[], float]

    def excuses(self, error: Exception, known_at: float) -> bool:
        """Whether what was confirmed at ``known_at`` may be used although asking again ended with ``error``."""
        heard_at = self.heard_at()
        return (
            is_catalogue_away(error)
            and known_at >= heard_at - CONFIRMED_SECONDS
            and time.monotonic() <= heard_at + LASTS_SECONDS
        )
