"""Endpoints of webhooks, their secrets, and warnings of those that fail."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from configs.words import EventType
from storage.catalogue.models import Event, WebhookEndpoint, WebhookSecret
from storage.catalogue.reach import Reach

WARN_AFTER: Final = (24, 72)
"""Hours of failing after which somebody is warned."""


def find(
    session: Session, endpoint_id: str, reach: Reach, *, for_update: bool = False
) -> WebhookEndpoint | None:
    """The endpoint, if its owner is in ``reach``."""
    query = select(WebhookEndpoint).where(WebhookEndpoint.id == endpoint_id)
    return reach.find(session, query, for_update=for_update)


def list_endpoints(
    session: Session, reach: Reach, limit: int, after: str | None
) -> Sequence[WebhookEndpoint]:
    """Oldest first; ``after`` is the last ID of the page before."""
    query = select(WebhookEndpoint).where(
        WebhookEndpoint.organization_id.in_(reach.select()), WebhookEndpoint.id > (after or "")
    )
    return session.execute(query.order_by(WebhookEndpoint.id).limit(limit)).scalars().all()


def secrets_of(session: Session, endpoint_id: str) -> Sequence[WebhookSecret]:
    """Those in force, the newest first."""
    query = select(WebhookSecret).where(
        WebhookSecret.endpoint_id == endpoint_id,
        or_(WebhookSecret.expires_at.is_(None), WebhookSecret.expires_at > func.now()),
    )
    return (
        session.execute(query.order_by(WebhookSecret.created_at.desc(), WebhookSecret.id.desc()))
        .scalars()
        .all()
    )


def expire_secrets(session: Session, endpoint_id: str, after: timedelta) -> None:
    """Let those in force count only so long, and forget those that do not count any more."""
    of_endpoint = WebhookSecret.endpoint_id == endpoint_id
    session.execute(delete(WebhookSecret).where(of_endpoint, WebhookSecret.expires_at <= func.now()))
    session.execute(
        update(WebhookSecret)
        .where(of_endpoint)
        .values(expires_at=func.least(WebhookSecret.expires_at, func.now() + after))
    )


def tell(session: Session, event_type: EventType, endpoint: WebhookEndpoint, **payload: Any) -> Event:
    """An event of an endpoint itself."""
    told = Event(
        type=event_type,
        organization_id=endpoint.organization_id,
        payload={"endpoint_id": endpoint.id, "url": endpoint.url, **payload},
    )
    session.add(told)
    session.flush()
    return told


def warn(session: Session) -> list[tuple[WebhookEndpoint, int]]:
    """Endpoints that have been failing for another of ``WARN_AFTER`` hours: each is told of once, by an event."""
    found: list[tuple[WebhookEndpoint, int]] = []
    for hours in reversed(WARN_AFTER):
        late = session.execute(
            update(WebhookEndpoint)
            .where(
                WebhookEndpoint.enabled,
                WebhookEndpoint.warned_hours < hours,
                WebhookEndpoint.failing_since <= func.now() - timedelta(hours=hours),
            )
            .values(warned_hours=hours, updated_at=WebhookEndpoint.updated_at)
            .returning(WebhookEndpoint)
        ).scalars()
        found += [(endpoint, hours) for endpoint in late]
    for endpoint, hours in found:
        tell(session, "webhook_endpoint.failing", endpoint, hours=hours)
    return found
