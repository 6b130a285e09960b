"""Collections: ordered, named lists of assets, such as a course, with all that librarians say of it.

A collection belongs to an organization. Which lessons stand in it, ``collection_items`` has; whoever sees a course sees
of them what they may see anyway: a course opens no lesson.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ARRAY, ColumnElement, Text, cast, false, func, literal, or_, select
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import Session

from configs.words import Level, LicenceCode, Visibility
from storage.catalogue import collection_items, pages
from storage.catalogue.cataloguing import require_known
from storage.catalogue.models import Asset, Collection, CollectionItem
from storage.catalogue.pages import Listed, Order
from storage.catalogue.reach import Reach
from storage.catalogue.visibility import BY_PARTNER, Viewer, visible, visible_within

_NEWEST: Final = Order((Collection.id,), descending=True)


@dataclass(frozen=True)
class CollectionFilter:
    """What a list holds; what is None or empty leaves nothing out. ``external_id`` is that of an asset they hold;
    all else is as of assets (``asset_lists.AssetFilter``)."""

    external_id: str | None = None
    since: datetime | None = None
    before: datetime | None = None
    search: str | None = None
    languages: Sequence[str] = ()
    subjects: Sequence[str] = ()
    tags: Sequence[str] = ()
    category_ids: Sequence[str] = ()
    levels: Sequence[Level] = ()
    licences: Sequence[LicenceCode] = ()
    visibilities: Sequence[Visibility] = ()
    seen_by: Viewer | None = None


@dataclass(frozen=True)
class Counted:
    """A collection, and how many of its lessons its viewer sees."""

    collection: Collection
    count: int

    @property
    def id(self) -> str:
        """Of the collection."""
        return self.collection.id


def create_collection(
    session: Session,
    reach: Reach,
    title: str,
    asset_ids: Sequence[str],
    *,
    owner_id: str | None = None,
    viewer: Viewer | None = None,
    values: Mapping[str, Any] | None = None,
) -> Collection:
    """A new collection of the organization at the root of ``reach``, with ``values`` of further columns and with items
    that its maker may see. Raises ``UnknownAsset``, ``CategoryNotFound`` and ``SharedWithUnknown``.
    """
    collection = Collection(organization_id=reach.root, title=title, owner_id=owner_id)
    _set(session, collection, values or {})
    session.add(collection)
    session.flush()
    collection_items.replace_items(session, collection, asset_ids, reach, viewer)
    session.refresh(collection)
    return collection


def change(session: Session, collection: Collection, changes: Mapping[str, Any]) -> None:
    """Set the columns that ``changes`` names. Raises ``CategoryNotFound`` and ``SharedWithUnknown``."""
    _set(session, collection, changes)
    session.flush()
    session.refresh(collection)


def _set(session: Session, collection: Collection, values: Mapping[str, Any]) -> None:
    require_known(session, collection, values)
    for name, value in values.items():
        setattr(collection, name, value)


def find_collection(
    session: Session, collection_id: str, reach: Reach, *, for_update: bool = False
) -> Collection | None:
    """The collection, if it is in ``reach``; with ``for_update``, others wait with their changes."""
    query = select(Collection).where(Collection.id == collection_id)
    return reach.find(session, query, for_update=for_update)


def find_public_collection(session: Session, public_id: str) -> Collection | None:
    """The collection that the public knows by this ID."""
    return session.execute(select(Collection).where(Collection.public_id == public_id)).scalar_one_or_none()


def list_collections(
    session: Session,
    reach: Reach,
    limit: int,
    after: str | None,
    wanted: CollectionFilter | None = None,
    *,
    viewer: Viewer,
) -> Sequence[Counted]:
    """Newest first; ``after`` is the last ID of the page before. ``viewer`` is who sees so many of their lessons."""
    where = conditions(wanted or CollectionFilter())
    listed = Listed(Collection.organization_id, where, person=Collection.owner_id)
    cursor = [after] if after else None
    ids = pages.page(session, reach, listed, order=_NEWEST, limit=limit, cursor=cursor)
    query = select(Collection).where(Collection.id.in_(ids)).order_by(Collection.id.desc())
    return _counted(session, viewer, session.execute(query).scalars().all())


def list_shared_collections(
    session: Session, viewer: Viewer, limit: int, after: str | None, wanted: CollectionFilter
) -> Sequence[Counted]:
    """What is shared with the partner who looks, as ``list_collections``."""
    query = select(Collection).where(visible(viewer, Collection, only=BY_PARTNER), *conditions(wanted))
    if after is not None:
        query = query.where(Collection.id < after)
    found = session.execute(query.order_by(Collection.id.desc()).limit(limit)).scalars().all()
    return _counted(session, viewer, found)


def find_shared_collection(session: Session, collection_id: str, viewer: Viewer) -> Collection | None:
    """The collection, if it is shared with the partner who looks."""
    is_shared = visible(viewer, Collection, only=BY_PARTNER)
    query = select(Collection).where(Collection.id == collection_id, is_shared)
    return session.execute(query).scalar_one_or_none()


def delete_collection(session: Session, collection: Collection) -> None:
    """Take the list away; its assets stay."""
    session.delete(collection)
    session.flush()


def conditions(wanted: CollectionFilter) -> Sequence[ColumnElement[bool]]:
    """What is asked of rows."""
    where: list[ColumnElement[bool]] = []
    if wanted.seen_by is not None:
        where.append(visible_within(wanted.seen_by, Collection))
    if wanted.external_id is not None:
        holders = (
            select(CollectionItem.collection_id)
            .join(Asset, Asset.id == CollectionItem.asset_id)
            .where(Asset.external_id == wanted.external_id, Asset.deleted_at.is_(None))
        )
        if wanted.seen_by is not None:
            holders = holders.where(visible(wanted.seen_by, Asset))
        where.append(Collection.id.in_(holders))
    if wanted.search is not None:
        found = Collection.search_words.bool_op("@@")(cast(literal(wanted.search), TSQUERY))
        where.append(func.coalesce(found, false()))
    if wanted.languages:
        spoken = func.coalesce(Collection.language, "und")
        where.append(or_(spoken.in_(wanted.languages), func.split_part(spoken, "-", 1).in_(wanted.languages)))
    if wanted.category_ids:
        where.append(Collection.category_ids.bool_op("&&")(cast(list(wanted.category_ids), ARRAY(Text))))
    if wanted.tags:
        where.append(Collection.tags.bool_op("@>")(cast(list(wanted.tags), ARRAY(Text))))
    for column, values in (
        (Collection.subject, wanted.subjects),
        (Collection.level, wanted.levels),
        (Collection.licence["code"].astext, wanted.licences),
        (Collection.effective_visibility, wanted.visibilities),
    ):
        if values:
            where.append(column.in_(values))
    if wanted.since is not None:
        where.append(Collection.created_at >= wanted.since)
    if wanted.before is not None:
        where.append(Collection.created_at < wanted.before)
    return where


def _counted(session: Session, viewer: Viewer, found: Sequence[Collection]) -> Sequence[Counted]:
    counts = collection_items.counts(session, viewer, [each.id for each in found])
    return [Counted(each, counts.get(each.id, 0)) for each in found]
