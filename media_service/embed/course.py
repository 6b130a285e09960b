"""What the player page of a course shows beside the lesson: the list of lessons, as far as who looks may see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from media_service.playback.serving.links import Links
from media_service.problems import ApiError
from storage.catalogue import collection_items, collections, playback, visibility
from storage.catalogue.models import Collection
from storage.catalogue.publication import is_published
from storage.catalogue.visibility import Viewer
from storage.ids import is_id

SHOWN_STATES = ("playable", "ready")


@dataclass(frozen=True)
class Lesson:
    """One that plays. ``is_signed``: nobody plays it without a token; ``is_seen``: who looks may know of it."""

    playback_id: str
    title: str
    duration: float | None
    is_signed: bool
    is_seen: bool


@dataclass(frozen=True)
class Course:
    """A course and its lessons in order, those too that may not be told of. ``is_hidden``: viewers meet it nowhere."""

    id: str
    title: str
    is_seen: bool
    is_hidden: bool
    lessons: Sequence[Lesson]

    @property
    def seen(self) -> Sequence[Lesson]:
        """Lessons that may be told of."""
        return [lesson for lesson in self.lessons if lesson.is_seen]

    def choose(self, playback_id: str | None, *, of_all: bool) -> str:
        """The lesson that is asked for by its playback ID, else the first one: of those that are seen, if there is one,
        or ``of_all``. Whether it plays, the gate decides. Raises ``playback_not_found``.
        """
        first = self.lessons if of_all else (self.seen or self.lessons)
        names = [lesson.playback_id for lesson in self.lessons]
        chosen = playback_id or next((lesson.playback_id for lesson in first), None)
        if chosen is None or chosen not in names:
            raise ApiError("playback_not_found")
        return chosen

    def told(self, playback_id: str, title: str) -> dict[str, Any]:
        """For the page that plays this lesson, under the title by which the gate let it in."""
        lessons = [lesson for lesson in self.lessons if lesson.is_seen or lesson.playback_id == playback_id]
        return {
            "id": self.id,
            "title": self.title,
            "index": [lesson.playback_id for lesson in lessons].index(playback_id),
            "lessons": [
                {
                    "playback_id": lesson.playback_id,
                    "title": title if lesson.playback_id == playback_id else lesson.title,
                    "duration": lesson.duration,
                    "signed": lesson.is_signed,
                    "status_url": Links("", lesson.playback_id).status,
                }
                for lesson in lessons
            ],
        }


def find_open_collection(session: Session, public_id: str, viewer: Viewer) -> Collection:
    """The collection behind a course, if ``viewer`` may see it. Raises ``collection_not_found``."""
    found = collections.find_public_collection(session, public_id) if is_id(public_id) else None
    if found is None or not visibility.seen(session, viewer, [found]):
        raise ApiError("collection_not_found")
    return found


def find_course(session: Session, public_id: str, viewer: Viewer) -> Course:
    """The course as ``viewer`` sees it. Raises ``collection_not_found``.

    Lessons that cannot be played yet, or have no playback ID, are left out. A signed one that everybody may see stands
    in the list under its signed playback ID, which plays nothing without a token. The page goes on to another lesson by
    what its ``status_url`` says.
    """
    found = collections.find_public_collection(session, public_id) if is_id(public_id) else None
    if found is None:
        raise ApiError("collection_not_found")
    items = [
        item for item in collection_items.items_of(session, found.id) if item.shown_state in SHOWN_STATES
    ]
    ids = playback.preferred_playback_ids(session, [item.asset_id for item in items])
    seen = visibility.seen(session, viewer, items)
    lessons = [
        Lesson(
            playback_id=ids[item.asset_id].id,
            title=item.title,
            duration=item.duration,
            is_signed=ids[item.asset_id].policy == "signed" or not item.is_public,
            is_seen=item.asset_id in seen,
        )
        for item in items
        if item.asset_id in ids
    ]
    return Course(
        id=public_id,
        title=found.title,
        is_seen=bool(visibility.seen(session, viewer, [found])),
        is_hidden=found.effective_visibility == "private" or not is_published(found),
        lessons=lessons,
    )
