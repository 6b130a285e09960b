"""``/v1/offers``: lessons are offered to linked platforms, and what these offer is accepted, returned or declined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NoReturn

from flask import Blueprint
from sqlalchemy import select
from sqlalchemy.orm import Session

from configs.words import AuditAction, OfferAction, OfferAnswer
from media_service import audit, auth
from media_service.changes import transaction
from media_service.exchange.links import find as find_link
from media_service.exchange.offer_documents import (
    NewOffer,
    OfferDocument,
    OfferedPreview,
    OfferPage,
    OfferQuery,
    OffersOfAsset,
    OfferStep,
    OfferTarget,
    describe_offer,
)
from media_service.exchange.stations import stations_to
from media_service.management.paging import cut, last_id
from media_service.openapi import operation
from media_service.problems import ApiError, wrong_value
from media_service.services import services
from storage.catalogue import categories, offers, shared_lessons
from storage.catalogue.categories import CategoryUnknown
from storage.catalogue.models import Asset, FollowedLesson, Offer, Organization, PlatformLink, Version
from storage.catalogue.offers import Described, OfferImpossible, OffersFull, OfferStands, Place, Word
from storage.catalogue.publication import is_published
from storage.exchange.keys import open_key
from storage.exchange.offers import LessonPreview, in_short
from storage.ids import is_id
from storage.origins import origin_of
from storage.outbound.linked import LinkedPlatform, LinkTrouble, NotShared
from storage.sealing import WrongSecretKey

blueprint = Blueprint("platform_offers", __name__, url_prefix="/v1")

TAG: Final = "Exchange"
ANSWERS: Final[tuple[OfferAnswer, ...]] = ("accept", "return", "decline")
PREVIEW_SECONDS: Final = 5.0
_AUDITED: Final[Mapping[OfferAction, AuditAction]] = {
    "offer": "offer.again",
    "withdraw": "offer.withdraw",
    **dict.fromkeys(ANSWERS, "offer.answer"),
}
_MOST_PREVIEW_BYTES: Final = 1024 * 1024


@blueprint.get("/offers")
@auth.require("admin", scope="manage")
@operation(
    "List offers between platforms",
    tag=TAG,
    query=OfferQuery,
    answer=OfferPage,
    errors=("invalid_cursor",),
    is_polled=True,
)
def list_(query: OfferQuery) -> OfferPage:
    """Those by links of your organization and of all below it, in both directions."""
    with services().sessions() as session:
        found = offers.list_offers(
            session,
            auth.reach(),
            query.limit + 1,
            last_id(query),
            link_id=query.platform_link_id,
            direction=query.direction,
            state=query.state,
        )
        page, following = cut(found, query.limit)
        return OfferPage(offers=_described(session, page), next=following)


@blueprint.get("/offers/<offer_id>")
@auth.require("admin", scope="manage")
@operation("Show an offer", tag=TAG, answer=OfferDocument, errors=("offer_not_found",), is_polled=True)
def show(offer_id: str) -> OfferDocument:
    """With all that was said of it, by whom and when."""
    with services().sessions() as session:
        return _one(session, _find(session, offer_id)[0])


@blueprint.get("/offers/<offer_id>/lesson")
@auth.require("admin", scope="manage")
@operation(
    "Look at an offered lesson",
    tag=TAG,
    answer=OfferedPreview,
    is_secret=True,
    errors=("offer_not_found", "offer_over", "platform_away"),
)
def lesson(offer_id: str) -> OfferedPreview:
    """All that its platform says of it, asked for at this moment, and where it plays: it plays from there, until
    somebody accepts it and it is copied."""
    with services().sessions() as session:
        offer, link = _find(session, offer_id)
        if offer.direction != "received":
            raise ApiError("offer_not_found", "What was sent from here is looked at here.")
        if offer.state not in offers.STANDING:
            raise ApiError("offer_over", f"It is {offer.state}.")
    told = _ask(link, offer.origin_id)
    url = told.embed_url
    is_there = url is not None and link.peer_url is not None and origin_of(url) == origin_of(link.peer_url)
    return OfferedPreview(
        metadata=told.metadata,
        stations=told.stations,
        duration=told.duration,
        play_url=url if is_there else None,
    )


@blueprint.get("/assets/<asset_id>/offers")
@auth.require(*auth.WRITERS, scope="read")
@operation(
    "List offers of an asset",
    tag=TAG,
    answer=OffersOfAsset,
    errors=("asset_not_found",),
    is_polled=True,
)
def of_asset(asset_id: str) -> OffersOfAsset:
    """To which platforms it was offered, what they said, and to which others it can be."""
    with services().sessions() as session:
        asset = auth.asset(session, asset_id)
        found = offers.of_asset(session, asset.id)
        taken = {offer.link_id for offer in found if offer.state in offers.STANDING}
        return OffersOfAsset(
            offers=_described(session, found),
            platforms=[
                OfferTarget(platform_link_id=link.id, name=link.name)
                for link in offers.links_for(session, asset)
                if link.id not in taken
            ],
        )


@blueprint.post("/platform-links/<platform_link_id>/offers")
@auth.require(*auth.WRITERS, scope="edit")
@operation(
    "Offer an asset to a linked platform",
    tag=TAG,
    body=NewOffer,
    answer=OfferDocument,
    status=201,
    location=lambda made: f"/v1/offers/{made.id}",
    errors=(
        "platform_link_not_found",
        "platform_link_over",
        "asset_not_found",
        "asset_not_offerable",
        "offer_stands",
        "offer_limit",
    ),
)
def make(platform_link_id: str, body: NewOffer) -> OfferDocument:
    """One that plays and is published, by a link of its organization or of one above. From now on the other platform
    can look at it and play it; once it accepts, it has a copy that stays as the lesson is here. Declined or withdrawn,
    it is shared no more."""
    with transaction() as session:
        asset = auth.asset(session, body.asset_id, for_update=True)
        link = _link_for(session, asset, platform_link_id)
        if link.state != "linked":
            raise ApiError("platform_link_over", f"The link is {link.state}.")
        described = _describe(session, asset, link)
        try:
            made = offers.make(session, link, asset, described, _word(body.note))
        except OfferStands:
            raise ApiError("offer_stands") from None
        except OffersFull:
            raise ApiError("offer_limit", f"{offers.MOST_OPEN} offers of this link are open.") from None
        audit.record(
            session,
            "offer.create",
            asset.organization_id,
            made.id,
            asset_id=asset.id,
            platform_link_id=link.id,
            note=body.note,
        )
        return _one(session, made)


@blueprint.post("/offers/<offer_id>/steps")
@auth.require(*auth.WRITERS, scope="edit")
@operation(
    "Take a step with an offer",
    tag=TAG,
    body=OfferStep,
    answer=OfferDocument,
    errors=(
        "offer_not_found",
        "offer_impossible",
        "role_not_allowed",
        "scope_not_allowed",
        "asset_not_offerable",
        "platform_link_over",
        "organization_not_found",
        "organization_closed",
        "collection_not_found",
    ),
)
def step(offer_id: str, body: OfferStep) -> OfferDocument:
    """Accept, return or decline what another platform offers: that is for administrators. Offer again what was
    returned, or take back what is offered: that is for whoever may edit the lesson. What is answered is final, but for
    what is offered again."""
    if body.action in ANSWERS:
        auth.require_role("admin")
        auth.require_scope("manage")
    with transaction() as session:
        found, link = _find_for_step(session, offer_id, body)
        if link.state == "ended" and body.action != "withdraw":
            raise ApiError("platform_link_over")
        try:
            owner_id = _take(session, found, link, body)
        except OfferImpossible as state:
            raise ApiError("offer_impossible", f"It is {state}.") from None
        said = {"asset_id": found.asset_id, "step": body.action, "note": body.note}
        audit.record(session, _AUDITED[body.action], owner_id, found.id, **said)
        session.flush()
        session.refresh(found)
        return _one(session, found)


def _take(session: Session, found: Offer, link: PlatformLink, body: OfferStep) -> str:
    """Take the step, and return whose it is. Raises ``OfferImpossible``."""
    word = _word(body.note)
    if body.action in ("accept", "return", "decline"):
        place = _place(session, link, body) if body.action == "accept" else None
        offers.answer(session, found, body.action, word, place)
        return link.organization_id
    asset = session.get(Asset, found.asset_id) if found.asset_id else None
    if body.action == "withdraw":
        offers.withdraw(session, found, word)
    elif asset is None:
        raise OfferImpossible("gone")
    else:
        offers.again(session, found, _describe(session, asset, link), word)
    return asset.organization_id if asset is not None else link.organization_id


def _find(session: Session, offer_id: str) -> tuple[Offer, PlatformLink]:
    found = offers.find(session, offer_id) if is_id(offer_id) else None
    if found is None:
        raise ApiError("offer_not_found")
    link = session.get_one(PlatformLink, found.link_id)
    if not auth.reach().includes(session, link.organization_id):
        raise ApiError("offer_not_found")
    return found, link


def _find_for_step(session: Session, offer_id: str, body: OfferStep) -> tuple[Offer, PlatformLink]:
    """Both locked, the link first, as whoever learns of steps from the other platform does."""
    known = offers.find(session, offer_id) if is_id(offer_id) else None
    if known is None:
        raise ApiError("offer_not_found")
    if body.action in ANSWERS or known.asset_id is None:
        _require_link(session, known)
    else:
        try:
            auth.asset(session, known.asset_id)
        except ApiError:
            raise ApiError("offer_not_found") from None
    link = session.get_one(PlatformLink, known.link_id, with_for_update=True)
    return session.get_one(Offer, known.id, with_for_update=True, populate_existing=True), link


def _require_link(session: Session, offer: Offer) -> None:
    auth.require_role("admin")
    if not auth.reach().includes(session, session.get_one(PlatformLink, offer.link_id).organization_id):
        raise ApiError("offer_not_found")


def _link_for(session: Session, asset: Asset, link_id: str) -> PlatformLink:
    known = {link.id for link in offers.links_for(session, asset)} if is_id(link_id) else set()
    if link_id not in known:
        # One that is paused or has ended is told apart by those who may see it.
        return find_link(session, link_id, for_update=True)
    return session.get_one(PlatformLink, link_id, with_for_update=True, populate_existing=True)


def _place(session: Session, link: PlatformLink, body: OfferStep) -> Place:
    owner = auth.owner(session, body.organization_id or link.organization_id)
    if body.category_ids is not None:
        try:
            categories.require_usable(session, owner, body.category_ids)
        except CategoryUnknown as error:
            raise wrong_value(
                f"{error} is no category of the organization.", pointer="#/category_ids"
            ) from None
    if body.collection_id is not None:
        auth.collection(session, body.collection_id)
    return Place(owner, body.visibility or "subtree", body.category_ids, body.collection_id)


def _describe(session: Session, asset: Asset, link: PlatformLink) -> Described:
    """What is told of a lesson. Raises ``asset_not_offerable``."""
    version = shared_lessons.playing_version(session, asset)
    if version is None or not is_published(asset) or asset.effective_visibility == "private":
        _refuse(asset, version)
    said = in_short(
        asset.title,
        session.get_one(Organization, asset.organization_id).name,
        description=asset.description,
        kind=version.kind,
        duration=version.facts.duration if version.facts else None,
        language=asset.language,
        subject=asset.subject,
        tags=asset.tags,
        licence=(asset.licence or {}).get("code"),
    )
    return Described(said, stations_to(session, asset, link))


def _refuse(asset: Asset, version: Version | None) -> NoReturn:
    if version is None:
        why = "It does not play as a whole yet."
    else:
        why = "It is not published." if not is_published(asset) else "It is private."
    raise ApiError("asset_not_offerable", why)


def _word(note: str) -> Word:
    return Word(auth.caller().label, note)


def _ask(link: PlatformLink, origin_id: str) -> LessonPreview:
    """What the other platform says of a lesson. Raises ``platform_away`` and ``offer_over``."""
    if link.peer_url is None or link.private_key is None:
        raise ApiError("platform_away", "The link has ended.")
    try:
        key = open_key(services().settings.secret_key, link.id, link.private_key)
        platform = LinkedPlatform(services().outbound, link.peer_url, link.id, key)
        target = f"/v1/exchange/assets/{origin_id}/preview"
        return platform.read(target, LessonPreview, _MOST_PREVIEW_BYTES, seconds=PREVIEW_SECONDS)
    except NotShared:
        raise ApiError("offer_over", "The other platform does not offer it any more.") from None
    except (LinkTrouble, WrongSecretKey) as error:
        raise ApiError("platform_away", str(error)) from None


def _one(session: Session, offer: Offer) -> OfferDocument:
    return _described(session, [offer])[0]


def _described(session: Session, found: Sequence[Offer]) -> list[OfferDocument]:
    link_ids = {offer.link_id for offer in found}
    links = session.execute(select(PlatformLink).where(PlatformLink.id.in_(link_ids))).scalars()
    names = {link.id: link.name for link in links}
    came = session.execute(
        select(FollowedLesson).where(
            FollowedLesson.link_id.in_(link_ids),
            FollowedLesson.origin_id.in_([each.origin_id for each in found if each.direction == "received"]),
        )
    ).scalars()
    by_origin = {(each.link_id, each.origin_id): each for each in came}
    return [
        describe_offer(offer, names[offer.link_id], by_origin.get((offer.link_id, offer.origin_id)))
        for offer in found
    ]
