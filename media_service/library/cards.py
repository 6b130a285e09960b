"""Lessons and courses as lists of the library show them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from configs.words import AssetKind
from media_service.library.addresses import Addresses
from media_service.library.transcripts import Bit
from media_service.playback.serving.links import course_poster_address
from storage.catalogue.asset_lists import ListedAsset
from storage.catalogue.harvests import External
from storage.catalogue.library_courses import Course

POSTER_WIDTH = 320


@dataclass(frozen=True)
class Said:
    """That words are said at a moment of a lesson: seconds, the words around, and where to hear them."""

    moment: float
    is_chapter: bool
    bits: Sequence[Bit]
    address: str


@dataclass(frozen=True)
class Card:
    """A lesson: ``duration`` in seconds, ``title`` in pieces."""

    id: str
    title: str
    bits: Sequence[Bit]
    address: str
    poster: str
    kind: AssetKind | None
    duration: float | None
    views: int
    has_captions: bool
    said: Sequence[Said] = ()
    at: str | None = None
    """Where it is, if it is no lesson but a reference to a page of another site."""


@dataclass(frozen=True)
class CourseCard:
    """A course by its public ID; ``duration`` of all its lessons in seconds."""

    id: str
    title: str
    address: str
    poster: str
    count: int
    duration: float


def stamp(changed_at: datetime) -> str:
    """What changes with the picture of a lesson."""
    return f"{int(changed_at.timestamp()):x}"


def card(
    asset: ListedAsset,
    to: Addresses,
    views: int,
    *,
    bits: Sequence[Bit] | None = None,
    said: Sequence[Said] = (),
    external: External | None = None,
    **query: str | None,
) -> Card:
    """A lesson of a list; ``query`` goes along in its address, ``external`` says where it is if it is not here."""
    return Card(
        asset.id,
        asset.title,
        bits if bits is not None else [(asset.title, False)],
        to.lesson(asset.id, **query),
        to.poster(asset.id, POSTER_WIDTH, stamp(asset.updated_at)),
        asset.kind,
        _duration(asset, external),
        views,
        asset.has_captions,
        said,
        external.source if external else None,
    )


def _duration(asset: ListedAsset, external: External | None) -> float | None:
    told: float | None = external.told.get("duration") if external else None
    return asset.facts.duration if asset.facts else told


def cards(
    assets: Iterable[ListedAsset],
    to: Addresses,
    details: Mapping[str, tuple[str, int]],
    *,
    course: str | None = None,
) -> list[Card]:
    """Lessons of a list; those of a course are watched in it."""
    return [card(asset, to, details[asset.id][1], course=course) for asset in assets if asset.id in details]


def course_card(course: Course, to: Addresses) -> CourseCard:
    """A course of a list."""
    poster = course_poster(course, to, POSTER_WIDTH)
    return CourseCard(
        course.public_id, course.title, to.course(course.public_id), poster, course.count, course.duration
    )


def course_poster(course: Course, to: Addresses, width: int) -> str:
    """The picture that stands for a course: its own, as it was sent, or that of a lesson in this width."""
    if course.picture is not None:
        return course_poster_address("", course.public_id, course.picture)
    return to.poster(course.poster_of, width, stamp(course.row.updated_at))
