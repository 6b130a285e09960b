"""``GET /v1/events``: what happened, in an order that passes nothing by."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from flask import Blueprint, Response
from pydantic import BaseModel, ConfigDict, Field

from configs.words import EventType
from media_service import auth
from media_service.openapi import operation
from media_service.problems import ApiError
from media_service.services import services
from storage.catalogue import events
from storage.catalogue.events import EventForgotten
from storage.ids import is_id

blueprint = Blueprint("event_feed", __name__, url_prefix="/v1/events")

TAG: Final = "Events"


class EventDocument(BaseModel):
    """A fact. ``id`` is the `webhook-id` as well. ``sequence`` counts the events of the asset, from 1, in the order in
    which they became true: whoever has seen a higher one drops this one. ``data`` always has the asset's
    ``external_id`` and ``title``; besides, of `asset.changed` the names of what was ``changed``, of versions
    ``version_id``, ``state``, ``kind`` and ``failure_code``, of uploads ``upload_id``, ``version_id`` and ``length`` in
    bytes, of tracks ``version_id``, ``track_id``, ``kind``, ``language`` and ``label``. That of collections has
    ``collection_id``, ``title`` and ``changed``."""

    id: str
    type: EventType
    timestamp: datetime
    organization_id: str
    asset_id: str | None
    sequence: int | None
    data: dict[str, Any]


class EventPage(BaseModel):
    """Events, oldest first. ``next`` goes into ``after`` for the next page; null at the end. To go on later, keep the
    ``id`` of the last one you saw."""

    events: list[EventDocument]
    next: str | None


class EventQuery(BaseModel):
    """Which events."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(100, ge=1, le=1000, description="Most entries of the page.")
    after: str | None = Field(
        None, max_length=64, description="The `id` of the last event that you have seen."
    )
    type: EventType | None = Field(None, description="Only events of this type.")
    organization_id: str | None = Field(
        None, max_length=64, description="Only those of this organization and of all below it."
    )
    asset_id: str | None = Field(None, max_length=64, description="Only those of this asset.")


@blueprint.get("")
@auth.require("admin", "portal", scope="read")
@operation(
    "Read what happened",
    tag=TAG,
    query=EventQuery,
    answer=EventPage,
    errors=("invalid_cursor", "event_forgotten", "organization_not_found"),
)
def list_(query: EventQuery) -> Response:
    """Events of your organization and of all below it; to portals without titles of what viewers may not see. What is
    committed late is not passed by: an event is shown once nothing can come in before it, mostly within a moment."""
    if query.after is not None and not is_id(query.after):
        raise ApiError("invalid_cursor")
    with services().sessions() as session:
        reach = auth.reach_of(session, query.organization_id)
        try:
            found = events.list_events(
                session,
                reach,
                query.limit + 1,
                after=query.after,
                event_type=query.type,
                asset_id=query.asset_id,
            )
        except EventForgotten:
            raise ApiError("event_forgotten") from None
        page = found[: query.limit]
        told = events.for_viewers(session, page) if auth.limited_viewer() else {}
    following = f'"{page[-1].id}"' if len(found) > query.limit else "null"
    # Byte for byte as webhooks tell them.
    body = b",".join(events.write(event, told.get(event.id)) for event in page)
    return Response(b'{"events":[%b],"next":%b}' % (body, following.encode()), mimetype="application/json")
