"""What those who watch are told: new events and how far the work is, read once for all of them.

Whose it is comes along, so that who may see it is decided in memory.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final

from sqlalchemy import ARRAY, Text, any_, bindparam, func, or_, select, tuple_
from sqlalchemy.orm import Session

from storage.catalogue import events
from storage.catalogue.models import ApiKey, Asset, Event, Organization, Version
from storage.catalogue.steps import UNREADY
from storage.catalogue.working import Working

Position = tuple[int, int, str]
"""Where an event stands in the feed; the last part is its ID."""

NOWHERE: Final[Position] = (0, 0, "")
"""Before all events."""

_MOST_EVENTS: Final = 1000
_MOST_WORKING: Final = 5000
"""Versions whose progress is told. Behind so many nobody waits for a percentage."""


def newest(session: Session) -> Position:
    """Where the feed ends now."""
    query = select(Event.transaction_id, Event.number, Event.id).where(events.is_settled())
    last = query.order_by(Event.transaction_id.desc(), Event.number.desc()).limit(1)
    found = session.execute(last).one_or_none()
    return NOWHERE if found is None else (found.transaction_id, found.number, found.id)


def since(session: Session, position: Position) -> Sequence[tuple[Event, str | None]]:
    """Some events of everybody after a place in the feed, in order, each with the owner of its asset."""
    rows = session.execute(
        select(Event, Asset.owner_id)
        .outerjoin(Asset, Asset.id == Event.asset_id)
        .where(events.is_settled(), tuple_(Event.transaction_id, Event.number) > tuple_(*position[:2]))
        .order_by(Event.transaction_id, Event.number)
        .limit(_MOST_EVENTS)
    )
    return [(event, owner_id) for event, owner_id in rows]


def working(session: Session) -> Sequence[Working]:
    """All versions that are not through, those first that were queued first."""
    rows = session.execute(
        select(
            Version.asset_id,
            Version.id,
            Asset.organization_id,
            Asset.owner_id,
            Version.state,
            Version.progress,
            func.row_number().over(order_by=Version.queued_at),
        )
        .join(Asset, Asset.id == Version.asset_id)
        .where(Version.state.in_(UNREADY), Asset.deleted_at.is_(None))
        .order_by(Version.queued_at)
        .limit(_MOST_WORKING)
    )
    return [
        Working(
            asset_id, version_id, organization_id, owner_id, state, min(99, int(100 * progress)),
            place if state == "queued" else None,
        )
        for asset_id, version_id, organization_id, owner_id, state, progress, place in rows
    ]  # fmt: skip


def ways_up(session: Session, organization_ids: Collection[str]) -> dict[str, frozenset[str]]:
    """Of some organizations themselves and all that they are below."""
    found: dict[str, set[str]] = {organization_id: {organization_id} for organization_id in organization_ids}
    if found:
        for first, above in session.execute(_WAYS_UP, {"organizations": sorted(found)}):
            found[first].add(above)
    return {organization_id: frozenset(above) for organization_id, above in found.items()}


def keys_in_force(session: Session, key_ids: Collection[str]) -> set[str]:
    """Those of some API keys that count."""
    query = (
        select(ApiKey.id)
        .join(Organization, Organization.id == ApiKey.organization_id)
        .where(
            ApiKey.id.in_(key_ids),
            ApiKey.revoked_at.is_(None),
            or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > func.now()),
            Organization.closed_at.is_(None),
        )
    )
    return set(session.execute(query).scalars())


def _select_ways_up() -> Any:
    asked = any_(bindparam("organizations", type_=ARRAY(Text)))
    way = select(Organization.id.label("first"), Organization.parent_id.label("above")).where(
        Organization.id == asked
    )
    up = way.cte("up", recursive=True)
    up = up.union_all(
        select(up.c.first, Organization.parent_id).join(Organization, Organization.id == up.c.above)
    )
    return select(up.c.first, up.c.above).where(up.c.above.is_not(None))


_WAYS_UP: Final = _select_ways_up()
