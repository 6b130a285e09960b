"""Statements of what was studied, as record stores take them: xAPI 1.0.3 by the video profile 1.0.3. Pure.

They are told from what the service believes of a session, as study hours are: one truth, two views. A statement's ID
is made with it and never again, so that who sends one twice has told it once. What was played stands in ``completed``
and ``terminated``; players' own ``played`` and ``paused`` are told nowhere, for nobody has checked them, and ``paused``
beside ``completed`` counts twice with those who add up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid5

from configs.words import StatementKind
from storage.learning.ranges import Range, length

VERBS: Final[Mapping[StatementKind, tuple[str, str]]] = {
    "initialized": ("http://adlnet.gov/expapi/verbs/initialized", "initialized"),
    "completed": ("http://adlnet.gov/expapi/verbs/completed", "completed"),
    "terminated": ("http://adlnet.gov/expapi/verbs/terminated", "terminated"),
}
CATEGORY: Final = "https://w3id.org/xapi/video"
VIDEO: Final = "https://w3id.org/xapi/video/activity-type/video"
COURSE: Final = "http://adlnet.gov/expapi/activities/course"
EXTENSIONS: Final = "https://w3id.org/xapi/video/extensions/"

_SPACE: Final = UUID("9b0a7a2e-5c3a-4f5e-8f0c-3d2f6f1f7c11")
_MOST_SEGMENTS: Final = 500


@dataclass(frozen=True)
class Watched:
    """A session of a learner as far as it has come. ``home`` is where pseudonyms of the organization ``portal_id`` are
    names; ``believed`` are milliseconds of media, ``needed`` the part that completes the lesson."""

    session_id: str
    home: str
    portal_id: str
    learner: str
    asset_id: str
    title: str
    language: str
    course_id: str
    course_title: str
    duration: int | None
    needed: float | None
    opened_at: datetime
    believed: Sequence[Range]


def session_uuid(session_id: str) -> str:
    """A session's name in the form that statements have."""
    return str(uuid5(_SPACE, session_id))


def statement(kind: StatementKind, name: str, at: datetime, watched: Watched) -> dict[str, Any]:
    """A statement called ``name`` (a UUID) of what was so ``at`` that moment."""
    verb, display = VERBS[kind]
    language = watched.language or "und"
    said: dict[str, Any] = {
        "id": name,
        "version": "1.0.3",
        "actor": {
            "objectType": "Agent",
            "account": {
                "homePage": f"{watched.home}/organizations/{watched.portal_id}",
                "name": watched.learner,
            },
        },
        "verb": {"id": verb, "display": {"en-US": display}},
        "object": {
            "objectType": "Activity",
            "id": f"{watched.home}/xapi/lessons/{watched.asset_id}",
            "definition": {"type": VIDEO, "name": {language: watched.title}},
        },
        "context": _context(watched, language),
        "timestamp": _moment(at),
    }
    result = _result(kind, at, watched)
    return {**said, "result": result} if result else said


def segments(ranges: Sequence[Range]) -> str:
    """What was played, as the profile writes it: ``0[.]46.613[,]60[.]80``."""
    return "[,]".join(f"{_seconds(start)}[.]{_seconds(end)}" for start, end in ranges[:_MOST_SEGMENTS])


def progress(ranges: Sequence[Range], duration: int | None) -> float:
    """The part of the lesson that was played, each moment once, to a thousandth as the profile says."""
    return min(1.0, round(length(ranges) / duration, 3)) if duration else 0.0


def _context(watched: Watched, language: str) -> dict[str, Any]:
    extensions: dict[str, Any] = {f"{EXTENSIONS}session-id": session_uuid(watched.session_id)}
    if watched.duration:
        extensions[f"{EXTENSIONS}length"] = round(watched.duration / 1000)
    if watched.needed is not None:
        extensions[f"{EXTENSIONS}completion-threshold"] = round(watched.needed, 3)
    activities: dict[str, Any] = {
        "category": [{"objectType": "Activity", "id": CATEGORY}],
        "parent": [
            {
                "objectType": "Activity",
                "id": f"{watched.home}/xapi/courses/{watched.course_id}",
                "definition": {"type": COURSE, "name": {language: watched.course_title or watched.course_id}},
            }
        ],
    }
    return {"contextActivities": activities, "extensions": extensions, "language": language}


def _result(kind: StatementKind, at: datetime, watched: Watched) -> dict[str, Any] | None:
    if kind == "initialized":
        return None
    ends = [end for _, end in watched.believed]
    extensions: dict[str, Any] = {
        f"{EXTENSIONS}time": _number(max(ends, default=0)),
        f"{EXTENSIONS}progress": progress(watched.believed, watched.duration),
        f"{EXTENSIONS}played-segments": segments(watched.believed),
    }
    if kind == "completed":
        lasted = max(0, round((at - watched.opened_at).total_seconds()))
        return {"extensions": extensions, "completion": True, "duration": f"PT{lasted}S"}
    return {"extensions": extensions}


def _seconds(milliseconds: int) -> str:
    return f"{milliseconds / 1000:.3f}".rstrip("0").rstrip(".")


def _number(milliseconds: int) -> float:
    return round(milliseconds / 1000, 3)


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
