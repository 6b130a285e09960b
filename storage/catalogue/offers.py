"""Lessons that are offered by links: made, answered, made again, taken back, and told to the other platform.

Whoever offers says which round it is and whether the offer still stands; the other one answers a round, once. What an
offer has become follows from both, so either side may be told the same thing twice, late, or after another thing, and
both come to the same.
"""

from __future__ import annotations

from collections.abc import Collection as AnyOf
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy import Text, cast, delete, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from configs.words import (
    EventType,
    LinkFailure,
    OfferAction,
    OfferAnswer,
    OfferDirection,
    OfferState,
    Visibility,
)
from storage.catalogue import mirrors
from storage.catalogue.models import Asset, Offer, PlatformLink, RecordMark
from storage.catalogue.reach import Reach, above
from storage.exchange.lessons import Station
from storage.exchange.offers import MOST_ROUNDS, MOST_STATIONS, OfferedLesson, ToldAnswer, ToldOffer
from storage.ids import new_id

MOST_OPEN: Final = 1000
"""Offers of one link, in one direction, that nobody has answered or that were returned."""

MOST_OVER: Final = 10_000
"""Offers of one link, in one direction, that are over: older ones are forgotten."""

OPEN: Final[frozenset[OfferState]] = frozenset({"offered", "returned"})
STANDING: Final[frozenset[OfferState]] = OPEN | {"accepted"}
"""States in which the lesson is shared because it is offered."""

BECOMES: Final[Mapping[OfferAnswer, OfferState]] = {
    "accept": "accepted",
    "return": "returned",
    "decline": "declined",
}

FIRST_DELAY: Final = timedelta(seconds=5)
LONGEST_DELAY: Final = timedelta(minutes=10)
"""How long something waits that could not be told: twice as long each time, up to the longest."""

TOLD_AGAIN: Final = timedelta(days=1)
"""How often what stands is told again, should the other platform have put back an old backup."""

Taking = Literal["taken", "full", "unknown"]


class OffersFull(Exception):
    """As many offers of the link are open as may be."""


class OfferStands(Exception):
    """The lesson is offered by this link already."""


class OfferImpossible(Exception):
    """Named in the message: the state from which a step does not lead."""


@dataclass(frozen=True)
class Place:
    """Where a lesson goes that is accepted: into which organization, who sees it there, and, if somebody has said it,
    in which categories it stands whatever the other platform says, and at the end of which course."""

    organization_id: str
    visibility: Visibility
    category_ids: Sequence[str] | None = None
    collection_id: str | None = None


@dataclass(frozen=True)
class Described:
    """A lesson in short, and the platforms through which it came, its origin first and this one last."""

    lesson: OfferedLesson
    stations: Sequence[Station]


@dataclass(frozen=True)
class Word:
    """What somebody says with a step: their name, and a note."""

    by: str
    note: str = ""


def links_for(session: Session, asset: Asset) -> Sequence[PlatformLink]:
    """The links by which a lesson can be offered: of its organization, and of those above it."""
    query = select(PlatformLink).where(
        PlatformLink.organization_id.in_(above(asset.organization_id)), PlatformLink.state == "linked"
    )
    return session.execute(query.order_by(PlatformLink.id)).scalars().all()


def of_asset(session: Session, asset_id: str) -> Sequence[Offer]:
    """All offers of a lesson of this platform, oldest first."""
    query = select(Offer).where(Offer.asset_id == asset_id).order_by(Offer.id)
    return session.execute(query).scalars().all()


def find(session: Session, offer_id: str, *, for_update: bool = False) -> Offer | None:
    """The offer with this ID, whoever may see it."""
    return session.get(Offer, offer_id, with_for_update=for_update or None, populate_existing=for_update)


def list_offers(
    session: Session,
    reach: Reach,
    limit: int,
    after: str | None,
    *,
    link_id: str | None = None,
    direction: OfferDirection | None = None,
    state: OfferState | None = None,
) -> Sequence[Offer]:
    """Offers by links of organizations in ``reach``, oldest first."""
    query = (
        select(Offer)
        .join(PlatformLink, PlatformLink.id == Offer.link_id)
        .where(PlatformLink.organization_id.in_(reach.select()), Offer.id > (after or ""))
    )
    for column, wanted in ((Offer.link_id, link_id), (Offer.direction, direction), (Offer.state, state)):
        if wanted is not None:
            query = query.where(column == wanted)
    return session.execute(query.order_by(Offer.id).limit(limit)).scalars().all()


def make(
    session: Session,
    link: PlatformLink,
    asset: Asset,
    described: Described,
    word: Word,
) -> Offer:
    """Offer a lesson by a link, which is locked. Raises ``OfferStands`` and ``OffersFull``."""
    standing = select(Offer.id).where(
        Offer.link_id == link.id, Offer.asset_id == asset.id, Offer.state.in_(STANDING)
    )
    if session.execute(standing.limit(1)).first() is not None:
        raise OfferStands
    _require_room(session, link.id, "sent")
    made = Offer(link_id=link.id, direction="sent", asset_id=asset.id, origin_id=asset.id, said=[])
    made.id = made.shared_id = new_id()
    made.lesson, made.stations = described.lesson.model_dump(mode="json"), _documents(described.stations)
    made.round, made.told, made.attempts = 1, 0, 0
    session.add(made)
    _say(made, "offer", "offered", word)
    session.flush()
    return made


def again(
    session: Session,
    offer: Offer,
    described: Described,
    word: Word,
) -> None:
    """Offer a returned lesson anew, as it is by now. Raises ``OfferImpossible``."""
    if offer.direction != "sent" or offer.state != "returned" or offer.round >= MOST_ROUNDS:
        raise OfferImpossible(offer.state)
    offer.round += 1
    offer.lesson, offer.stations = described.lesson.model_dump(mode="json"), _documents(described.stations)
    _say(offer, "offer", "offered", word)
    session.flush()


def withdraw(session: Session, offer: Offer, word: Word) -> None:
    """Take an offer back, also one that was accepted: the lesson is not shared by it any more. Raises
    ``OfferImpossible``."""
    if offer.direction != "sent" or offer.state not in STANDING:
        raise OfferImpossible(offer.state)
    _say(offer, "withdraw", "withdrawn", word)
    _mark(session, offer)
    session.flush()


def answer(
    session: Session, offer: Offer, answered: OfferAnswer, word: Word, place: Place | None = None
) -> None:
    """Answer what the other platform offers; what is accepted is copied, to a ``place``. Raises
    ``OfferImpossible``."""
    if offer.direction != "received" or offer.state != "offered":
        raise OfferImpossible(offer.state)
    _say(offer, answered, BECOMES[answered], word)
    if answered == "accept":
        link = session.get_one(PlatformLink, offer.link_id)
        at = place or Place(link.organization_id, "subtree")
        mirrors.follow_one(session, link, offer.origin_id, asdict(at))
    session.flush()


def take_offer(session: Session, link: PlatformLink, told: ToldOffer) -> Taking:
    """Learn the other platform's part of an offer. The link is locked."""
    found = _known(session, link.id, told.id)
    if found is None:
        return "taken" if told.is_withdrawn else _take_new(session, link, told)
    if found.direction != "received" or found.origin_id != told.asset_id:
        return "unknown"
    word = Word(told.by, told.note)
    if found.state == "withdrawn":
        return "taken"
    if told.is_withdrawn:
        _say(found, "withdraw", "withdrawn", word, here=False)
        mirrors.look_again(session, link.id, found.origin_id)
        _tell(session, "offer.withdrawn", link.organization_id, found, word)
    elif told.round > found.round and found.state in OPEN:
        found.round = told.round
        found.lesson, found.stations = _described(told)
        _say(found, "offer", "offered", word, here=False)
        _tell(session, "offer.received", link.organization_id, found, word)
    session.flush()
    return "taken"


def take_answer(session: Session, link: PlatformLink, told: ToldAnswer) -> Taking:
    """Learn what the other platform says to an offer of ours. The link is locked."""
    found = _known(session, link.id, told.id)
    if found is None or found.direction != "sent":
        return "unknown"
    if found.state != "offered" or told.round != found.round:
        # It was said before, or to what was offered before, or to what was taken back meanwhile.
        return "taken"
    word = Word(told.by, told.note)
    _say(found, told.answer, BECOMES[told.answer], word, here=False)
    _mark(session, found)
    asset = session.get(Asset, found.asset_id) if found.asset_id else None
    owner = asset.organization_id if asset is not None else link.organization_id
    _tell(session, "offer.answered", owner, found, word)
    session.flush()
    return "taken"


def due(session: Session, limit: int) -> Sequence[Offer]:
    """Offers of which something is to be told, those first that wait for longest, of links that stand."""
    query = (
        select(Offer)
        .join(PlatformLink, PlatformLink.id == Offer.link_id)
        .where(Offer.due_at <= func.now(), PlatformLink.state == "linked")
        .order_by(Offer.due_at, Offer.id)
        .limit(limit)
    )
    return session.execute(query).scalars().all()


def part_of(offer: Offer) -> ToldOffer | ToldAnswer | None:
    """What is told of an offer: our own part of it as it stands. None if we have said nothing."""
    own = [each for each in offer.said if each["here"]]
    if not own:
        return None
    last = own[-1]
    if offer.direction == "received":
        return ToldAnswer(
            id=offer.shared_id,
            round=last["round"],
            answer=last["action"],
            note=last["note"],
            by=last["by"],
        )
    return ToldOffer(
        id=offer.shared_id,
        round=offer.round,
        asset_id=offer.origin_id,
        is_withdrawn=offer.state == "withdrawn",
        note=last["note"],
        by=last["by"],
        lesson=OfferedLesson(**offer.lesson),
        stations=offer.stations,
    )


def were_told(session: Session, said: Mapping[str, int]) -> None:
    """Write down that the other platform has taken offers, by their IDs, when so many steps of each were said."""
    for offer in _locked(session, said):
        offer.attempts, offer.failure = 0, None
        offer.told = max(offer.told, said[offer.id])
        if len(offer.said) == said[offer.id]:
            is_over = offer.state in ("withdrawn", "declined")
            offer.due_at = None if is_over else func.now() + TOLD_AGAIN


def were_not_told(session: Session, ids: AnyOf[str], failure: LinkFailure) -> None:
    """Write down that they could not be told, and when that is tried again."""
    for offer in _locked(session, ids):
        delay = min(LONGEST_DELAY, FIRST_DELAY * 2 ** min(offer.attempts, 10))
        offer.attempts += 1
        offer.failure, offer.due_at = failure, func.now() + delay


def withdraw_gone(session: Session) -> int:
    """Take offers back whose lessons are gone for good; returns how many."""
    query = (
        select(Offer)
        .where(Offer.direction == "sent", Offer.asset_id.is_(None), Offer.state.in_(STANDING))
        .limit(100)
        .with_for_update(skip_locked=True)
    )
    found = session.execute(query).scalars().all()
    for offer in found:
        withdraw(session, offer, Word(""))
    return len(found)


def _take_new(session: Session, link: PlatformLink, told: ToldOffer) -> Taking:
    try:
        _require_room(session, link.id, "received")
    except OffersFull:
        return "full"
    made = Offer(link_id=link.id, direction="received", shared_id=told.id, origin_id=told.asset_id, said=[])
    made.id, made.round, made.told, made.attempts = new_id(), told.round, 0, 0
    made.lesson, made.stations = _described(told)
    session.add(made)
    word = Word(told.by, told.note)
    _say(made, "offer", "offered", word, here=False)
    session.flush()
    _tell(session, "offer.received", link.organization_id, made, word)
    return "taken"


def _described(told: ToldOffer) -> tuple[dict[str, Any], list[Any]]:
    document = told.model_dump(mode="json", include={"lesson", "stations"})
    return document["lesson"], document["stations"]


def _documents(stations: Sequence[Station]) -> list[Any]:
    """The origin and those that told it last, should there be more than are told."""
    kept = [*stations[:1], *stations[1:][-(MOST_STATIONS - 1) :]]
    return [each.model_dump(mode="json") for each in kept]


def _known(session: Session, link_id: str, shared_id: str) -> Offer | None:
    query = select(Offer).where(Offer.link_id == link_id, Offer.shared_id == shared_id)
    return session.execute(query.with_for_update()).scalar_one_or_none()


def _locked(session: Session, ids: AnyOf[str]) -> Sequence[Offer]:
    query = select(Offer).where(Offer.id.in_(list(ids))).order_by(Offer.id).with_for_update()
    return session.execute(query.execution_options(populate_existing=True)).scalars().all()


def _require_room(session: Session, link_id: str, direction: OfferDirection) -> None:
    of_link = (Offer.link_id == link_id, Offer.direction == direction)
    is_over = Offer.state.in_(("declined", "withdrawn"))
    counted = session.execute(
        select(func.count().filter(Offer.state.in_(OPEN)), func.count().filter(is_over)).where(*of_link)
    ).one()
    if counted[0] >= MOST_OPEN:
        raise OffersFull
    if counted[1] >= MOST_OVER:
        oldest = select(Offer.id).where(*of_link, is_over).order_by(Offer.id).limit(100)
        session.execute(delete(Offer).where(Offer.id.in_(oldest)))


def _say(offer: Offer, action: OfferAction, state: OfferState, word: Word, *, here: bool = True) -> None:
    step = {
        "action": action,
        "round": offer.round,
        "note": word.note,
        "by": word.by,
        "here": here,
        "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
    }
    offer.said = [*offer.said, step]
    offer.state = state
    if here:
        offer.due_at, offer.attempts, offer.failure = func.now(), 0, None


def _mark(session: Session, offer: Offer) -> None:
    """Have the log of changes look at whom the lesson is shared with by now."""
    if offer.asset_id is not None:
        session.add(RecordMark(kind="asset", id=offer.asset_id))


def _tell(session: Session, event: EventType, organization_id: str, offer: Offer, word: Word) -> None:
    payload = {
        "offer_id": offer.id,
        "platform_link_id": offer.link_id,
        "title": offer.lesson["title"],
        "offer_state": offer.state,
        "note": word.note,
        "made_by": word.by,
    }
    session.execute(
        select(func.tell_event(event, organization_id, cast(offer.asset_id, Text), cast(payload, JSONB)))
    )
