"""Collections: ordered, named lists of assets, such as a course.

A collection belongs to an organization and holds assets of it and of the organizations below. An asset stands in it
once at most; one that is deleted is no longer shown.
"""

from __future__ import annotations

from collections.abc import Collection as AnyOf
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, delete, func, select
from sqlalchemy.orm import Session

from configs.words import AssetKind, VersionState
from storage.catalogue import pages
from storage.catalogue.facts import VersionFacts
from storage.catalogue.models import Asset, Collection, CollectionItem, PartnerCollection, Version
from storage.catalogue.pages import Listed, Order
from storage.catalogue.reach import Reach

MOST_ITEMS = 1000


class CollectionFull(Exception):
    """It holds as many assets as it may."""


class UnknownAsset(Exception):
    """Named in the message: not an asset of the collection's organization or of those below it."""


@dataclass(frozen=True)
class Item:
    """An asset as a collection shows it; there are ``facts`` once it was inspected. Viewers meet ``shown_state``."""

    asset_id: str
    title: str
    state: VersionState
    shown_state: VersionState
    kind: AssetKind | None
    facts: VersionFacts | None

    @property
    def duration(self) -> float | None:
        """Seconds, once known."""
        return self.facts.duration if self.facts else None


@dataclass(frozen=True)
class Summary:
    """A collection without its items; ``count`` says how many it has."""

    id: str
    public_id: str
    organization_id: str
    title: str
    count: int
    created_at: datetime
    updated_at: datetime


def create_collection(
    session: Session, organization_id: str, title: str, asset_ids: Sequence[str]
) -> Collection:
    """A new collection with its items. Raises ``UnknownAsset``."""
    collection = Collection(organization_id=organization_id, title=title)
    session.add(collection)
    session.flush()
    replace_items(session, collection, asset_ids)
    return collection


def find_collection(
    session: Session, collection_id: str, reach: Reach, *, for_update: bool = False
) -> Collection | None:
    """The collection, if its owner is in ``reach``; with ``for_update``, others wait with their changes."""
    query = select(Collection).where(Collection.id == collection_id)
    return reach.find(session, query, for_update=for_update)


def find_public_collection(session: Session, public_id: str) -> Collection | None:
    """The collection that the public knows by this ID."""
    return session.execute(select(Collection).where(Collection.public_id == public_id)).scalar_one_or_none()


def list_collections(
    session: Session, reach: Reach, limit: int, after: str | None, external_id: str | None = None
) -> Sequence[Summary]:
    """Newest first; ``after`` is the last ID of the page before. ``external_id`` is that of an asset they hold."""
    listed = Listed(Collection.organization_id, _holding(external_id))
    order = Order((Collection.id,), descending=True)
    ids = pages.page(session, reach, listed, order=order, limit=limit, cursor=[after] if after else None)
    query = select(Collection).where(Collection.id.in_(ids)).order_by(Collection.id.desc())
    return _summarized(session, session.execute(query).scalars().all())


def list_shared_collections(
    session: Session, partner_id: str, limit: int, after: str | None, external_id: str | None = None
) -> Sequence[Summary]:
    """What is shared with a partner, newest first; ``after`` is the last ID of the page before. ``external_id`` is that
    of an asset they hold.
    """
    query = _shared_with(partner_id).where(*_holding(external_id))
    if after is not None:
        query = query.where(Collection.id < after)
    return _summarized(
        session, session.execute(query.order_by(Collection.id.desc()).limit(limit)).scalars().all()
    )


def find_shared_collection(session: Session, collection_id: str, partner_id: str) -> Collection | None:
    """The collection, if it is shared with the partner."""
    return session.execute(
        _shared_with(partner_id).where(Collection.id == collection_id)
    ).scalar_one_or_none()


def _shared_with(partner_id: str) -> Select[Collection]:
    return (
        select(Collection)
        .join(PartnerCollection, PartnerCollection.collection_id == Collection.id)
        .where(PartnerCollection.partner_id == partner_id)
    )


def _summarized(session: Session, found: Sequence[Collection]) -> Sequence[Summary]:
    counted = session.execute(
        select(CollectionItem.collection_id, func.count())
        .join(Asset, Asset.id == CollectionItem.asset_id)
        .where(CollectionItem.collection_id.in_([entry.id for entry in found]), Asset.deleted_at.is_(None))
        .group_by(CollectionItem.collection_id)
    )
    counts = {row[0]: row[1] for row in counted}
    return [
        Summary(
            id=entry.id,
            public_id=entry.public_id,
            organization_id=entry.organization_id,
            title=entry.title,
            count=counts.get(entry.id, 0),
            created_at=entry.created_at,
            updated_at=entry.updated_at,
        )
        for entry in found
    ]


def items_of(session: Session, collection_id: str) -> Sequence[Item]:
    """The items in order, without assets that were deleted."""
    rows = session.execute(
        select(
            Asset.id,
            Asset.title,
            Version.state,
            Version.shown_state,
            Version.kind,
            Version.facts,
        )
        .join(CollectionItem, CollectionItem.asset_id == Asset.id)
        .join(Version, Version.id == Asset.current_version_id)
        .where(CollectionItem.collection_id == collection_id, Asset.deleted_at.is_(None))
        .order_by(CollectionItem.position)
    )
    return [Item(*row) for row in rows]


def replace_items(session: Session, collection: Collection, asset_ids: Sequence[str]) -> None:
    """Let the collection hold these assets, each named once, in this order. Raises ``UnknownAsset``."""
    known = _known_assets(session, asset_ids, Reach(collection.organization_id))
    unknown = [asset_id for asset_id in asset_ids if asset_id not in known]
    if unknown:
        raise UnknownAsset(unknown[0])
    session.execute(delete(CollectionItem).where(CollectionItem.collection_id == collection.id))
    session.add_all(
        CollectionItem(collection_id=collection.id, asset_id=asset_id, position=position)
        for position, asset_id in enumerate(asset_ids)
    )
    collection.updated_at = func.now()
    session.flush()


def put_item(session: Session, collection: Collection, asset_id: str, position: int | None) -> None:
    """Let the asset stand at ``position``, counted from 0; without one where it is, or at the end. The collection is
    held for update. Raises ``UnknownAsset`` and ``CollectionFull``.
    """
    asset_ids = [item.asset_id for item in items_of(session, collection.id)]
    if asset_id in asset_ids:
        if position is None:
            return
        asset_ids.remove(asset_id)
    elif len(asset_ids) >= MOST_ITEMS:
        raise CollectionFull
    asset_ids.insert(len(asset_ids) if position is None else position, asset_id)
    replace_items(session, collection, asset_ids)


def remove_item(session: Session, collection: Collection, asset_id: str) -> bool:
    """Take the asset out; False if it does not stand there."""
    removed = session.execute(
        delete(CollectionItem)
        .where(CollectionItem.collection_id == collection.id, CollectionItem.asset_id == asset_id)
        .returning(CollectionItem.asset_id)
    ).scalar_one_or_none()
    if removed is not None:
        collection.updated_at = func.now()
        session.flush()
    return removed is not None


def delete_collection(session: Session, collection: Collection) -> None:
    """Take the list away; its assets stay."""
    session.delete(collection)
    session.flush()


def _holding(external_id: str | None) -> Sequence[ColumnElement[bool]]:
    if external_id is None:
        return ()
    holders = (
        select(CollectionItem.collection_id)
        .join(Asset, Asset.id == CollectionItem.asset_id)
        .where(Asset.external_id == external_id, Asset.deleted_at.is_(None))
    )
    return (Collection.id.in_(holders),)


def _known_assets(session: Session, asset_ids: AnyOf[str], reach: Reach) -> set[str]:
    found = session.execute(
        select(Asset.id, Asset.organization_id).where(Asset.id.in_(asset_ids), Asset.deleted_at.is_(None))
    ).all()
    owners = reach.among(session, {row.organization_id for row in found})
    return {row.id for row in found if row.organization_id in owners}
