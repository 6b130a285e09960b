"""Tells linked platforms what is offered to them, and what is answered to their offers, until they have taken it.

What is told is how an offer stands, so it may be told as often as need be: a connection that breaks off, a keeper that
dies and two of them that tell the same do no harm.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from sqlalchemy.orm import Session, sessionmaker

from configs.words import LinkFailure
from storage.catalogue import offers
from storage.catalogue.models import Offer, PlatformLink
from storage.exchange.offers import AT_ONCE, TakenOffers, ToldAnswer, ToldOffer, ToldOffers
from storage.outbound.client import Outbound
from storage.outbound.linked import LinkTrouble, NotShared
from workers.linking import AT_ONCE as PLATFORMS_AT_ONCE
from workers.linking import open_platform
from workers.rounds import Round

log = logging.getLogger(__name__)

TARGET: Final = "/v1/exchange/offers"
_LOOKED_AT: Final = 200
_MOST_BYTES: Final = 512 * 1024
"""Of one request: half of what the other platform takes."""


class Offering:
    """What keepers do for offers."""

    def __init__(self, sessions: sessionmaker[Session], outbound: Outbound, secret_key: str) -> None:
        self._sessions = sessions
        self._outbound = outbound
        self._secret_key = secret_key

    def tell_all(self) -> Round:
        """Tell each platform some of what is due. The next round begins at once if there was any."""
        with self._sessions.begin() as session:
            offers.withdraw_gone(session)
        if not self._secret_key:
            return Round()
        with self._sessions() as session:
            by_link: Mapping[str, list[Offer]] = defaultdict(list)
            for offer in offers.due(session, _LOOKED_AT):
                by_link[offer.link_id].append(offer)
            linked = [(session.get_one(PlatformLink, link_id), found) for link_id, found in by_link.items()]
        if not linked:
            return Round()
        with ThreadPoolExecutor(PLATFORMS_AT_ONCE, "offers") as pool:
            list(pool.map(lambda each: self.tell(*each), linked))
        return Round(pause=0)

    def tell(self, link: PlatformLink, due: Sequence[Offer]) -> None:
        """Tell one platform some offers, and write down what came of it."""
        parts = _fitting((offer, part) for offer in due if (part := offers.part_of(offer)) is not None)
        made = [(offer, part) for offer, part in parts if isinstance(part, ToldOffer)][:AT_ONCE]
        given = [(offer, part) for offer, part in parts if isinstance(part, ToldAnswer)][:AT_ONCE]
        told = [offer for offer, _ in (*made, *given)]
        said = ToldOffers(offers=[part for _, part in made], answers=[part for _, part in given])
        try:
            platform = open_platform(self._outbound, self._secret_key, link)
            taken = platform.tell(TARGET, said, TakenOffers)
        except NotShared as error:
            self._put_off(link, told, "offers_unknown", str(error))
        except LinkTrouble as error:
            self._put_off(link, told, error.failure, str(error))
        else:
            self._note(link, told, taken)

    def _note(self, link: PlatformLink, told: Sequence[Offer], taken: TakenOffers) -> None:
        known, full = {*taken.taken}, {*taken.full}
        with self._sessions.begin() as session:
            offers.were_told(
                session, {offer.id: len(offer.said) for offer in told if offer.shared_id in known}
            )
        refused = [offer for offer in told if offer.shared_id not in known]
        no_room = [offer for offer in refused if offer.shared_id in full]
        if no_room:
            self._put_off(link, no_room, "offers_full", "there is no room for them")
        if unknown := [offer for offer in refused if offer.shared_id not in full]:
            self._put_off(link, unknown, "offers_unknown", "the other platform has not taken them")

    def _put_off(self, link: PlatformLink, told: Sequence[Offer], failure: LinkFailure, detail: str) -> None:
        log.info("%d offer(s) of link %s wait: %s: %s", len(told), link.id, failure, detail)
        with self._sessions.begin() as session:
            offers.were_not_told(session, [offer.id for offer in told], failure)


def _fitting(
    parts: Iterable[tuple[Offer, ToldOffer | ToldAnswer]],
) -> list[tuple[Offer, ToldOffer | ToldAnswer]]:
    """As many as one request may hold, one at least."""
    found: list[tuple[Offer, ToldOffer | ToldAnswer]] = []
    left = _MOST_BYTES
    for offer, part in parts:
        left -= len(part.model_dump_json().encode())
        if found and left < 0:
            break
        found.append((offer, part))
    return found
