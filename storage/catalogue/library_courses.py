"""Courses of a public catalogue: collections that everybody may see, with lessons that everybody may see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session

from storage.catalogue import asset_lists
from storage.catalogue.asset_lists import ListedAsset
from storage.catalogue.collection_items import MOST_ITEMS
from storage.catalogue.libraries import in_lists, shown_courses
from storage.catalogue.models import Asset, Collection, CollectionItem
from storage.catalogue.reach import Reach
from storage.ids import is_id

LOOKED_AT: Final = 300
"""The newest collections of which is asked what is shown of them."""


@dataclass(frozen=True)
class Course:
    """A course as the library shows it: ``count`` and ``duration`` (seconds) are of what everybody may see of it,
    ``poster_of`` is the lesson whose picture stands for it."""

    row: Collection
    count: int
    duration: float
    poster_of: str

    @property
    def public_id(self) -> str:
        """What the public knows it by."""
        return self.row.public_id

    @property
    def picture(self) -> str | None:
        """The SHA-256 of a picture of its own, which stands for it in place of the lesson's."""
        return self.row.picture_sha256

    @property
    def title(self) -> str:
        """What it is called."""
        return self.row.title


def newest(session: Session, organization_id: str, limit: int) -> list[Course]:
    """The newest courses of a library."""
    recent = (
        select(Collection.id)
        .where(Collection.organization_id.in_(Reach(organization_id).select()), shown_courses())
        .order_by(Collection.id.desc())
        .limit(LOOKED_AT)
    )
    return _courses(session, Collection.id.in_(recent), limit)


def find(session: Session, organization_id: str, public_id: str) -> Course | None:
    """A course of the library, if something of it is shown."""
    if not is_id(public_id):
        return None
    found = _courses(session, Collection.public_id == public_id, 1)
    is_own = found and Reach(organization_id).includes(session, found[0].row.organization_id)
    return found[0] if is_own else None


def with_lesson(session: Session, organization_id: str, asset_id: str, limit: int) -> list[Course]:
    """Courses of the library that a lesson stands in."""
    holders = select(CollectionItem.collection_id).where(CollectionItem.asset_id == asset_id).limit(LOOKED_AT)
    within = Collection.organization_id.in_(Reach(organization_id).select())
    return _courses(session, Collection.id.in_(holders) & within, limit)


def lessons(session: Session, course: Course) -> list[ListedAsset]:
    """What everybody may see of a course, in its order."""
    query = (
        select(Asset.id)
        .join(CollectionItem, CollectionItem.asset_id == Asset.id)
        .where(CollectionItem.collection_id == course.row.id, in_lists())
        .order_by(CollectionItem.position, CollectionItem.asset_id)
        .limit(MOST_ITEMS)
    )
    return asset_lists.listed(session, session.execute(query).scalars().all())


def by_id(session: Session, ids: Sequence[str]) -> list[Course]:
    """Some courses, in this order, as far as something of them is shown."""
    found = {each.row.id: each for each in _courses(session, Collection.id.in_(ids), len(ids))} if ids else {}
    return [found[each] for each in ids if each in found]


def _courses(session: Session, where: ColumnElement[Any], limit: int) -> list[Course]:
    of_course = (
        select(Asset.id, Asset.duration, CollectionItem.position)
        .join(CollectionItem, CollectionItem.asset_id == Asset.id)
        .where(CollectionItem.collection_id == Collection.id, in_lists())
        .correlate(Collection)
        .lateral("of_course")
    )
    # The lesson that was chosen to stand for the course, if it is shown, else the first one.
    order = (
        of_course.c.id != func.coalesce(Collection.poster_asset_id, ""),
        of_course.c.position,
        of_course.c.id,
    )
    query = (
        select(
            Collection,
            func.count(),
            func.coalesce(func.sum(of_course.c.duration), 0.0),
            func.array_agg(aggregate_order_by(of_course.c.id, *order))[1],
        )
        .join(of_course, true())
        .where(where, shown_courses())
        .group_by(Collection.id)
        .order_by(Collection.id.desc())
        .limit(limit)
    )
    return [Course(*row) for row in session.execute(query)]
