"""When a disk will be full: a guess from how storage grew lately. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from statistics import median
from typing import Final

DAYS: Final = 28
"""That are looked at: four weeks, so that each day of the week counts alike."""

LEAST_DAYS: Final = 7
"""Between the first measure and the last, for a guess."""

FARTHEST_DAYS: Final = 3650
"""Beyond which nothing is foretold."""


def growth_of(measured: Sequence[tuple[date, int]]) -> int | None:
    """Bytes that are added on a day of late, of measures in order; None if there are too few.

    The median of all slopes between two measures (Theil and Sen): one large import, or one tidying up, weighs little
    in it."""
    if not measured:
        return None
    since = measured[-1][0] - timedelta(days=DAYS)
    lately = [each for each in measured if each[0] >= since]
    if (lately[-1][0] - lately[0][0]).days < LEAST_DAYS:
        return None
    slopes = [
        (later[1] - earlier[1]) / (later[0] - earlier[0]).days
        for number, earlier in enumerate(lately)
        for later in lately[number + 1 :]
    ]
    return round(median(slopes))


def full_on(room: int, growth: int | None, today: date) -> date | None:
    """The day on which ``room`` bytes are used up at this growth; None if it does not come in sight."""
    if room <= 0:
        return today
    if growth is None or growth <= 0 or room / growth > FARTHEST_DAYS:
        return None
    return today + timedelta(days=int(room / growth))
