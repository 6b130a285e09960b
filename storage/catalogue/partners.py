"""Partners: sites that may embed what an organization shares with them.

What is shared are collections of the partner's organization or of those below it. A partner that is disabled, or
from which a collection is taken away, keeps nothing: whoever serves asks here again (``find_terms``, ``shared``).
"""

from __future__ import annotations

from collections.abc import Collection as AnyOf
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from storage.catalogue.models import (
    Asset,
    Collection,
    CollectionItem,
    Organization,
    Partner,
    PartnerCollection,
)
from storage.catalogue.reach import Reach
from storage.catalogue.visibility import BY_PARTNER, Viewer, visible


class UnknownCollection(Exception):
    """Named in the message: not a collection of the partner's organization or of those below it."""


@dataclass(frozen=True)
class Terms:
    """On what terms a partner of an organization may show things. Rates are of all its viewers together; ``downloads``:
    whether they may save whole files."""

    partner_id: str
    organization_id: str
    origins: tuple[str, ...]
    requests_per_second: int
    bytes_per_second: int
    bytes_per_day: int
    downloads: bool


def find_partner(
    session: Session, partner_id: str, reach: Reach, *, for_update: bool = False
) -> Partner | None:
    """The partner, if its owner is in ``reach``; with ``for_update``, others wait with their changes."""
    return reach.find(session, select(Partner).where(Partner.id == partner_id), for_update=for_update)


def list_partners(session: Session, reach: Reach, limit: int, after: str | None) -> Sequence[Partner]:
    """Oldest first; ``after`` is the last ID of the page before."""
    query = select(Partner).where(Partner.organization_id.in_(reach.select()), Partner.id > (after or ""))
    return session.execute(query.order_by(Partner.id).limit(limit)).scalars().all()


def shared_collections(session: Session, partner_ids: AnyOf[str]) -> dict[str, list[str]]:
    """IDs of the collections that are shared with each partner, by the partner's ID."""
    found: dict[str, list[str]] = {partner_id: [] for partner_id in partner_ids}
    for partner_id, collection_id in session.execute(
        select(PartnerCollection.partner_id, PartnerCollection.collection_id)
        .where(PartnerCollection.partner_id.in_(partner_ids))
        .order_by(PartnerCollection.collection_id)
    ):
        found[partner_id].append(collection_id)
    return found


def share(session: Session, partner: Partner, collection_ids: AnyOf[str]) -> None:
    """Share these collections with the partner and no others. Raises ``UnknownCollection``."""
    wanted = list(dict.fromkeys(collection_ids))
    found = session.execute(
        select(Collection.id, Collection.organization_id).where(Collection.id.in_(wanted))
    ).all()
    owners = Reach(partner.organization_id).among(session, {row.organization_id for row in found})
    known = {row.id for row in found if row.organization_id in owners}
    unknown = [collection_id for collection_id in wanted if collection_id not in known]
    if unknown:
        raise UnknownCollection(unknown[0])
    session.execute(delete(PartnerCollection).where(PartnerCollection.partner_id == partner.id))
    session.add_all(
        PartnerCollection(partner_id=partner.id, collection_id=collection_id) for collection_id in wanted
    )
    partner.updated_at = func.now()
    session.flush()


def delete_partner(session: Session, partner: Partner) -> None:
    """Take the partner away, with its keys: tokens that name it count no more."""
    session.delete(partner)
    session.flush()


def find_terms(session: Session, partner_id: str) -> Terms | None:
    """The partner's terms; None if there is no such partner, it is disabled, or its organization is closed."""
    found = session.execute(
        select(Partner)
        .join(Organization, Organization.id == Partner.organization_id)
        .where(Partner.id == partner_id, Partner.enabled, Organization.closed_at.is_(None))
    ).scalar_one_or_none()
    if found is None:
        return None
    return Terms(
        found.id,
        found.organization_id,
        tuple(found.origins),
        found.requests_per_second,
        found.bytes_per_second,
        found.bytes_per_day,
        found.downloads,
    )


def shared(session: Session, partner_id: str, asset_ids: AnyOf[str]) -> set[str]:
    """Those of the assets that the partner may show: they are shared with it, or stand in a collection that is, and are
    published."""
    is_shown = visible(Viewer(partner_id=partner_id), Asset, only=BY_PARTNER)
    found = session.execute(
        select(Asset.id).where(Asset.id.in_(asset_ids), Asset.deleted_at.is_(None), is_shown)
    )
    return set(found.scalars())


def origins_of_asset(session: Session, asset_id: str) -> set[str]:
    """The origins of all partners with whom the asset is shared."""
    given = (
        select(PartnerCollection.partner_id)
        .join(CollectionItem, CollectionItem.collection_id == PartnerCollection.collection_id)
        .where(CollectionItem.asset_id == asset_id, CollectionItem.is_foreign.is_(False))
    )
    named = select(func.unnest(Asset.shared_partner_ids)).where(
        Asset.id == asset_id, Asset.effective_visibility.in_(("shared", "public"))
    )
    rows = session.execute(
        select(Partner.origins)
        .join(Organization, Organization.id == Partner.organization_id)
        .where(Partner.id.in_(given.union(named)), Partner.enabled, Organization.closed_at.is_(None))
    )
    return {origin for origins in rows.scalars() for origin in origins}
