"""What records of a learner add up to in a course. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from configs.words import StudyMode
from storage.learning.ranges import Range
from storage.learning.study_terms import is_completed, threshold


@dataclass(frozen=True)
class Course:
    """A course as far as results need it. ``lessons`` are title and length in milliseconds of those in it now, by
    asset; ``mode`` is None where it is not studied any more. ``asked`` is the part that completes a lesson, if not the
    rule's; ``required_ms`` is what completes the course instead of all lessons."""

    id: str
    title: str
    lessons: Mapping[str, tuple[str, int | None]]
    mode: StudyMode | None = None
    asked: float | None = None
    required_ms: int | None = None


@dataclass(frozen=True)
class Record:
    """What is believed of a learner and a version of a lesson; milliseconds."""

    asset_id: str
    version_id: str
    duration: int | None
    segments: Sequence[Range]
    studied_ms: int
    played_ms: int
    refused: Mapping[str, int]
    completed_at: datetime | None
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True)
class Lesson:
    """What a learner studied of a lesson, of the version of which it was most; ``needed`` is the part that completes
    it. A lesson that is not in the course any more has no title."""

    asset_id: str
    title: str | None
    duration: int | None
    needed: float | None
    version_id: str | None = None
    studied_ms: int = 0
    played_ms: int = 0
    segments: Sequence[Range] = ()
    completed: bool = False
    completed_at: datetime | None = None
    refused: Mapping[str, int] | None = None


@dataclass(frozen=True)
class Learner:
    """What a learner studied of a course."""

    portal_id: str
    learner: str
    lessons: Sequence[Lesson]
    completed: bool
    completed_at: datetime | None
    first_at: datetime
    last_at: datetime

    @property
    def studied_ms(self) -> int:
        """Each moment of each lesson once."""
        return sum(each.studied_ms for each in self.lessons)

    @property
    def played_ms(self) -> int:
        """With repetitions."""
        return sum(each.played_ms for each in self.lessons)


def result_of(course: Course, portal_id: str, learner: str, records: Sequence[Record]) -> Learner:
    """What a learner's records, one at least, add up to: lessons of the course in its order, then those that were."""
    best: dict[str, Lesson] = {}
    for record in records:
        lesson = _lesson(course, record)
        known = best.get(record.asset_id)
        if known is None or (lesson.completed, lesson.studied_ms) > (known.completed, known.studied_ms):
            best[record.asset_id] = lesson
    lessons = [best.get(asset_id) or _unseen(course, asset_id) for asset_id in course.lessons]
    lessons += [best[asset_id] for asset_id in sorted(best.keys() - course.lessons.keys())]
    last_at = max(record.last_at for record in records)
    if course.required_ms is not None:
        completed, completed_at = sum(each.studied_ms for each in lessons) >= course.required_ms, last_at
    else:
        asked = [each for each in lessons if each.asset_id in course.lessons]
        completed = bool(asked) and all(each.completed for each in asked)
        completed_at = max((each.completed_at for each in asked if each.completed_at), default=last_at)
    return Learner(
        portal_id,
        learner,
        lessons,
        completed,
        completed_at if completed else None,
        min(record.first_at for record in records),
        last_at,
    )


def _lesson(course: Course, record: Record) -> Lesson:
    completed = is_completed(record.studied_ms, record.duration, course.asked)
    known = course.lessons.get(record.asset_id)
    return Lesson(
        asset_id=record.asset_id,
        title=known[0] if known else None,
        duration=record.duration,
        needed=_needed(course, record.duration),
        version_id=record.version_id,
        studied_ms=record.studied_ms,
        played_ms=record.played_ms,
        segments=record.segments,
        completed=completed,
        completed_at=(record.completed_at or record.last_at) if completed else None,
        refused=dict(sorted(record.refused.items())),
    )


def _unseen(course: Course, asset_id: str) -> Lesson:
    title, duration = course.lessons[asset_id]
    return Lesson(asset_id, title, duration, _needed(course, duration))


def _needed(course: Course, duration: int | None) -> float | None:
    return course.asked if course.asked is not None else threshold(duration) if duration else None
