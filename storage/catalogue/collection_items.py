"""The lessons of a collection, in order: of its organization, of those below, and of others, as far as who puts them
there may see them.

An asset stands in a collection once at most. What a viewer may not see is left out, here and nowhere else; it keeps its
place, as what lies in the trash does.
"""

from __future__ import annotations

from collections.abc import Collection as AnyOf
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from configs.words import AssetKind, VersionState
from storage.catalogue import shown_assets
from storage.catalogue.facts import VersionFacts
from storage.catalogue.models import Asset, Collection, CollectionItem, Version
from storage.catalogue.publication import is_published
from storage.catalogue.reach import Reach
from storage.catalogue.shown_assets import ShownAsset
from storage.catalogue.visibility import Viewer, seen, visible

MOST_ITEMS = 1000


class CollectionFull(Exception):
    """It holds as many assets as it may."""


class UnknownAsset(Exception):
    """Named in the message: not an asset that whoever puts it there may see."""


@dataclass(frozen=True, kw_only=True)
class Item(ShownAsset):
    """An asset as a collection shows it; there are ``facts`` once it was inspected. Viewers meet ``shown_state``."""

    version_id: str
    title: str
    state: VersionState
    shown_state: VersionState
    kind: AssetKind | None
    facts: VersionFacts | None

    @property
    def duration(self) -> float | None:
        """Seconds, once known."""
        return self.facts.duration if self.facts else None

    @property
    def is_public(self) -> bool:
        """Whether everybody may see it."""
        return self.effective_visibility == "public" and is_published(self)


@dataclass(frozen=True)
class Items:
    """Those that a viewer sees, in order, and how many others there are."""

    seen: Sequence[Item]
    unseen: int


def items_of(session: Session, collection_id: str) -> Sequence[Item]:
    """All items in order, without assets that were deleted."""
    rows = session.execute(
        select(
            *shown_assets.COLUMNS,
            Version.id.label("version_id"),
            Asset.title,
            Version.state,
            Version.shown_state.label("shown_state"),
            Version.kind,
            Version.facts,
        )
        .join(CollectionItem, CollectionItem.asset_id == Asset.id)
        .join(Version, Version.id == Asset.current_version_id)
        .where(CollectionItem.collection_id == collection_id, Asset.deleted_at.is_(None))
        .order_by(CollectionItem.position, CollectionItem.asset_id)
    )
    return [Item(**row._mapping) for row in rows]


def items_for(session: Session, viewer: Viewer, collection_id: str) -> Items:
    """The items as ``viewer`` sees them."""
    every = items_of(session, collection_id)
    visible_ids = seen(session, viewer, every)
    shown = [item for item in every if item.asset_id in visible_ids]
    return Items(shown, len(every) - len(shown))


def counts(session: Session, viewer: Viewer, collection_ids: Sequence[str]) -> Mapping[str, int]:
    """How many items of each of some collections ``viewer`` sees; none of those where it is none."""
    counted = session.execute(
        select(CollectionItem.collection_id, func.count())
        .join(Asset, Asset.id == CollectionItem.asset_id)
        .where(
            CollectionItem.collection_id.in_(collection_ids),
            Asset.deleted_at.is_(None),
            visible(viewer, Asset),
        )
        .group_by(CollectionItem.collection_id)
    )
    return {row[0]: row[1] for row in counted}


def replace_items(
    session: Session,
    collection: Collection,
    asset_ids: Sequence[str],
    reach: Reach,
    viewer: Viewer | None = None,
) -> None:
    """Let the collection hold these assets, each named once, in this order: of its own organization and of those below,
    such that ``reach`` sees; of others such that ``viewer`` sees, unless they see only what is their own; and what was
    in it before. What ``viewer`` does not see stays where it is. Raises ``UnknownAsset``.
    """
    every = items_of(session, collection.id)
    before = {item.asset_id for item in every}
    shown = before if viewer is None else seen(session, viewer, every)
    known = _known_assets(session, collection, asset_ids, reach, viewer, before=before)
    unknown = [asset_id for asset_id in asset_ids if asset_id not in known]
    if unknown:
        raise UnknownAsset(unknown[0])
    session.execute(
        delete(CollectionItem).where(
            CollectionItem.collection_id == collection.id,
            # What is in the trash may come back to its place.
            CollectionItem.asset_id.in_(shown | {*asset_ids}),
        )
    )
    session.add_all(
        CollectionItem(
            collection_id=collection.id,
            asset_id=asset_id,
            position=position,
            is_foreign=known[asset_id],
        )
        for position, asset_id in enumerate(asset_ids)
    )
    _touch(session, collection)


def put_item(
    session: Session,
    collection: Collection,
    asset_id: str,
    position: int | None,
    *,
    reach: Reach,
    viewer: Viewer,
) -> None:
    """Let the asset stand at ``position`` among those that ``viewer`` sees, counted from 0; without one where it is, or
    at the end. The collection is held for update. Raises ``UnknownAsset`` and ``CollectionFull``.
    """
    found = items_for(session, viewer, collection.id)
    asset_ids = [item.asset_id for item in found.seen]
    if asset_id in asset_ids:
        if position is None:
            return
        asset_ids.remove(asset_id)
    elif len(asset_ids) + found.unseen >= MOST_ITEMS:
        raise CollectionFull
    asset_ids.insert(len(asset_ids) if position is None else position, asset_id)
    replace_items(session, collection, asset_ids, reach, viewer)


def remove_item(session: Session, collection: Collection, asset_id: str) -> bool:
    """Take the asset out; False if it does not stand there."""
    removed = session.execute(
        delete(CollectionItem)
        .where(CollectionItem.collection_id == collection.id, CollectionItem.asset_id == asset_id)
        .returning(CollectionItem.asset_id)
    ).scalar_one_or_none()
    if removed is not None:
        _touch(session, collection)
    return removed is not None


def _touch(session: Session, collection: Collection) -> None:
    collection.updated_at = func.now()
    collection.items_revision = Collection.items_revision + 1
    session.flush()
    # Where nobody has said who sees it, its lessons do.
    session.refresh(collection)


def _known_assets(
    session: Session,
    collection: Collection,
    asset_ids: Sequence[str],
    reach: Reach,
    viewer: Viewer | None,
    *,
    before: AnyOf[str],
) -> dict[str, bool]:
    """Those of the assets that may stand in the collection, and whether each is another organization's."""
    query = select(*shown_assets.COLUMNS).where(Asset.id.in_(asset_ids), Asset.deleted_at.is_(None))
    rows = [ShownAsset(**row._mapping) for row in session.execute(query)]
    own = Reach(collection.organization_id).among(session, {row.organization_id for row in rows})
    mine = [row for row in rows if row.organization_id in own and reach.is_owner(row.owner_id)]
    known = {row.id for row in mine} | {*before}
    if viewer is not None and reach.owner_id is None:
        known |= seen(session, viewer, [row for row in rows if row.id not in known])
    return {row.id: row.organization_id not in own for row in rows if row.id in known}
