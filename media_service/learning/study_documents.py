"""What learners studied, as the API tells it: JSON, CSV and certificates. Pure."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import UTC, datetime
from io import StringIO
from typing import Any, Final

from pydantic import BaseModel

from configs.words import StudyMode
from storage.learning.study_results import Course, Learner, Lesson

COLUMNS: Final = (
    "learner",
    "portal_id",
    "studied_hours",
    "studied_seconds",
    "played_seconds",
    "lessons_completed",
    "lessons",
    "completed",
    "completed_at",
    "first_at",
    "last_at",
)
_BOM: Final = "\ufeff"
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


class StudyLessonDocument(BaseModel):
    """What a learner studied of a lesson. ``segments`` are the seconds from and to that count, each once; ``needed``
    the part that completes it; ``refused`` are seconds that did not count, by reason. A lesson that is not in the
    course any more has no title."""

    asset_id: str
    title: str | None
    version_id: str | None
    duration: float | None
    studied_seconds: float
    played_seconds: float
    segments: list[tuple[float, float]]
    needed: float | None
    completed: bool
    completed_at: datetime | None
    refused: dict[str, float]


class LearnerSummary(BaseModel):
    """What a learner studied of a course: ``studied_seconds`` count each second of each lesson once,
    ``played_seconds`` repetitions, too. ``learner`` is the name that the organization ``portal_id`` gave them in
    tokens."""

    learner: str
    portal_id: str
    studied_seconds: float
    played_seconds: float
    lessons: int
    lessons_completed: int
    completed: bool
    completed_at: datetime | None
    first_at: datetime
    last_at: datetime


class LearnerDocument(LearnerSummary):
    """The same, lesson by lesson."""

    collection_id: str
    course: str
    mode: StudyMode | None
    details: list[StudyLessonDocument]


def summary(found: Learner, course: Course) -> LearnerSummary:
    """A learner as lists show them."""
    return LearnerSummary(**_summary(found, course))


def details(found: Learner, course: Course) -> LearnerDocument:
    """A learner with their lessons."""
    return LearnerDocument(
        **_summary(found, course),
        collection_id=course.id,
        course=course.title,
        mode=course.mode,
        details=[_lesson(each) for each in found.lessons],
    )


def certificate_claims(found: Learner, course: Course, *, issuer: str, now: datetime) -> dict[str, Any]:
    """What a certificate says (RFC 7519)."""
    shown = details(found, course).model_dump(mode="json", exclude={"details": {"__all__": {"refused"}}})
    names = (
        "title",
        "asset_id",
        "version_id",
        "duration",
        "studied_seconds",
        "completed",
        "completed_at",
        "segments",
    )
    return {
        "iss": issuer,
        "sub": found.learner,
        "iat": int(now.timestamp()),
        "portal_id": found.portal_id,
        "course": {"id": course.id, "title": course.title, "mode": shown["mode"]},
        **{
            name: shown[name]
            for name in (
                "studied_seconds",
                "played_seconds",
                "completed",
                "completed_at",
                "first_at",
                "last_at",
            )
        },
        "lessons": [{name: each[name] for name in names} for each in shown["details"]],
    }


def to_csv(learners: Iterable[LearnerSummary]) -> str:
    """A line for each learner. Names that a spreadsheet would take for a formula get an apostrophe."""
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for learner in learners:
        shown = {**learner.model_dump(mode="json"), "studied_hours": round(learner.studied_seconds / 3600, 2)}
        if learner.learner.startswith(_FORMULA):
            shown["learner"] = "'" + learner.learner
        writer.writerow(["" if shown[name] is None else shown[name] for name in COLUMNS])
    return _BOM + text.getvalue()


def _summary(found: Learner, course: Course) -> dict[str, Any]:
    return {
        "learner": found.learner,
        "portal_id": found.portal_id,
        "studied_seconds": found.studied_ms / 1000,
        "played_seconds": found.played_ms / 1000,
        "lessons": len(course.lessons),
        "lessons_completed": sum(each.completed for each in found.lessons if each.asset_id in course.lessons),
        "completed": found.completed,
        "completed_at": found.completed_at,
        "first_at": found.first_at,
        "last_at": found.last_at,
    }


def _lesson(lesson: Lesson) -> StudyLessonDocument:
    return StudyLessonDocument(
        asset_id=lesson.asset_id,
        title=lesson.title,
        version_id=lesson.version_id,
        duration=lesson.duration / 1000 if lesson.duration else None,
        studied_seconds=lesson.studied_ms / 1000,
        played_seconds=lesson.played_ms / 1000,
        segments=[(start / 1000, end / 1000) for start, end in lesson.segments],
        needed=lesson.needed,
        completed=lesson.completed,
        completed_at=lesson.completed_at.astimezone(UTC) if lesson.completed_at else None,
        refused={reason: milliseconds / 1000 for reason, milliseconds in (lesson.refused or {}).items()},
    )
