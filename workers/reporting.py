"""Tells the platforms that lessons came from how often they were watched here, and on platforms behind this one.

What is owed stands in the catalogue until the other platform has said that it keeps it: whatever stops meanwhile, and
however long the line is cut, it is told afterwards, and counts once.
"""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session, sessionmaker

from storage.catalogue import owed_totals
from storage.catalogue.models import PlatformLink
from storage.exchange.totals import LARGEST_REQUEST, MOST_DAYS, DaysTaken, ToldDays
from storage.outbound.client import Outbound
from storage.outbound.linked import LinkTrouble, NotShared
from workers.linking import open_platform
from workers.rounds import Round

log = logging.getLogger(__name__)

AT_ONCE: Final = 4
"""Platforms that are told at a time."""

_MOST_PAGES: Final = 50
"""Requests to one platform in a round; what is left is told in the next."""

TARGET: Final = "/v1/exchange/totals"


class Reporting:
    """What keepers do for totals: once in ``poll`` seconds, for each link by which something is owed."""

    def __init__(
        self,
        sessions: sessionmaker[Session],
        outbound: Outbound,
        *,
        secret_key: str,
        public_url: str,
        poll: float,
        time_zone: ZoneInfo,
    ) -> None:
        self._sessions = sessions
        self._outbound = outbound
        self._secret_key = secret_key
        self._public_url = public_url
        self._poll = timedelta(seconds=poll)
        self._time_zone = time_zone

    def tell(self) -> Round:
        """Tell what is owed."""
        if not self._secret_key:
            return Round()
        with self._sessions() as session:
            due = owed_totals.due_links(session, self._poll)
        if due:
            with ThreadPoolExecutor(AT_ONCE, "totals") as pool:
                list(pool.map(self._tell, due))
        return Round()

    def _tell(self, link: PlatformLink) -> None:
        try:
            told = self._pages(link)
        except NotShared as error:
            trouble = LinkTrouble("no_lessonstream", f"it takes no totals: {error}")
        except LinkTrouble as error:
            trouble = error
        else:
            with self._sessions.begin() as session:
                owed_totals.tried(session, link.id, None)
            log.info("link %s: %d day(s) of lessons are told", link.id, told)
            return
        log.info("totals of link %s wait: %s: %s", link.id, trouble.failure, trouble)
        with self._sessions.begin() as session:
            owed_totals.tried(session, link.id, trouble.failure, str(trouble))

    def _pages(self, link: PlatformLink) -> int:
        platform = open_platform(self._outbound, self._secret_key, link)
        told = 0
        for _ in range(_MOST_PAGES):
            with self._sessions() as session:
                owed = owed_totals.owed(session, link, self._public_url, self._time_zone, MOST_DAYS)
            if not owed:
                break
            days = ToldDays(days=[each.told for each in owed])
            taken = platform.send(TARGET, days, DaysTaken, LARGEST_REQUEST).days
            if len(taken) != len(owed):
                raise LinkTrouble("answer_invalid", f"{len(taken)} answers to {len(owed)} days")
            with self._sessions.begin() as session:
                refused = owed_totals.settle(session, link, owed, taken)
            told += len(owed) - refused
        return told
