"""The page of a lesson: what it shows, and what plays it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.orm import Session

from media_service.embed.snippet import shape_of, snippet
from media_service.library import pictures
from media_service.library.addresses import Addresses
from media_service.library.cards import Card, card, cards, stamp
from media_service.library.spoken import Spoken
from media_service.library.texts import LEVELS, ROLES
from media_service.playback.access import tokens
from media_service.playback.access.tokens import IMAGE, STORYBOARD, VIDEO
from media_service.playback.parts import parts
from media_service.playback.serving.links import Links
from media_service.reference_text import Language
from media_service.standards.described import licence_name, licence_url
from storage.catalogue import libraries, library_courses, playback
from storage.catalogue.asset_lists import ListedAsset
from storage.catalogue.libraries import Lesson
from storage.catalogue.library_courses import Course
from storage.catalogue.models import PlaybackId
from storage.catalogue.models.catalogued import Catalogued
from storage.descriptions import Licence
from storage.tracks.text import one_line

RELATED: Final = 6
MOST_COURSES: Final = 5

SHORTEST_TOKEN: Final = 3600
"""Seconds; a longer lesson is let be watched for twice its length."""


@dataclass(frozen=True)
class Player:
    """By what a lesson plays: its playback ID, and whether that wants a token."""

    playback_id: str
    is_signed: bool
    is_anywhere: bool
    """Whether any site may show it."""


@dataclass(frozen=True)
class Poster:
    """The picture that stands in the place of the player: its addresses by width, and its shape in pixels."""

    addresses: Mapping[int, str]
    width: int
    height: int


@dataclass(frozen=True)
class Chapter:
    """A chapter from ``start`` to ``end``, in seconds."""

    start: float
    end: float
    title: str
    address: str


@dataclass(frozen=True)
class InCourse:
    """A lesson's place in the course that it is watched in, from 1."""

    public_id: str
    title: str
    address: str
    number: int
    count: int
    before: Card | None
    after: Card | None


def player_of(session: Session, lesson: Lesson) -> Player | None:
    """By what anybody plays it: its oldest public playback ID, else its oldest. None if it has none."""
    found: PlaybackId | None = playback.preferred_playback_ids(session, [lesson.asset.id]).get(
        lesson.asset.id
    )
    if found is None:
        return None
    return Player(found.id, found.policy == "signed", found.policy == "public" and found.origins == "any")


def token_for(player: Player, duration: float | None) -> str | None:
    """A token for whoever comes, since anybody may see the lesson; None if none is needed."""
    if not player.is_signed:
        return None
    signer = parts().keys.signer()
    return tokens.sign(
        key_id=signer.key_id,
        algorithm=signer.algorithm,
        private_key=signer.private_key,
        playback_id=player.playback_id,
        kinds=(VIDEO, IMAGE, STORYBOARD),
        now=time.time(),
        lifetime=min(tokens.MAX_LIFETIME, max(SHORTEST_TOKEN, int(2 * (duration or 0)))),
    )


def poster_of(lesson: Lesson, to: Addresses) -> Poster | None:
    """Its picture in the widths that there are, none wider than the picture itself."""
    size = pictures.size_of(lesson.version)
    if size is None:
        return None
    changed = stamp(max(lesson.asset.updated_at, lesson.version.changed_at))
    widths = [width for width in pictures.WIDTHS[1:] if width <= size[0]] or [pictures.WIDTHS[1]]
    return Poster({width: to.poster(lesson.asset.id, width, changed) for width in widths}, *size)


def chapters_of(spoken: Spoken, lesson: Lesson, to: Addresses, course: str | None) -> list[Chapter]:
    """Its chapters, each with the address that begins there."""
    return [
        Chapter(
            cue.start / 1000,
            cue.end / 1000,
            one_line(cue.text),
            to.lesson(lesson.asset.id, t=cue.start / 1000, course=course),
        )
        for cue in spoken.chapters
    ]


def in_course(
    session: Session, organization_id: str, lesson: Lesson, asked: str | None, to: Addresses
) -> InCourse | None:
    """Its place in the course that was asked for, else in the newest one that it stands in."""
    courses = library_courses.with_lesson(session, organization_id, lesson.asset.id, MOST_COURSES)
    chosen = next((each for each in courses if each.public_id == asked), courses[0] if courses else None)
    if chosen is None:
        return None
    listed = library_courses.lessons(session, chosen)
    at = next((at for at, each in enumerate(listed) if each.id == lesson.asset.id), None)
    if at is None:
        return None
    return InCourse(
        chosen.public_id,
        chosen.title,
        to.course(chosen.public_id),
        at + 1,
        len(listed),
        _beside(listed, at - 1, chosen, to),
        _beside(listed, at + 1, chosen, to),
    )


def _beside(listed: Sequence[ListedAsset], at: int, course: Course, to: Addresses) -> Card | None:
    if not 0 <= at < len(listed):
        return None
    return card(listed[at], to, 0, course=course.public_id)


def related(session: Session, organization_id: str, lesson: Lesson, to: Addresses) -> list[Card]:
    """Lessons that have most in common with it."""
    found = libraries.related(session, organization_id, lesson.asset, RELATED)
    return cards(found, to, libraries.details(session, [each.id for each in found]))


def facts_of(row: Catalogued, language: Language) -> dict[str, Any]:
    """What is known of a lesson or a course, in words: level, contributors by role, licence with its address."""
    licence = Licence(**row.licence) if row.licence else None
    return {
        "level": getattr(LEVELS[row.level], language) if row.level else None,
        "contributors": [
            (getattr(ROLES[each["role"]], language) if each["role"] in ROLES else each["role"], each["name"])
            for each in row.contributors
        ],
        "licence": licence,
        "licence_name": licence_name(licence) if licence else None,
        "licence_url": licence_url(licence) if licence else None,
        "source": (row.source_organization or {}).get("name"),
    }


def embed_code(player: Player, lesson: Lesson, public_url: str) -> str | None:
    """The line by which other sites show it, if any may."""
    if not player.is_anywhere:
        return None
    links = Links(public_url, player.playback_id)
    return snippet(links.embed, shape_of(lesson.version.facts), title=lesson.asset.title)
