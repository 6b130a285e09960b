"""The feed of events, by which nobody who reads on from where they were misses one.

Transactions end in another order than they began, so what is committed last may have the lowest number. Therefore only
*settled* events are shown: those of transactions that are older than every one still under way, in the order of
transactions. Nothing can come in before them any more.
"""

from __future__ import annotations

import json
from collections.abc import Collection as AnyOf
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, timedelta
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, Text, cast, delete, exists, func, select, text
from sqlalchemy.orm import Session

from configs.words import EventType
from storage.catalogue import pages
from storage.catalogue.models import Asset, Collection, Event, EventCounter
from storage.catalogue.pages import Listed, Order
from storage.catalogue.reach import Reach
from storage.catalogue.visibility import Viewer, visible_within

_AT_A_TIME: Final = 10_000
"""Events that one transaction removes."""

_ORDER: Final = Order((Event.transaction_id, Event.number, Event.id))


class EventForgotten(Exception):
    """There is no such event (any more): where to go on after it is not known."""


def list_events(
    session: Session,
    reach: Reach,
    limit: int,
    *,
    after: str | None = None,
    event_type: EventType | None = None,
    asset_id: str | None = None,
) -> Sequence[Event]:
    """The first settled events in ``reach``, or those after the event with the ID ``after``, in their order.

    Raises ``EventForgotten`` if that one is not there.
    """
    where: list[ColumnElement[bool]] = [is_settled()]
    if reach.owner_id is not None:
        where.append(Event.asset_id.in_(select(Asset.id).where(reach.owned(Asset.owner_id))))
    if event_type is not None:
        where.append(Event.type == event_type)
    if asset_id is not None:
        where.append(Event.asset_id == asset_id)
    cursor = None if after is None else position_of(session, after)
    ids = pages.page(
        session,
        replace(reach, owner_id=None),
        Listed(Event.organization_id, where),
        order=_ORDER,
        limit=limit,
        cursor=cursor,
    )
    query = select(Event).where(Event.id.in_(ids)).order_by(Event.transaction_id, Event.number)
    return session.execute(query).scalars().all()


def is_settled() -> ColumnElement[bool]:
    """Whether nothing can come in any more before an event."""
    oldest_at_work = func.pg_snapshot_xmin(func.pg_current_snapshot())
    return Event.transaction_id < cast(cast(oldest_at_work, Text), BigInteger)


def position_of(session: Session, event_id: str) -> tuple[int, int, str]:
    """Where an event stands. Raises ``EventForgotten``."""
    query = select(Event.transaction_id, Event.number, Event.id).where(Event.id == event_id)
    found = session.execute(query).one_or_none()
    if found is None:
        raise EventForgotten(event_id)
    return found.transaction_id, found.number, found.id


def for_viewers(session: Session, found: Sequence[Event]) -> Mapping[str, dict[str, Any]]:
    """What is told of some events to those who may not see all that is within their reach, by the ID of the event: no
    title of an asset or a collection that viewers of its organization may not see, or that is gone, and nothing of what
    was said in its review."""
    ids = {event.asset_id for event in found if event.asset_id} | {
        str(event.payload["collection_id"]) for event in found if "collection_id" in event.payload
    }
    shown = _shown(session, ids) if ids else set()
    told = {}
    for event in found:
        payload = {name: value for name, value in event.payload.items() if name not in _OF_REVIEWS}
        if event.type == "offer.received":
            # Of another platform, and not here yet.
            payload["title"] = ""
        of = event.payload.get("collection_id", event.asset_id)
        if of is not None and of not in shown:
            payload = {name: payload[name] for name in payload if name in _NAMELESS} | {"title": ""}
        told[event.id] = payload
    return told


def _shown(session: Session, ids: AnyOf[str]) -> set[str]:
    """Which of some assets and collections viewers of their organization may see, in the trash too."""
    somebody = Viewer(organization_id="")
    assets = select(Asset.id).where(Asset.id.in_(ids), visible_within(somebody, Asset))
    courses = select(Collection.id).where(Collection.id.in_(ids), visible_within(somebody, Collection))
    return {*session.execute(assets).scalars(), *session.execute(courses).scalars()}


_OF_REVIEWS: Final = ("note", "made_by")
_NAMELESS: Final = (
    *("external_id", "changed", "version_id", "upload_id", "track_id", "review_id", "collection_id"),
    *("state", "kind", "language", "length", "failure_code"),
    *("offer_id", "platform_link_id", "offer_state"),
)
"""Of what is told of an asset that nobody sees: that something became of it, and of what nature."""


def document(event: Event, payload: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The event as everybody is told it, or with another ``payload``."""
    return {
        "id": event.id,
        "type": event.type,
        "timestamp": event.at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "organization_id": event.organization_id,
        "asset_id": event.asset_id,
        "sequence": event.sequence,
        "data": event.payload if payload is None else payload,
    }


def write(event: Event, payload: Mapping[str, Any] | None = None) -> bytes:
    """The event's document as JSON: the same bytes in feed and webhook."""
    return json.dumps(document(event, payload), ensure_ascii=False, separators=(",", ":")).encode()


def forget(session: Session, days: int) -> None:
    """Remove some of what is older than ``days``, and counters of assets of which nothing is left."""
    oldest = (
        select(Event.id, Event.at).order_by(Event.transaction_id, Event.number).limit(_AT_A_TIME).subquery()
    )
    old = select(oldest.c.id).where(oldest.c.at < func.now() - timedelta(days=days))
    assets = session.execute(delete(Event).where(Event.id.in_(old)).returning(Event.asset_id)).scalars()
    session.execute(
        delete(EventCounter).where(
            EventCounter.asset_id.in_({asset for asset in assets if asset is not None}),
            ~exists().where(Asset.id == EventCounter.asset_id),
            ~exists().where(Event.asset_id == EventCounter.asset_id),
        )
    )


def settle_foreign(session: Session) -> bool:
    """Order events anew, as they are, if they come from another server, whose transactions had higher numbers than this
    one's: they would not be settled for years. Returns whether it had to be done, as after a backup was put back."""
    next_one = cast(cast(func.pg_snapshot_xmax(func.pg_current_snapshot()), Text), BigInteger)
    if session.execute(select(Event.id).where(Event.transaction_id >= next_one).limit(1)).first() is None:
        return False
    session.execute(
        text(
            "UPDATE webhook_endpoints SET told_transaction_id = 3, told_number = (SELECT count(*) FROM events "
            " WHERE (transaction_id, number) <= (told_transaction_id, told_number))"
        )
    )
    session.execute(
        text(
            "UPDATE events SET transaction_id = 3, number = ranked.rank FROM ("
            "  SELECT id, row_number() OVER (ORDER BY transaction_id, number) AS rank FROM events"
            ") AS ranked WHERE events.id = ranked.id"
        )
    )
    return True
