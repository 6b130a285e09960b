"""The first page of a library and its subjects: what is counted, which many readers share for a minute."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from media_service.cache import Cache
from media_service.library.addresses import Addresses
from media_service.library.cards import Card, CourseCard, cards, course_card
from media_service.library.subjects import Subjects, subjects_of
from storage.catalogue import categories, libraries, library_courses

LESSONS: Final = 8
COURSES: Final = 6
"""How many the first page shows of each list."""

_COUNTED_SECONDS: Final = 60.0

_subjects: Cache[str, Subjects] = Cache(500, _COUNTED_SECONDS)


@dataclass(frozen=True)
class Home:
    """What the first page shows."""

    newest: list[Card]
    watched: list[Card]
    courses: list[CourseCard]


def subjects(session: Session, organization_id: str) -> Subjects:
    """The subjects of a library, as they were within the last minute."""

    def ask() -> Subjects:
        counted, more = libraries.count(session, organization_id)
        return subjects_of(categories.usable(session, organization_id), counted, more=more)

    found = _subjects.get(organization_id, ask)
    return found if found is not None else ask()


def home(session: Session, organization_id: str, to: Addresses) -> Home:
    """The newest and the most watched lessons, and the newest courses."""
    newest = libraries.first(session, organization_id, "-created_at", LESSONS)
    watched = libraries.first(session, organization_id, "clicks", LESSONS)
    details = libraries.details(session, [*{each.id for each in (*newest, *watched)}])
    return Home(
        cards(newest, to, details),
        cards([each for each in watched if details.get(each.id, ("", 0))[1]], to, details),
        [course_card(each, to) for each in library_courses.newest(session, organization_id, COURSES)],
    )
