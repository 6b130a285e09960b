"""What a platform tells the one that a lesson came from: how often it was watched there, day by day. Pure.

What is told of a day is absolute, never a difference: told twice it is the same, and a later revision takes the place
of an earlier one as a whole. ``parts`` are the platform itself and those behind it, each once. Only sums are told, and
of nobody.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from configs.words import TotalsOutcome, TotalsRefusal
from storage.exchange.lessons import Id, Line

MOST_DAYS: Final = 200
"""Days of lessons in one request."""

MOST_PARTS: Final = 1000
"""Platforms, of one day of a lesson."""

MOST_VIEWS: Final = 1_000_000
MOST_PLAYS: Final = 10_000_000
MOST_ATTENDANCE: Final = 100_000_000
MOST_MS: Final = 10**12
"""Of one day of a lesson on one platform: 278,000 hours."""

MOST_COPIES: Final = 5
"""Of a lesson on one day: a platform has one of each lesson, and those that it threw away and made again that day."""

LARGEST_REQUEST: Final = 1024 * 1024

_LARGEST: Final = 2**53
MOST_REVISIONS: Final = _LARGEST
"""Where revisions of a day end; a platform may answer that it keeps the last one."""

_MILLION: Final = 1_000_000

_Number = Annotated[int, Field(ge=0, le=_LARGEST)]


class ToldFigures(BaseModel):
    """Sums of a day of a lesson on one platform, as ``storage.learning.figures`` has them; ``completion`` is in
    millionths. ``studied_ms`` is what was believed of study sessions that began on the day, by ``learners``;
    ``lessons_completed`` how many of them completed the lesson on it."""

    model_config = ConfigDict(extra="ignore", strict=True)

    views: _Number = 0
    attendance: _Number = 0
    viewers: _Number = 0
    plays: _Number = 0
    played_ms: _Number = 0
    watched_ms: _Number = 0
    completion: _Number = 0
    completed: _Number = 0
    studied_ms: _Number = 0
    learners: _Number = 0
    lessons_completed: _Number = 0

    @property
    def is_nothing(self) -> bool:
        """Whether nothing was watched nor studied."""
        return not any(getattr(self, name) for name in TOLD)


TOLD: Final = tuple(ToldFigures.model_fields)
"""Columns of told sums, too."""


class ToldPart(ToldFigures):
    """What was watched on one platform: its base address, what it is called, where its days begin and end, and the
    version of the rule by which it counts."""

    url: Annotated[str, Field(min_length=1, max_length=500)]
    name: Line
    time_zone: Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9_+/-]+$")]
    rule: Annotated[int, Field(ge=1, le=30_000)]


class ToldDay(BaseModel):
    """A day of a lesson. ``lesson`` is what the platform that is told calls it, ``copy_id`` what the one that tells
    does; of a copy and a day the highest ``revision`` counts."""

    model_config = ConfigDict(extra="ignore")

    lesson: Id
    copy_id: Id
    day: date
    revision: Annotated[int, Field(ge=1, le=MOST_REVISIONS)]
    parts: Annotated[list[ToldPart], Field(max_length=MOST_PARTS)]


class ToldDays(BaseModel):
    """Days of lessons that are told at once."""

    model_config = ConfigDict(extra="ignore")

    days: Annotated[list[ToldDay], Field(max_length=MOST_DAYS)]


class DayTaken(BaseModel):
    """What became of one of them; ``revision`` is the one that is kept."""

    outcome: TotalsOutcome
    revision: Annotated[int, Field(ge=0, le=MOST_REVISIONS)]
    refusal: TotalsRefusal | None = None


class DaysTaken(BaseModel):
    """What became of them, in the order in which they were told."""

    days: Annotated[list[DayTaken], Field(max_length=MOST_DAYS)]


def find_fault(
    told: ToldDay, *, today: date, since: date, others: Mapping[str, ToldFigures]
) -> TotalsRefusal | None:
    """Why it cannot be so; None if it can. ``since`` is the day on which the platform was handed the lesson; both are
    days here, and those of another time zone may be one off. ``others`` is what was told, by the addresses of
    platforms, of other copies of the same lesson on the same day: all of them together are bounded as one is."""
    if told.day > today + timedelta(days=1):
        return "day_not_over_there"
    if told.day < since - timedelta(days=1):
        return "day_before_lesson"
    urls = [part.url for part in told.parts]
    are_good = len({*urls}) == len(urls) and all(
        _is_possible(part) and _is_possible(_sum(part, others.get(part.url))) for part in told.parts
    )
    return None if are_good else "totals_out_of_bounds"


def _sum(one: ToldFigures, other: ToldFigures | None) -> ToldFigures:
    if other is None:
        return one
    return ToldFigures(**{name: getattr(one, name) + getattr(other, name) for name in TOLD})


def _is_possible(figures: ToldFigures) -> bool:
    sums = {name: getattr(figures, name) for name in TOLD}
    return sums == bounded(sums)


def bounded(figures: Mapping[str, int]) -> dict[str, int]:
    """Sums of a day of a lesson on one platform, none larger than whoever is told believes: what was added up of many
    may be."""
    plays = min(figures["plays"], MOST_PLAYS)
    views = min(figures["views"], plays, MOST_VIEWS)
    return {
        "views": views,
        "attendance": min(figures["attendance"], MOST_ATTENDANCE),
        "viewers": min(figures["viewers"], views),
        "plays": plays,
        **{name: min(figures[name], MOST_MS) for name in ("played_ms", "watched_ms", "studied_ms")},
        "completion": min(figures["completion"], plays * _MILLION),
        "completed": min(figures["completed"], plays),
        **{name: min(figures[name], MOST_VIEWS) for name in ("learners", "lessons_completed")},
    }


def digest_of(told: ToldDay) -> str:
    """The same for all that say the same, whatever their revision."""
    document = {
        "lesson": told.lesson,
        "parts": [part.model_dump(mode="json") for part in sorted(told.parts, key=lambda part: part.url)],
    }
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()[:32]
