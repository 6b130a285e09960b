"""What a page tells programs: schema.org as JSON-LD, so that search engines know what is said when. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import inf
from typing import Any, Final

from media_service.standards.described import moment

MOST_TRANSCRIPT: Final = 30_000
"""Characters: some two hours of speech, so that a page stays small."""

_MOST_DESCRIPTION: Final = 2000
_CONTEXT: Final = "https://schema.org"


@dataclass(frozen=True)
class Part:
    """A chapter, in seconds, and its address. ``end`` may lie beyond the lesson, as a last one's often does."""

    name: str
    start: float
    end: float
    url: str


@dataclass(frozen=True)
class Video:
    """A lesson with whole addresses; ``duration`` in seconds. ``course`` is title and address of the one it is of."""

    title: str
    url: str
    embed_url: str
    uploaded_at: datetime
    organization: str
    thumbnails: Sequence[str] = ()
    description: str = ""
    duration: float | None = None
    language: str | None = None
    views: int = 0
    keywords: Sequence[str] = ()
    expires: datetime | None = None
    licence: str | None = None
    level: str | None = None
    creators: Sequence[str] = ()
    transcript: str = ""
    parts: Sequence[Part] = ()
    course: tuple[str, str] | None = None
    is_audio: bool = False


@dataclass(frozen=True)
class CourseOf:
    """A course with its lessons: title and address of each."""

    title: str
    url: str
    organization: str
    lessons: Sequence[tuple[str, str]] = field(default_factory=tuple)
    description: str = ""


def video(of: Video) -> dict[str, Any]:
    """``VideoObject`` with a ``Clip`` for each chapter that begins within the lesson; none ends after it."""
    whole = of.duration if of.duration is not None else inf
    said: dict[str, Any] = {
        "@context": _CONTEXT,
        "@type": ["AudioObject" if of.is_audio else "VideoObject", "LearningResource"],
        "name": of.title,
        "description": (of.description or of.title)[:_MOST_DESCRIPTION],
        "url": of.url,
        "embedUrl": of.embed_url,
        "thumbnailUrl": list(of.thumbnails),
        "uploadDate": moment(of.uploaded_at),
        "duration": iso_duration(of.duration),
        "inLanguage": of.language,
        "keywords": list(of.keywords),
        "expires": moment(of.expires) if of.expires else None,
        "license": of.licence,
        "educationalLevel": of.level,
        "learningResourceType": "lecture",
        "isAccessibleForFree": True,
        "creator": [{"@type": "Person", "name": name} for name in of.creators],
        "publisher": {"@type": "Organization", "name": of.organization},
        "interactionStatistic": {
            "@type": "InteractionCounter",
            "interactionType": {"@type": "WatchAction"},
            "userInteractionCount": of.views,
        },
        "transcript": of.transcript[:MOST_TRANSCRIPT],
        "hasPart": [
            {
                "@type": "Clip",
                "name": part.name,
                "startOffset": _number(part.start),
                "endOffset": _number(min(part.end, whole)),
                "url": part.url,
            }
            for part in of.parts
            if part.start < whole
        ],
        "isPartOf": {"@type": "Course", "name": of.course[0], "url": of.course[1]} if of.course else None,
    }
    return _said(said)


def course(of: CourseOf) -> dict[str, Any]:
    """``Course`` with its lessons in their order."""
    return _said(
        {
            "@context": _CONTEXT,
            "@type": "Course",
            "name": of.title,
            "description": (of.description or of.title)[:_MOST_DESCRIPTION],
            "url": of.url,
            "provider": {"@type": "Organization", "name": of.organization},
            "hasPart": [
                {"@type": "LearningResource", "name": name, "url": url, "position": position}
                for position, (name, url) in enumerate(of.lessons, 1)
            ],
        }
    )


def site(name: str, url: str, search: str) -> dict[str, Any]:
    """``WebSite`` with its search."""
    return {
        "@context": _CONTEXT,
        "@type": "WebSite",
        "name": name,
        "url": url,
        "potentialAction": {
            "@type": "SearchAction",
            "target": {"@type": "EntryPoint", "urlTemplate": f"{search}?q={{words}}"},
            "query-input": "required name=words",
        },
    }


def way(steps: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """``BreadcrumbList`` of names and addresses."""
    return {
        "@context": _CONTEXT,
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": position, "name": name, "item": url}
            for position, (name, url) in enumerate(steps, 1)
        ],
    }


def iso_duration(seconds: float | None) -> str | None:
    """Whole seconds as ISO 8601 has durations: PT1H2M3S."""
    if seconds is None:
        return None
    minutes, rest = divmod(max(1, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return "PT" + (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "") + f"{rest}S"


def _said(document: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if value not in (None, "", [])}


def _number(value: float) -> float | int:
    return int(value) if value == int(value) else round(value, 3)
