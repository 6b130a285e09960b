"""What changes the tree of organizations: moving a branch of it, closing one, opening it again.

One transaction at a time does so. What a collection, a partner or a category holds lies in its own organization or
below; a move that would tear something out of there is refused.
"""

from __future__ import annotations

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from storage.catalogue import categories, view_days
from storage.catalogue.models import (
    Asset,
    Collection,
    CollectionItem,
    Organization,
    Partner,
    PartnerCollection,
)
from storage.catalogue.reach import Reach
from storage.catalogue.reach import above as those_above


class OrganizationClosed(Exception):
    """Nothing new comes into a closed organization."""


class OrganizationCircle(Exception):
    """An organization cannot stand below itself."""


class StillShared(Exception):
    """Named in the message: what above the branch holds something of it."""


def lock(session: Session) -> None:
    """Let nobody else change the tree until the end of the transaction; reading goes on."""
    session.execute(text("LOCK TABLE organizations IN SHARE ROW EXCLUSIVE MODE"))


def move(session: Session, organization: Organization, parent: Organization) -> None:
    """Put a branch below ``parent``. The tree is locked. Raises ``OrganizationClosed``, ``OrganizationCircle`` and
    ``StillShared``.
    """
    branch = set(session.execute(Reach(organization.id).select()).scalars())
    if parent.id in branch:
        raise OrganizationCircle
    if parent.closed_at is not None and organization.closed_at is None:
        raise OrganizationClosed
    above = set(session.execute(those_above(parent.id)).scalars())
    holder = (
        _collection_that_holds(session, branch, above)
        or _partner_that_holds(session, branch, above)
        or _category_that_holds(session, branch, above)
    )
    if holder is not None:
        raise StillShared(holder)
    if organization.parent_id is not None:
        view_days.mark_branches(session, organization.parent_id)
    view_days.mark_branches(session, parent.id)
    organization.parent_id = parent.id
    session.flush()


def close(session: Session, organization: Organization) -> None:
    """Close a branch: what is closed already stays closed when it is opened again."""
    session.execute(
        update(Organization)
        .where(
            Organization.id.in_(Reach(organization.id).select()),
            Organization.closed_at.is_(None),
        )
        .values(closed_at=func.now())
    )
    session.refresh(organization)


def reopen(session: Session, organization: Organization) -> None:
    """Open an organization and all that was closed with it. Raises ``OrganizationClosed`` if the one above is."""
    parent = session.get(Organization, organization.parent_id) if organization.parent_id else None
    if parent is not None and parent.closed_at is not None:
        raise OrganizationClosed
    session.execute(
        update(Organization)
        .where(
            Organization.id.in_(Reach(organization.id).select()),
            Organization.closed_at == organization.closed_at,
        )
        .values(closed_at=None)
    )
    session.refresh(organization)


def require_open(session: Session, organization_id: str) -> None:
    """Have the organization stay open until the end of the transaction. Raises ``OrganizationClosed``."""
    closed_at = session.execute(
        select(Organization.closed_at).where(Organization.id == organization_id).with_for_update(read=True)
    ).scalar_one_or_none()
    if closed_at is not None:
        raise OrganizationClosed


def _collection_that_holds(session: Session, branch: set[str], above: set[str]) -> str | None:
    found = session.execute(
        select(Collection.id)
        .join(CollectionItem, CollectionItem.collection_id == Collection.id)
        .join(Asset, Asset.id == CollectionItem.asset_id)
        .where(
            Asset.organization_id.in_(branch),
            Asset.deleted_at.is_(None),
            CollectionItem.is_foreign.is_(False),
            Collection.organization_id.not_in(branch | above),
        )
        .limit(1)
    ).scalar_one_or_none()
    return None if found is None else f"collection {found}"


def _partner_that_holds(session: Session, branch: set[str], above: set[str]) -> str | None:
    found = session.execute(
        select(Partner.id)
        .join(PartnerCollection, PartnerCollection.partner_id == Partner.id)
        .join(Collection, Collection.id == PartnerCollection.collection_id)
        .where(Collection.organization_id.in_(branch), Partner.organization_id.not_in(branch | above))
        .limit(1)
    ).scalar_one_or_none()
    return None if found is None else f"partner {found}"


def _category_that_holds(session: Session, branch: set[str], above: set[str]) -> str | None:
    found = session.execute(categories.used_from_above(branch, above)).scalar_one_or_none()
    return None if found is None else f"category {found}"
