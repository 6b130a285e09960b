"""``/v1/exchange/offers``: what a linked platform offers, and what it answers; and a look at what is offered to it."""

from __future__ import annotations

import time
from typing import Final

from flask import Blueprint

from media_service.changes import transaction
from media_service.exchange.callers import LARGEST_BODY, link, linked, viewer
from media_service.exchange.serving import count_request
from media_service.exchange.stations import stations_to
from media_service.openapi import operation
from media_service.playback.access import tokens
from media_service.playback.access.tokens import IMAGE, STORYBOARD, VIDEO
from media_service.playback.parts import parts
from media_service.playback.serving.links import Links
from media_service.problems import ApiError
from media_service.services import services
from storage.catalogue import offers, playback, shared_lessons
from storage.catalogue.models import PlatformLink
from storage.exchange.offers import LessonPreview, TakenOffers, ToldOffers
from storage.ids import is_id

blueprint = Blueprint("exchange_offers", __name__, url_prefix="/v1/exchange")

TAG: Final = "Exchange"
PREVIEW_SECONDS: Final = 3600


@blueprint.post("/offers")
@linked
@operation(
    "Take offers and answers of a linked platform",
    tag=TAG,
    body=ToldOffers,
    answer=TakenOffers,
    errors=("rate_limited",),
    largest=LARGEST_BODY,
    is_repeatable=False,
)
def take(body: ToldOffers) -> TakenOffers:
    """Each as it stands there: what is known already changes nothing, in whatever order and however often it comes."""
    count_request()
    answer = TakenOffers()
    lists = {"taken": answer.taken, "full": answer.full, "unknown": answer.unknown}
    with transaction() as session:
        # One at a time for each link: offers are counted, and no two requests make the same one.
        asked = session.get_one(PlatformLink, link().id, with_for_update=True)
        for offer in body.offers:
            lists[offers.take_offer(session, asked, offer)].append(offer.id)
        for answered in body.answers:
            lists[offers.take_answer(session, asked, answered)].append(answered.id)
    return answer


@blueprint.get("/assets/<shared_asset_id>/preview")
@linked
@operation(
    "Show a linked platform where an offered lesson plays",
    tag=TAG,
    answer=LessonPreview,
    is_secret=True,
    errors=("asset_not_found", "rate_limited"),
)
def preview(shared_asset_id: str) -> LessonPreview:
    """All that is said of a lesson that is shared or offered, and a page that plays it for an hour."""
    count_request()
    with services().sessions() as session:
        found = (
            shared_lessons.find_lesson(session, viewer(session), shared_asset_id)
            if is_id(shared_asset_id)
            else None
        )
        if found is None:
            raise ApiError("asset_not_found")
        version = shared_lessons.playing_version(session, found)
        shown_by = playback.preferred_playback_ids(session, [found.id]).get(found.id)
        facts = version.facts if version is not None else None
        url = None
        if version is not None and shown_by is not None:
            url = Links(services().settings.public_url, shown_by.id, _token(shown_by.id)).embed
        return LessonPreview(
            id=found.id,
            metadata=shared_lessons.metadata_of(session, found),
            stations=stations_to(session, found, link()),
            duration=facts.duration if facts is not None else None,
            embed_url=url,
        )


def _token(playback_id: str) -> str:
    signer = parts().keys.signer()
    return tokens.sign(
        key_id=signer.key_id,
        algorithm=signer.algorithm,
        private_key=signer.private_key,
        playback_id=playback_id,
        kinds=frozenset({VIDEO, IMAGE, STORYBOARD}),
        now=int(time.time()),
        lifetime=PREVIEW_SECONDS,
        claims={"organization": link().organization_id},
    )
