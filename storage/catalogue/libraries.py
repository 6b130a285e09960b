"""Public catalogues of organizations: which there are, what stands in one, and how much of what.

A library shows what everybody may see (``visibility.ANYBODY``) of its organization and of all below. Nothing here looks
at more than so many rows, however large a catalogue is.
"""

from __future__ import annotations

import re
from collections.abc import Collection as AnyOf
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from configs.words import VersionState
from storage.catalogue import asset_lists, candidates
from storage.catalogue.asset_lists import AssetFilter, ListedAsset
from storage.catalogue.candidates import Audience, SearchOrder, Wanted
from storage.catalogue.models import Asset, Collection, CollectionItem, Library, Organization, Version
from storage.catalogue.pages import Order
from storage.catalogue.reach import Reach
from storage.catalogue.visibility import ANYBODY, visible
from storage.ids import is_id

MOST_LIBRARIES: Final = 1000
"""Libraries that are told of to those who look for all of them."""

MOST_COUNTED: Final = 20_000
"""Lessons that are counted by subject."""

_ADDRESS: Final = re.compile("[a-z0-9-]{2,40}")
"""What a library is called in addresses: slugs and IDs."""

_ALL: Final = AssetFilter()
_PLAY: Final[tuple[VersionState, ...]] = ("playable", "ready")
_FOUND_STATES: Final[tuple[VersionState, ...]] = (*_PLAY, "external")
_SHOWN_LESSONS: Final = (visible(ANYBODY, Asset),)
_SHOWN_COURSES: Final = (visible(ANYBODY, Collection),)
_ORDERS: Final[dict[SearchOrder, Order]] = {
    "clicks": Order((Asset.clicks, Asset.id), descending=True),
    "-created_at": asset_lists.ORDERS["-created_at"],
}


@dataclass(frozen=True)
class Shown:
    """A library that is shown: its organization, and what that chose for it, if anything. ``is_preview``: to its
    administrators alone."""

    organization: Organization
    chosen: Library | None
    is_preview: bool = False

    @property
    def name(self) -> str:
        """What it is called."""
        return (self.chosen.name if self.chosen else "") or self.organization.name

    @property
    def address(self) -> str:
        """What stands for it in addresses."""
        return (self.chosen.slug if self.chosen else None) or self.organization.id


@dataclass(frozen=True)
class Lesson:
    """A lesson that everybody may see: ``owner`` is the name of the organization whose it is."""

    asset: Asset
    version: Version
    owner: str


@dataclass(frozen=True)
class Counted:
    """How many lessons stand in exactly these categories, of this subject."""

    category_ids: Sequence[str]
    subject: str | None
    count: int


def find(session: Session, address: str) -> Shown | None:
    """The library with this slug, or of the organization with this ID, if it is shown."""
    return _find(session, _shown(), address)


def find_hidden(session: Session, reach: Reach, address: str) -> Shown | None:
    """The same of one that is not shown, within ``reach``."""
    hidden = _all_libraries().where(Organization.library.is_(False), Organization.id.in_(reach.select()))
    found = _find(session, hidden, address)
    return replace(found, is_preview=True) if found else None


def list_shown(session: Session) -> list[Shown]:
    """All that are shown, oldest first, as far as is told."""
    return [Shown(*row) for row in session.execute(_shown().order_by(Organization.id).limit(MOST_LIBRARIES))]


def chosen(session: Session, organization_id: str) -> Library:
    """What an organization has chosen; of one that has not chosen anything a row to be written."""
    found = session.get(Library, organization_id)
    if found is None:
        found = Library(organization_id=organization_id, name="", welcome={}, footer={}, icp_number="")
        session.add(found)
    return found


def is_slug_taken(session: Session, slug: str, organization_id: str) -> bool:
    """Whether another organization's library is called so."""
    query = select(Library.organization_id).where(
        Library.slug == slug, Library.organization_id != organization_id
    )
    return session.execute(query).first() is not None


def audience(organization_id: str) -> Audience:
    """For whom a library is searched."""
    return Audience(Reach(organization_id), where=_SHOWN_LESSONS, courses=_SHOWN_COURSES)


def public(wanted: AssetFilter = _ALL) -> AssetFilter:
    """The same among public lessons, which an index finds where most of an organization's are not."""
    return replace(wanted, visibilities=("public",))


def first(
    session: Session,
    organization_id: str,
    order: SearchOrder,
    limit: int,
    wanted: AssetFilter = _ALL,
) -> list[ListedAsset]:
    """The first lessons of the library in this order."""
    asked = Wanted("", (), public(wanted))
    some = candidates.named(session, audience(organization_id), asked, _ORDERS[order], limit)
    return asset_lists.listed(session, some.ids)


def count(session: Session, organization_id: str) -> tuple[list[Counted], bool]:
    """How many lessons stand where, and whether there are more than were counted."""
    rows = (
        select(Asset.category_ids, Asset.subject)
        .where(Asset.organization_id.in_(Reach(organization_id).select()), _in_state(_FOUND_STATES))
        .limit(MOST_COUNTED)
        .subquery("rows")
    )
    counted = select(rows.c.category_ids, rows.c.subject, func.count()).group_by(
        rows.c.category_ids, rows.c.subject
    )
    found = [Counted(*row) for row in session.execute(counted)]
    return found, sum(each.count for each in found) >= MOST_COUNTED


def in_lists() -> ColumnElement[bool]:
    """Lessons of a library that play. References to pages of other sites are found in searches and under subjects, and
    are in no course, feed or sitemap."""
    return _in_state(_PLAY)


def _in_state(states: tuple[VersionState, ...]) -> ColumnElement[bool]:
    return and_(
        Asset.deleted_at.is_(None),
        Asset.current_version_id.is_not(None),
        Asset.state.in_(states),
        visible(ANYBODY, Asset),
    )


def shown_courses() -> ColumnElement[bool]:
    """Courses that everybody may find."""
    return visible(ANYBODY, Collection)


def find_lesson(session: Session, organization_id: str, asset_id: str) -> Lesson | None:
    """A lesson of the library or of one of its courses, if everybody may see it and it plays, here or elsewhere."""
    if not is_id(asset_id):
        return None
    query = (
        select(Asset, Version, Organization.name)
        .join(Version, Version.id == Asset.current_version_id)
        .join(Organization, Organization.id == Asset.organization_id)
        .where(Asset.id == asset_id, Asset.deleted_at.is_(None), visible(ANYBODY, Asset))
        .where(Version.shown_state.in_(_FOUND_STATES))
    )
    row = session.execute(query).one_or_none()
    if row is None:
        return None
    is_own = Reach(organization_id).includes(session, row[0].organization_id)
    return Lesson(*row) if is_own or _is_in_course(session, organization_id, asset_id) else None


def related(session: Session, organization_id: str, asset: Asset, limit: int) -> list[ListedAsset]:
    """Lessons that have most in common with this one, of those the most watched."""
    ways = [
        AssetFilter(category_ids=asset.category_ids) if asset.category_ids else None,
        *(AssetFilter(tags=[tag]) for tag in asset.tags[:3]),
        AssetFilter(subjects=[asset.subject]) if asset.subject else None,
    ]
    found: dict[str, ListedAsset] = {}
    for wanted in ways:
        if wanted is not None:
            found |= {each.id: each for each in first(session, organization_id, "clicks", 3 * limit, wanted)}
    if len(found) <= limit:
        for each in first(session, organization_id, "clicks", limit + 1):
            found.setdefault(each.id, each)
    found.pop(asset.id, None)

    def alike(other: ListedAsset) -> int:
        shared = _common(other.category_ids, asset.category_ids) + _common(other.tags, asset.tags)
        return -2 * shared - (other.subject is not None and other.subject == asset.subject)

    return sorted(found.values(), key=alike)[:limit]


@dataclass(frozen=True)
class SitemapFile:
    """A file of a sitemap: the ID of its first lesson, and when something in it changed last."""

    first_id: str
    changed_at: datetime


def sitemap_files(session: Session, organization_id: str, size: int) -> list[SitemapFile]:
    """Where the files of a sitemap begin that have ``size`` lessons each."""
    number = (func.row_number().over(order_by=Asset.id) - 1) / size
    rows = (
        select(Asset.id, Asset.updated_at, number.label("file"))
        .where(Asset.organization_id.in_(Reach(organization_id).select()), in_lists())
        .subquery("rows")
    )
    files = select(func.min(rows.c.id), func.max(rows.c.updated_at)).group_by(func.floor(rows.c.file))
    return sorted((SitemapFile(*row) for row in session.execute(files)), key=lambda file: file.first_id)


_ENTRY: Final = (
    Asset.id,
    Asset.title,
    Asset.description,
    Asset.language,
    Asset.tags,
    Asset.duration,
    Asset.clicks,
    Asset.published_at,
    Asset.created_at,
    Asset.withdraw_at,
    Asset.updated_at,
)
"""What feeds and sitemaps tell of a lesson."""


def lessons_since(session: Session, organization_id: str, first_id: str, limit: int) -> Sequence[Any]:
    """The lessons of a file of a sitemap, from this one on."""
    within = Asset.organization_id.in_(Reach(organization_id).select())
    query = select(*_ENTRY).where(within, in_lists(), Asset.id >= first_id).order_by(Asset.id).limit(limit)
    return session.execute(query).all()


def entries(session: Session, ids: Sequence[str]) -> Sequence[Any]:
    """The same of these lessons, the newest first."""
    return session.execute(select(*_ENTRY).where(Asset.id.in_(ids)).order_by(Asset.id.desc())).all()


def details(session: Session, ids: Sequence[str]) -> dict[str, tuple[str, int]]:
    """Descriptions and clicks of lessons, which lists do not tell."""
    rows = session.execute(select(Asset.id, Asset.description, Asset.clicks).where(Asset.id.in_(ids)))
    return {row[0]: (row[1], row[2]) for row in rows}


def _is_in_course(session: Session, organization_id: str, asset_id: str) -> bool:
    """Whether a lesson of others stands in a course of the library."""
    query = (
        select(CollectionItem.asset_id)
        .join(Collection, Collection.id == CollectionItem.collection_id)
        .where(
            CollectionItem.asset_id == asset_id,
            Collection.organization_id.in_(Reach(organization_id).select()),
            shown_courses(),
        )
        .limit(1)
    )
    return session.execute(query).first() is not None


def _common(one: AnyOf[str], other: AnyOf[str]) -> int:
    return len({*one} & {*other})


def _shown() -> Select[Organization, Library]:
    return _all_libraries().where(Organization.library)


def _all_libraries() -> Select[Organization, Library]:
    return select(Organization, Library).outerjoin(Library, Library.organization_id == Organization.id)


def _find(session: Session, among: Select[Organization, Library], address: str) -> Shown | None:
    if not _ADDRESS.fullmatch(address):
        return None
    named = Library.slug == address
    query = among.where(or_(named, Organization.id == address) if is_id(address) else named).limit(1)
    row = session.execute(query).one_or_none()
    return Shown(*row) if row else None
