"""Brings statements to record stores (xAPI 1.0.3, section 2.1.2 of part three): in order, in batches, one store after
the other, beside webhooks and scores. What a store has already it says (409), and what it will not have is told apart
from what it cannot take now.
"""

from __future__ import annotations

import json
import logging
import random
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from storage import record_stores, webhooks
from storage.catalogue import statements
from storage.catalogue.statements import Batch
from storage.measures import Measures
from storage.outbound.client import Outbound
from storage.sealing import WrongSecretKey
from storage.strangers import OutboundError

log = logging.getLogger(__name__)

ANSWER_SECONDS: Final = 20.0
LOOK_SECONDS: Final = 2.0
ENDS_SECONDS: Final = 30.0

_AWAY_SECONDS: Final = 5.0
TURN_SECONDS: Final = 30.0
"""For how long statements are brought one by one to one store; others wait meanwhile."""

_REFUSED: Final = {400, 413, 422}
"""The store has read it and will not have it, as far as it is of one statement. 404 and 405 speak of the address."""


class StoreAway(Exception):
    """The store takes nothing now; the message tells whoever looks for the reason, ``retry_after`` when it wants to be
    asked again, in seconds."""

    def __init__(self, told: str, retry_after: float | None = None) -> None:
        super().__init__(told)
        self.retry_after = retry_after


class StatementCarrier:
    """Sends what waits until told to stop. ``home`` is the service's own address, by which statements name things."""

    def __init__(
        self,
        sessions: sessionmaker[Session],
        outbound: Outbound,
        secret_key: str,
        home: str,
        stopping: threading.Event,
        *,
        measures: Measures | None = None,
    ) -> None:
        self._sessions = sessions
        self._outbound = outbound
        self._secret_key = secret_key
        self._home = home
        self._stopping = stopping
        self._measures = measures or Measures()

    def run(self) -> None:
        """Look and send, for as long as nobody says stop."""
        rounds = 0
        while not self._stopping.is_set():
            try:
                if rounds % (ENDS_SECONDS // LOOK_SECONDS) == 0:
                    self.tell_of_ends()
                wait = 0.0 if self.look() else LOOK_SECONDS
            except SQLAlchemyError as error:
                log.warning("catalogue is away: %s", error)
                wait = _AWAY_SECONDS
            rounds += wait > 0
            self._stopping.wait(wait)

    def tell_of_ends(self) -> None:
        """Write what sessions that are over have to say."""
        with self._sessions.begin() as session:
            statements.tell_of_ends(session, self._home)
        with self._sessions.begin() as session:
            statements.forget(session)

    def look(self) -> bool:
        """Bring one store what waits for it; False if nothing waits that may be brought now."""
        with self._sessions.begin() as session:
            batch = statements.claim(session)
        if batch is None:
            return False
        sent: list[int] = []
        refused: list[tuple[int, str]] = []
        failure, wait = None, 0.0
        try:
            headers = self._headers(batch)
            self._bring(batch, headers, sent, refused)
        except (StoreAway, OutboundError, WrongSecretKey) as error:
            failure = str(error) or type(error).__name__
            retry_after = error.retry_after if isinstance(error, StoreAway) else None
            schedule = webhooks.wait_after(batch.attempts + 1, retry_after, random.random())  # noqa: S311
            # Statements do not grow old: a store that is away for long is asked once a day.
            wait = schedule if schedule is not None else webhooks.LONGEST_WAIT
            log.info("the record store of %s takes nothing: %s", batch.organization_id, failure)
        with self._sessions.begin() as session:
            statements.settle(session, batch, sent=sent, refused=refused, failure=failure, wait=wait)
        for outcome, count in (("sent", len(sent)), ("refused", len(refused)), ("away", int(bool(failure)))):
            if count:
                self._measures.count(("statements", outcome), count)
        return True

    def _bring(
        self,
        batch: Batch,
        headers: Mapping[str, str],
        sent: list[int],
        refused: list[tuple[int, str]],
    ) -> None:
        """All at once; where one of them spoils that, one by one."""
        status, _ = self._post(batch, headers, list(batch.statements))
        if status == 200:
            sent += batch.numbers
            return
        ends = time.monotonic() + TURN_SECONDS
        for number, said in zip(batch.numbers, batch.statements, strict=True):
            if time.monotonic() > ends:
                return  # what is left comes with the next batch
            status, told = self._post(batch, headers, [said])
            if status in (200, 204, 409):  # 409: it is there, under this very ID
                sent.append(number)
            else:
                refused.append((number, f"{status}: {told}"))

    def _post(self, batch: Batch, headers: Mapping[str, str], said: list[dict[str, Any]]) -> tuple[int, str]:
        body = json.dumps(said, ensure_ascii=False).encode()
        url = record_stores.statements_url(batch.url)
        answer = self._outbound.post(url, body, headers, seconds=ANSWER_SECONDS, most_bytes=2000)
        text = answer.body.decode(errors="replace")
        told = "".join(sign if sign.isprintable() else " " for sign in text)[:200]
        if answer.status not in {200, 204, 409, *_REFUSED}:
            asked = webhooks.read_retry_after(answer.headers.get("retry-after"), datetime.now(UTC))
            raise StoreAway(f"{answer.status}: {told}", asked)
        return answer.status, told

    def _headers(self, batch: Batch) -> Mapping[str, str]:
        password = record_stores.open_password(self._secret_key, batch.organization_id, batch.password)
        return {
            "Content-Type": "application/json",
            record_stores.VERSION_HEADER: record_stores.VERSION,
            **record_stores.credentials(batch.username, password),
        }
