"""Deliveries of webhooks: a view of the events, made as they settle.

``spread`` gives each endpoint its deliveries of what happened since the last time; ``claim`` leases those that are due,
a few of each endpoint at a time, so that a slow one holds up nobody else; ``settle`` writes what came of it, if the
fence still holds. All times are the database's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Double, and_, cast, exists, func, literal, or_, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from configs.words import DeliveryState, EventType, OutboundFailure
from storage.catalogue import events, webhook_endpoints
from storage.catalogue.models import (
    Event,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
)
from storage.catalogue.reach import Reach

LEASE = timedelta(seconds=40)
"""Twice as long as an attempt may take; nobody renews it."""

AT_A_TIME: Final = 4
"""Attempts of one endpoint that are under way."""

_EVENTS_AT_A_TIME: Final = 1000


@dataclass(frozen=True)
class Errand:
    """A lease on a delivery: what is to be sent, and to whom. ``attempts`` have failed before; ``age`` are the seconds
    since the event, None of what was leased before and so may have waited for reasons of its own."""

    delivery_id: int
    fence: int
    attempts: int
    endpoint_id: str
    url: str
    event_id: str
    body: bytes
    age: float | None


@dataclass(frozen=True)
class Outcome:
    """What came of an attempt: a status, or why there was none. ``wait`` are seconds until the next attempt (None:
    there is none); ``spare`` those for which the endpoint wants to hear nothing at all."""

    status: int | None
    failure: OutboundFailure | None
    milliseconds: int
    answer: str = ""
    wait: float | None = None
    spare: float = 0.0
    is_gone: bool = False

    @property
    def state(self) -> DeliveryState:
        """What the delivery is from now on."""
        return "delivered" if self.is_delivered else "pending" if self.wait is not None else "failed"

    @property
    def is_delivered(self) -> bool:
        """Whether the endpoint has taken it: 2xx and nothing else."""
        return self.status is not None and 200 <= self.status < 300


def list_deliveries(
    session: Session, endpoint_id: str, limit: int, *, after: int | None, state: DeliveryState | None
) -> Sequence[tuple[WebhookDelivery, Event]]:
    """Newest first; ``after`` is the last ID of the page before."""
    query = (
        select(WebhookDelivery, Event)
        .join(Event, Event.id == WebhookDelivery.event_id)
        .where(WebhookDelivery.endpoint_id == endpoint_id)
    )
    if after is not None:
        query = query.where(WebhookDelivery.id < after)
    if state is not None:
        query = query.where(WebhookDelivery.state == state)
    rows = session.execute(query.order_by(WebhookDelivery.id.desc()).limit(limit))
    return [(delivery, event) for delivery, event in rows]


def attempts_of(session: Session, delivery_ids: Sequence[int]) -> Sequence[WebhookAttempt]:
    """Attempts of some deliveries, the first one first."""
    query = select(WebhookAttempt).where(WebhookAttempt.delivery_id.in_(delivery_ids))
    return session.execute(query.order_by(WebhookAttempt.id)).scalars().all()


def resend(session: Session, endpoint_id: str, delivery_id: int) -> bool:
    """Deliver once more, now, as if it were new. False if there is no such delivery."""
    of_endpoint = and_(WebhookDelivery.endpoint_id == endpoint_id, WebhookDelivery.id == delivery_id)
    again = update(WebhookDelivery).where(of_endpoint).values(state="pending", attempts=0, next_at=func.now())
    return session.execute(again.returning(WebhookDelivery.id)).first() is not None


def replay(session: Session, endpoint: WebhookEndpoint, since: datetime) -> None:
    """Deliver everything that happened since then, whether or not it was delivered."""
    first = session.execute(
        select(Event.transaction_id, Event.number)
        .where(Event.at >= since)
        .order_by(Event.transaction_id, Event.number)
        .limit(1)
    ).one_or_none()
    if first is None:
        return
    recent = exists().where(Event.id == WebhookDelivery.event_id, Event.at >= since)
    session.execute(
        update(WebhookDelivery)
        .where(WebhookDelivery.endpoint_id == endpoint.id, recent)
        .values(state="pending", attempts=0, next_at=func.now())
    )
    if (first.transaction_id, first.number) <= (endpoint.told_transaction_id, endpoint.told_number):
        endpoint.told_transaction_id, endpoint.told_number = first.transaction_id, first.number - 1


def spread(session: Session) -> bool:
    """Give every enabled endpoint deliveries of some more events; whether there may be more."""
    news = exists().where(
        events.is_settled(),
        tuple_(Event.transaction_id, Event.number)
        > tuple_(WebhookEndpoint.told_transaction_id, WebhookEndpoint.told_number),
    )
    endpoints = session.execute(
        select(WebhookEndpoint)
        .where(WebhookEndpoint.enabled, news)
        .with_for_update(key_share=True, skip_locked=True)
    ).scalars()
    more = False
    for endpoint in endpoints.all():
        more |= _spread_to(session, endpoint)
    return more


def _spread_to(session: Session, endpoint: WebhookEndpoint) -> bool:
    told = tuple_(literal(endpoint.told_transaction_id), literal(endpoint.told_number))
    found = session.execute(
        select(
            Event.id,
            Event.transaction_id,
            Event.number,
            Event.type,
            Event.organization_id,
            Event.payload["endpoint_id"].astext.label("endpoint_id"),
        )
        .where(events.is_settled(), tuple_(Event.transaction_id, Event.number) > told)
        .order_by(Event.transaction_id, Event.number)
        .limit(_EVENTS_AT_A_TIME)
    ).all()
    if not found:
        return False
    own = Reach(endpoint.organization_id).among(session, {event.organization_id for event in found})
    wanted = [
        {"endpoint_id": endpoint.id, "event_id": event.id, "state": "pending", "attempts": 0, "fence": 0}
        for event in found
        if event.organization_id in own and _is_wanted(endpoint, event.type, event.endpoint_id)
    ]
    if wanted:
        once = insert(WebhookDelivery).values(wanted).on_conflict_do_nothing()
        session.execute(once)
    last = found[-1]
    session.execute(
        update(WebhookEndpoint)
        .where(WebhookEndpoint.id == endpoint.id)
        .values(
            told_transaction_id=last.transaction_id,
            told_number=last.number,
            updated_at=WebhookEndpoint.updated_at,
        )
    )
    return len(found) == _EVENTS_AT_A_TIME


def _is_wanted(endpoint: WebhookEndpoint, event_type: EventType, of_endpoint: str | None) -> bool:
    if event_type == "ping":
        return of_endpoint == endpoint.id
    return not endpoint.event_types or event_type in endpoint.event_types


CLAIM: Final = text(
    """
    SELECT due.id FROM webhook_endpoints AS endpoint CROSS JOIN LATERAL (
      SELECT id FROM webhook_deliveries
       WHERE endpoint_id = endpoint.id AND state = 'pending' AND next_at <= now()
         AND (lease_until IS NULL OR lease_until < now())
       ORDER BY next_at, id
       LIMIT greatest(0, :most - (SELECT count(*) FROM webhook_deliveries AS other
                                   WHERE other.endpoint_id = endpoint.id AND other.state = 'pending'
                                     AND other.lease_until >= now()))
         FOR UPDATE SKIP LOCKED
    ) AS due
    WHERE endpoint.enabled AND (endpoint.paused_until IS NULL OR endpoint.paused_until <= now())
    ORDER BY random() LIMIT :room
    """
)
"""IDs of deliveries that are due: ``most`` of an endpoint at a time, ``room`` in all."""


def claim(session: Session, owner: str, room: int) -> list[Errand]:
    """Lease up to ``room`` deliveries that are due, of all endpoints that have some."""
    due = session.execute(CLAIM, {"most": AT_A_TIME, "room": room}).scalars().all()
    if not due:
        return []
    leased = session.execute(
        update(WebhookDelivery)
        .where(WebhookDelivery.id.in_(due))
        .values(lease_owner=owner, lease_until=func.now() + LEASE, fence=WebhookDelivery.fence + 1)
        .returning(WebhookDelivery)
    ).scalars()
    found = {delivery.id: delivery for delivery in leased}
    age = cast(func.extract("epoch", func.now() - Event.at), Double)
    rows = session.execute(
        select(WebhookDelivery.id, WebhookEndpoint.id, WebhookEndpoint.url, Event, age)
        .join(WebhookEndpoint, WebhookEndpoint.id == WebhookDelivery.endpoint_id)
        .join(Event, Event.id == WebhookDelivery.event_id)
        .where(WebhookDelivery.id.in_(due))
        .order_by(Event.transaction_id, Event.number)
    )
    return [
        Errand(
            delivery_id=delivery_id,
            fence=found[delivery_id].fence,
            attempts=found[delivery_id].attempts,
            endpoint_id=endpoint_id,
            url=url,
            event_id=event.id,
            body=events.write(event),
            age=seconds if found[delivery_id].fence == 1 else None,
        )
        for delivery_id, endpoint_id, url, event, seconds in rows
    ]


def settle(session: Session, errand: Errand, outcome: Outcome) -> bool:
    """Write what came of an attempt. False if the lease was lost: then another has written it, or will."""
    # The endpoint first, as whoever deletes it: no circle.
    of_endpoint = select(WebhookEndpoint.id).where(WebhookEndpoint.id == errand.endpoint_id)
    if session.execute(of_endpoint.with_for_update(read=True, key_share=True)).first() is None:
        return False
    written = session.execute(
        update(WebhookDelivery)
        .where(WebhookDelivery.id == errand.delivery_id, WebhookDelivery.fence == errand.fence)
        .values(
            state=outcome.state,
            attempts=errand.attempts + 1,
            next_at=func.now() + timedelta(seconds=outcome.wait or 0),
            delivered_at=func.now() if outcome.is_delivered else WebhookDelivery.delivered_at,
            lease_owner=None,
            lease_until=None,
        )
        .returning(WebhookDelivery.id)
    )
    if written.first() is None:
        return False
    session.add(
        WebhookAttempt(
            delivery_id=errand.delivery_id,
            milliseconds=outcome.milliseconds,
            status=outcome.status,
            failure=outcome.failure,
            answer=outcome.answer,
        )
    )
    _judge(session, errand.endpoint_id, outcome)
    return True


def _judge(session: Session, endpoint_id: str, outcome: Outcome) -> None:
    """What an attempt says of the endpoint. Most say nothing new: then its row is not even locked."""
    of_endpoint = update(WebhookEndpoint).where(WebhookEndpoint.id == endpoint_id)
    kept = {"updated_at": WebhookEndpoint.updated_at}
    if outcome.is_delivered:
        was_failing = or_(
            WebhookEndpoint.failing_since.is_not(None), WebhookEndpoint.paused_until.is_not(None)
        )
        session.execute(
            of_endpoint.where(was_failing).values(
                failing_since=None, warned_hours=0, paused_until=None, **kept
            )
        )
        return
    session.execute(
        of_endpoint.where(WebhookEndpoint.failing_since.is_(None)).values(failing_since=func.now(), **kept)
    )
    if outcome.spare:
        until = func.now() + timedelta(seconds=outcome.spare)
        session.execute(
            of_endpoint.values(paused_until=func.greatest(WebhookEndpoint.paused_until, until), **kept)
        )
    if outcome.is_gone:
        gone = session.execute(
            of_endpoint.where(WebhookEndpoint.enabled)
            .values(enabled=False, gone_at=func.now())
            .returning(WebhookEndpoint)
        ).scalar_one_or_none()
        if gone is not None:
            webhook_endpoints.tell(session, "webhook_endpoint.disabled", gone, status=outcome.status)
