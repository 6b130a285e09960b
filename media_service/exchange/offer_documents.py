"""What the API says of offers between platforms, and what it takes."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from configs.link_failures import LINK_FAILURES
from configs.words import LinkFailure, OfferAction, OfferDirection, OfferState, Visibility
from media_service.cataloguing.texts import clean_description
from media_service.management.paging import PageQuery
from media_service.openapi import MessageDocument
from storage.catalogue.models import FollowedLesson, Offer
from storage.exchange.lessons import SharedMetadata, Station
from storage.exchange.offers import LONGEST_NOTE, OfferedLesson

_Id = Annotated[str, Field(max_length=64)]
_Note = Annotated[str, Field(max_length=LONGEST_NOTE), AfterValidator(clean_description)]
_MOST_CATEGORIES = 20


class NewOffer(BaseModel):
    """A lesson to be offered, with a ``note`` for who decides on it there."""

    model_config = ConfigDict(extra="forbid")

    asset_id: _Id
    note: _Note = ""


class OfferStep(BaseModel):
    """A step of an offer. Of one that was received: ``accept``, ``return`` (with a note) or ``decline``; of one that
    was sent: ``offer`` again what was returned, or ``withdraw``.

    Who accepts may say where the lesson goes: into which organization, who sees it (its organization and all below it,
    if left out), in which categories it stands, whatever the other platform says, and at the end of which course."""

    model_config = ConfigDict(extra="forbid")

    action: OfferAction
    note: _Note = ""
    organization_id: _Id | None = None
    visibility: Visibility | None = None
    category_ids: Annotated[list[_Id], Field(max_length=_MOST_CATEGORIES)] | None = None
    collection_id: _Id | None = None

    @model_validator(mode="after")
    def _fits(self) -> OfferStep:
        if self.action == "return" and not self.note:
            raise ValueError("return needs a note: what is to be changed")
        places = (self.organization_id, self.visibility, self.category_ids, self.collection_id)
        if self.action != "accept" and any(place is not None for place in places):
            raise ValueError("a place is for what is accepted")
        return self


class OfferQuery(PageQuery):
    """Which offers."""

    platform_link_id: _Id | None = Field(None, description="Of one link alone.")
    direction: OfferDirection | None = Field(None, description="`sent` from here, or `received`.")
    state: OfferState | None = None


class OfferSaid(BaseModel):
    """What somebody said with a step: ``by`` is their name, ``here`` whether that was on this platform. ``at`` is when
    this platform knew of it."""

    action: OfferAction
    round: int
    note: str
    by: str
    here: bool
    at: datetime


class OfferFailureDocument(BaseModel):
    """Why the other platform does not know yet what was said here; it is told again by itself."""

    code: LinkFailure
    message: MessageDocument


class OfferDocument(BaseModel):
    """An offer of a lesson by a link, ``sent`` from here or ``received``. ``lesson`` is what is said of it in short,
    ``stations`` the platforms through which it came, its origin first. ``asset_id`` is the lesson here: the one that is
    offered, or what became of an accepted one once it is copied. ``said`` is all that was said of it, oldest first;
    ``is_told``: whether the other platform has taken what was said here."""

    id: str
    platform_link_id: str
    platform_name: str
    direction: OfferDirection
    state: OfferState
    round: int
    asset_id: str | None
    lesson: OfferedLesson
    stations: list[Station]
    said: list[OfferSaid]
    is_told: bool
    failure: OfferFailureDocument | None
    created_at: datetime
    updated_at: datetime


class OfferPage(BaseModel):
    """Offers, oldest first. ``next`` goes into ``after`` for the next page; null at the end."""

    offers: list[OfferDocument]
    next: str | None


class OfferTarget(BaseModel):
    """A linked platform to which a lesson can be offered."""

    platform_link_id: str
    name: str


class OffersOfAsset(BaseModel):
    """All offers of a lesson, oldest first, and ``platforms`` to which it can be offered: those that are linked
    with its organization or one above, and to which it is not offered yet."""

    offers: list[OfferDocument]
    platforms: list[OfferTarget]


class OfferedPreview(BaseModel):
    """An offered lesson as its platform tells it now. ``play_url`` is a page there that plays it for an hour; null
    while it does not play."""

    metadata: SharedMetadata
    stations: list[Station]
    duration: float | None
    play_url: str | None


def describe_offer(offer: Offer, platform_name: str, followed: FollowedLesson | None) -> OfferDocument:
    """The document of an offer; ``followed`` is what became of the lesson here, if it came by the link."""
    own = [place for place, each in enumerate(offer.said, 1) if each["here"]]
    failure = None
    if offer.failure is not None:
        message = LINK_FAILURES.get(offer.failure, LINK_FAILURES["answer_invalid"])
        failure = OfferFailureDocument(code=offer.failure, message=MessageDocument(**message.to_json()))
    here = followed.asset_id if followed is not None and offer.state == "accepted" else None
    return OfferDocument(
        id=offer.id,
        platform_link_id=offer.link_id,
        platform_name=platform_name,
        direction=offer.direction,
        state=offer.state,
        round=offer.round,
        asset_id=offer.asset_id if offer.direction == "sent" else here,
        lesson=OfferedLesson(**offer.lesson),
        stations=[Station(**each) for each in offer.stations],
        said=[OfferSaid(**each) for each in offer.said],
        is_told=not own or own[-1] <= offer.told,
        failure=failure,
        created_at=offer.created_at,
        updated_at=offer.updated_at,
    )
