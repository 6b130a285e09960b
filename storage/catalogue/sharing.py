"""What organizations share with each other: with whom something may be shared, and what others share with one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import cast, false, func, literal, or_, select, true
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import Session, aliased, selectinload

from storage.catalogue.models import Asset, Organization, Partner, Version
from storage.catalogue.reach import Reach, above
from storage.catalogue.visibility import Relation, Viewer, visible

SHARED_BY: Final[frozenset[Relation]] = frozenset({"below", "named"})
"""What makes something of others one that they share: not that everybody may see it."""


@dataclass(frozen=True)
class Recipient:
    """An organization or a partner by its name, and the name of what it stands below or belongs to, if anything."""

    id: str
    name: str
    of: str | None


def organizations(
    session: Session, own: str, text: str, ids: Collection[str], limit: int
) -> Sequence[Recipient]:
    """Organizations of the same tree that hold a text in their names, or those with some IDs wherever they are."""
    parent = aliased(Organization)
    query = (
        select(Organization.id, Organization.name, parent.name)
        .outerjoin(parent, parent.id == Organization.parent_id)
        .order_by(Organization.name, Organization.id)
        .limit(limit)
    )
    if ids:
        return _told(session, query.where(Organization.id.in_(ids)))
    root = session.execute(
        select(Organization.id).where(Organization.id.in_(above(own)), Organization.parent_id.is_(None))
    ).scalar_one()
    inside = Organization.id.in_(Reach(root).select())
    return _told(
        session, query.where(inside, Organization.closed_at.is_(None), _holds(Organization.name, text))
    )


def partners(session: Session, own: str, text: str, ids: Collection[str], limit: int) -> Sequence[Recipient]:
    """Partners of an organization and of those above it that hold a text in their names, or those with some IDs."""
    query = (
        select(Partner.id, Partner.name, Organization.name)
        .join(Organization, Organization.id == Partner.organization_id)
        .order_by(Partner.name, Partner.id)
        .limit(limit)
    )
    if ids:
        return _told(session, query.where(Partner.id.in_(ids)))
    inside = Partner.organization_id.in_(above(own))
    return _told(session, query.where(inside, Partner.enabled, _holds(Partner.name, text)))


def _told(session: Session, query: Any) -> Sequence[Recipient]:
    return [Recipient(*row) for row in session.execute(query)]


def _holds(name: Any, text: str) -> Any:
    return func.strpos(func.lower(name), text.lower()) > 0 if text else true()


def shared_with(
    session: Session, viewer: Viewer, own: str, search: str | None, *, after: str | None, limit: int
) -> Sequence[tuple[Asset, Version, str]]:
    """Assets of others that they share with an organization, their versions, and the name of whose each is; the newest
    first. ``after`` is the last one of the page before, ``search`` a ``tsquery``."""
    mine = session.scalars(above(own)).all()
    query = (
        select(Asset, Version, Organization.name)
        .options(selectinload(Asset.playback_ids))
        .join(Version, Version.id == Asset.current_version_id)
        .join(Organization, Organization.id == Asset.organization_id)
        .where(
            visible(viewer, Asset, only=SHARED_BY),
            Asset.organization_id.not_in(Reach(own).select()),
            # Without these, what is not named at all is looked at as well.
            or_(Asset.organization_id.in_(mine), func.cardinality(Asset.shared_organization_ids) > 0),
            Asset.deleted_at.is_(None),
            Asset.id < after if after else true(),
        )
        .order_by(Asset.id.desc())
        .limit(limit)
    )
    if search is not None:
        found = Asset.search_words.bool_op("@@")(cast(literal(search), TSQUERY))
        query = query.where(func.coalesce(found, false()))
    return [(row[0], row[1], row[2]) for row in session.execute(query)]
