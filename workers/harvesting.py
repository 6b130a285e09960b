"""Harvests foreign repositories (OAI-PMH 2.0), beside the keeper's other tasks: their records become references here.

Not with a harvester's library: Sickle and oaipmh-scythe open connections of their own, which nobody judges (addresses
of our own network, endless answers), hold whole lists' state in memory, and begin anew after a restart. Here every
request goes the one way out (``storage.outbound.client``), and after each page the catalogue knows where to go on.
"""

from __future__ import annotations

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from configs.words import HarvestFailure
from storage.catalogue import harvests
from storage.catalogue.harvests import Claim, GoesRound, LeaseLost, Told, TooLong
from storage.catalogue.models import HarvestSource
from storage.harvesting import answers
from storage.harvesting.answers import NoRepository, Record, Refused
from storage.harvesting.read import read
from storage.origins import host_of
from storage.outbound.client import Outbound
from storage.strangers import OutboundError
from storage.webhooks import read_retry_after
from workers.rounds import Round

log = logging.getLogger(__name__)

AT_ONCE: Final = 4
"""Sources that are asked at a time: one that is slow holds up no other."""

TURN_SECONDS: Final = 20.0
"""So long one source is read while others wait."""

ANSWER_SECONDS: Final = 120.0
IDLE_SECONDS: Final = 60.0
MOST_BYTES: Final = 32 * 1024 * 1024
"""Of one answer: a page of a thousand long records has a tenth of that."""

LONGEST_WAIT: Final = 24 * 3600.0
"""Seconds that a repository may ask us to wait."""

_BUSY: Final = (408, 425, 429, 502, 503, 504)


class Trouble(Exception):
    """The repository could not be harvested; ``wait`` seconds if it says for how long."""

    def __init__(self, failure: HarvestFailure, detail: str, wait: float | None = None) -> None:
        self.failure: HarvestFailure = failure
        self.wait = wait
        super().__init__(detail)


class Harvesting:
    """What keepers do for sources that are harvested."""

    def __init__(
        self, sessions: sessionmaker[Session], outbound: Outbound, *, public_url: str, kept: timedelta
    ) -> None:
        self._sessions = sessions
        self._outbound = outbound
        self._own_host = host_of(public_url)
        self._kept = kept

    def harvest(self) -> Round:
        """Give some sources a turn. The next round begins at once if there was one."""
        with self._sessions.begin() as session:
            claimed = harvests.claim(session, AT_ONCE)
        if not claimed:
            return Round()
        with ThreadPoolExecutor(AT_ONCE, "harvest") as pool:
            for _ in pool.map(self._turn, claimed):
                pass
        return Round(pause=0)

    def _turn(self, claimed: Claim) -> None:
        ends = time.monotonic() + TURN_SECONDS
        try:
            while time.monotonic() < ends:
                if self._step(claimed):
                    return
            with self._sessions.begin() as session:
                harvests.give_back(session, claimed)
        except LeaseLost:
            log.info("harvest source %s was taken over", claimed.id)
        except Trouble as error:
            self._put_off(claimed, error)
        except OutboundError as error:
            self._put_off(claimed, Trouble(error.code, str(error)))
        except NoRepository as error:
            self._put_off(claimed, Trouble("no_repository", str(error)))
        except GoesRound:
            self._put_off(claimed, Trouble("list_goes_round", ""))
        except TooLong:
            self._put_off(claimed, Trouble("list_too_long", f"more than {harvests.MOST_RECORDS}"))
        except (DataError, IntegrityError) as error:
            # What somebody tells cannot be kept as it is: that will not be otherwise in a moment.
            log.warning("harvest source %s: %s", claimed.id, error)
            self._put_off(claimed, Trouble("answer_invalid", "the catalogue cannot keep what is told"))
        except SQLAlchemyError as error:
            # The lease runs out, and whoever goes on does so at this page.
            log.warning("harvest source %s: %s", claimed.id, error)

    def _put_off(self, claimed: Claim, trouble: Trouble) -> None:
        log.info("harvest source %s waits: %s: %s", claimed.id, trouble.failure, trouble)
        wait = (
            timedelta(seconds=min(LONGEST_WAIT, max(1.0, trouble.wait))) if trouble.wait is not None else None
        )
        with self._sessions.begin() as session:
            harvests.put_off(session, claimed, trouble.failure, _kept_text(str(trouble)), wait=wait)

    def _step(self, claimed: Claim) -> bool:
        """One thing of a harvest; returns whether there is nothing more to do for now."""
        with self._sessions.begin() as session:
            source = harvests.held(session, claimed)
            if source.state == "ended":
                return harvests.take_away(session, claimed, self._kept)
            session.flush()
            session.expunge(source)
        if not source.under_way:
            self._begin(claimed, source)
            return False
        return self._page(claimed, source)

    def _begin(self, claimed: Claim, source: HarvestSource) -> None:
        try:
            identity = answers.read_identity(self._ask(source, verb="Identify"))
            prefix = source.metadata_prefix or source.prefix
            if prefix is None:
                formats = answers.read_formats(self._ask(source, verb="ListMetadataFormats"))
                prefix = answers.choose_format(formats)
                if prefix is None:
                    there_are = ", ".join(each for each, _ in formats)
                    raise Trouble("format_unknown", f"there are {there_are}")
        except Refused as error:
            raise Trouble("repository_refused", f"{error.code}: {error.message}") from None
        with self._sessions.begin() as session:
            harvests.begin(
                session,
                claimed,
                name=_kept_text(identity.name),
                prefix=prefix,
                to_the_second=identity.to_the_second,
                deletes=identity.deletes,
                own_host=self._own_host,
            )

    def _page(self, claimed: Claim, source: HarvestSource) -> bool:
        try:
            page = answers.read_page(self._ask(source, **_arguments(source)))
        except Refused as error:
            if error.code == "badResumptionToken" and source.token:
                with self._sessions.begin() as session:
                    if harvests.restart(session, claimed):
                        return False
                raise Trouble("token_refused", error.message) from None
            code: HarvestFailure = (
                "format_unknown" if error.code == "cannotDisseminateFormat" else "repository_refused"
            )
            raise Trouble(code, f"{error.code}: {error.message}") from None
        told = [_told(each) for each in page.records]
        with self._sessions.begin() as session:
            is_over = harvests.learn(
                session,
                claimed,
                told,
                token=page.token,
                at=page.at,
                total=page.total,
                skipped=page.skipped,
                own_host=self._own_host,
                kept=self._kept,
            )
            if is_over:
                harvests.finish(session, claimed, self._kept)
        if is_over:
            log.info("harvest source %s: harvested to its end", claimed.id)
        return is_over

    def _ask(self, source: HarvestSource, **arguments: str | None) -> bytes:
        """What a repository answers. Raises ``Trouble`` and ``OutboundError``."""
        url = answers.address(source.url, **arguments)
        with self._outbound.get(
            url,
            seconds=ANSWER_SECONDS,
            idle_seconds=IDLE_SECONDS,
            headers={"Accept": "text/xml, application/xml"},
        ) as download:
            if download.status in _BUSY or download.status >= 500:
                wait = read_retry_after(download.headers.get("retry-after"), datetime.now(UTC))
                raise Trouble("repository_in_trouble", f"HTTP status {download.status}", wait)
            data = b"".join(download.slices(MOST_BYTES))
            if download.status != 200 and b"OAI-PMH" not in data[:2000]:
                raise Trouble("no_repository", f"HTTP status {download.status}")
            return data


def _arguments(source: HarvestSource) -> dict[str, str | None]:
    """Of the next page of what is under way."""
    if source.token:
        return {"verb": "ListRecords", "resumptionToken": source.token}
    since = None
    if not source.is_whole and source.since is not None:
        at = source.since.astimezone(UTC)
        since = at.strftime("%Y-%m-%dT%H:%M:%SZ") if source.to_the_second else at.strftime("%Y-%m-%d")
    return {
        "verb": "ListRecords",
        "metadataPrefix": source.prefix,
        "set_": source.set_spec,
        "from_": since,
    }


def _told(record: Record) -> Told:
    said = read(record.metadata) if record.metadata is not None and not record.is_deleted else None
    return Told(record.identifier, record.at, said, record.is_deleted)


def _kept_text(text: str) -> str:
    """Without what the catalogue does not keep."""
    return "".join(sign if sign.isprintable() else " " for sign in text)
