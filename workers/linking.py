"""Meets the other platforms of all links, beside the keeper's other tasks: are they there, do both know each other?

Only keepers speak in the name of a link, for only they and the web service open what is sealed with SECRET_KEY;
workers, who have strangers' files in their hands, do not.
"""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session, sessionmaker

from storage.catalogue import links
from storage.catalogue.models import PlatformLink
from storage.exchange.keys import open_key
from storage.outbound.client import Outbound
from storage.outbound.linked import LinkedPlatform, LinkTrouble, NotShared
from storage.sealing import WrongSecretKey

log = logging.getLogger(__name__)

AT_ONCE: Final = 8
"""Platforms that are spoken to at a time: some may not answer for a while, and the others do not wait for them."""

QUIET: Final = ("link_not_answered",)
"""What is no failure: somebody there has not pasted a code yet."""


def open_platform(outbound: Outbound, secret_key: str, link: PlatformLink) -> LinkedPlatform:
    """The other platform of a link. Raises ``LinkTrouble``."""
    if link.peer_url is None or link.private_key is None:
        raise LinkTrouble("link_refused", "the link is not complete, or has ended")
    try:
        key = open_key(secret_key, link.id, link.private_key)
    except WrongSecretKey as error:
        raise LinkTrouble("key_sealed_otherwise", str(error)) from None
    return LinkedPlatform(outbound, link.peer_url, link.id, key)


class Linking:
    """Contacts with all linked platforms, each every ``poll`` seconds."""

    def __init__(
        self, sessions: sessionmaker[Session], outbound: Outbound, secret_key: str, poll: float
    ) -> None:
        self._sessions = sessions
        self._outbound = outbound
        self._secret_key = secret_key
        self._poll = timedelta(seconds=poll)

    def meet_all(self) -> None:
        """Speak to all that were not spoken to for long enough."""
        if not self._secret_key:
            return
        before = datetime.now(UTC) - self._poll
        with self._sessions() as session:
            due = [
                link for link in links.to_be_met(session) if link.tried_at is None or link.tried_at <= before
            ]
        if due:
            with ThreadPoolExecutor(AT_ONCE, "linking") as pool:
                list(pool.map(self._meet_one, due))

    def _meet_one(self, link: PlatformLink) -> None:
        """What goes wrong with one of them, whatever it is, keeps no other from being met."""
        try:
            self.meet(link)
        except Exception:
            log.exception("link %s: %s could not be met", link.id, link.peer_url)

    def meet(self, link: PlatformLink) -> bool:
        """Speak to one, and write down what came of it; returns whether it answered."""
        try:
            met = open_platform(self._outbound, self._secret_key, link).meet()
        except NotShared as error:
            trouble = LinkTrouble("no_lessonstream", str(error))
        except LinkTrouble as error:
            trouble = error
        else:
            with self._sessions.begin() as session:
                links.reached(session, link.id, met.clock_ahead)
            if link.failure is not None:
                log.info("link %s: %s answers again", link.id, link.peer_url)
            return True
        if link.failure != trouble.failure and trouble.failure not in QUIET:
            log.warning("link %s: %s: %s: %s", link.id, link.peer_url, trouble.failure, trouble)
        with self._sessions.begin() as session:
            links.not_reached(session, link.id, trouble.failure, str(trouble), trouble.clock_ahead)
        return False
