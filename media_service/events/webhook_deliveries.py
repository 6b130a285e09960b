"""What became of events on their way to an endpoint, and sending them again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from flask import Blueprint
from sqlalchemy.orm import Session

from media_service import audit, auth
from media_service.changes import transaction
from media_service.events.webhook_documents import (
    AttemptDocument,
    DeliveryDocument,
    DeliveryPage,
    DeliveryQuery,
    Replay,
)
from media_service.events.webhook_endpoints import find
from media_service.openapi import operation
from media_service.problems import ApiError
from media_service.services import services
from storage.catalogue import webhook_deliveries, webhook_endpoints
from storage.catalogue.models import Event, WebhookAttempt, WebhookDelivery

blueprint = Blueprint("webhook_deliveries", __name__, url_prefix="/v1/webhook-endpoints/<endpoint_id>")

TAG: Final = "Events"
_LONGEST_NUMBER: Final = 18


@blueprint.get("/deliveries")
@auth.require("admin", scope="manage")
@operation(
    "Read the log of deliveries",
    tag=TAG,
    query=DeliveryQuery,
    answer=DeliveryPage,
    errors=("webhook_endpoint_not_found", "invalid_cursor"),
)
def list_(endpoint_id: str, query: DeliveryQuery) -> DeliveryPage:
    """With every attempt and what was answered, for as long as the events are kept."""
    after = None if query.after is None else _number(query.after)
    if query.after is not None and after is None:
        raise ApiError("invalid_cursor")
    with services().sessions() as session:
        found = webhook_deliveries.list_deliveries(
            session, find(session, endpoint_id).id, query.limit + 1, after=after, state=query.state
        )
        page = _describe(session, found[: query.limit])
    return DeliveryPage(deliveries=page, next=page[-1].id if len(found) > query.limit else None)


@blueprint.post("/deliveries/<delivery_id>/resend")
@auth.require("admin", scope="manage")
@operation(
    "Deliver an event once more",
    tag=TAG,
    status=204,
    errors=("webhook_endpoint_not_found", "webhook_delivery_not_found"),
)
def resend(endpoint_id: str, delivery_id: str) -> None:
    """Now, and with the whole schedule before it, whatever became of it. Its `webhook-id` stays."""
    number = _number(delivery_id)
    with transaction() as session:
        found = find(session, endpoint_id)
        if number is None or not webhook_deliveries.resend(session, found.id, number):
            raise ApiError("webhook_delivery_not_found")
        audit.record(
            session, "webhook_endpoint.replay", found.organization_id, found.id, delivery_id=delivery_id
        )


@blueprint.post("/replay")
@auth.require("admin", scope="manage")
@operation(
    "Deliver everything since a moment once more",
    tag=TAG,
    body=Replay,
    status=204,
    errors=("webhook_endpoint_not_found",),
)
def replay(endpoint_id: str, body: Replay) -> None:
    """Delivered before or not, as far back as events are kept, even from before the endpoint was made. Ids stay."""
    with transaction() as session:
        found = find(session, endpoint_id, for_update=True)
        webhook_deliveries.replay(session, found, body.since)
        since = body.since.isoformat()
        audit.record(session, "webhook_endpoint.replay", found.organization_id, found.id, since=since)


@blueprint.post("/ping")
@auth.require("admin", scope="manage")
@operation("Send a ping", tag=TAG, status=204, errors=("webhook_endpoint_not_found",))
def ping(endpoint_id: str) -> None:
    """An event of the type `ping`, to this endpoint alone, whatever types it wants."""
    with transaction() as session:
        found = find(session, endpoint_id)
        webhook_endpoints.tell(session, "ping", found)
        audit.record(session, "webhook_endpoint.ping", found.organization_id, found.id)


def _number(text: str) -> int | None:
    is_number = text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER
    return int(text) if is_number else None


def _describe(session: Session, found: Sequence[tuple[WebhookDelivery, Event]]) -> list[DeliveryDocument]:
    tries: dict[int, list[WebhookAttempt]] = defaultdict(list)
    for each in webhook_deliveries.attempts_of(session, [delivery.id for delivery, _ in found]):
        tries[each.delivery_id].append(each)
    return [
        DeliveryDocument(
            id=str(delivery.id),
            event_id=event.id,
            event_type=event.type,
            state=delivery.state,
            next_at=delivery.next_at if delivery.state == "pending" else None,
            delivered_at=delivery.delivered_at,
            created_at=delivery.created_at,
            attempts=[
                AttemptDocument(
                    at=each.at,
                    milliseconds=each.milliseconds,
                    status=each.status,
                    failure=each.failure,
                    answer=each.answer,
                )
                for each in tries[delivery.id]
            ],
        )
        for delivery, event in found
    ]
