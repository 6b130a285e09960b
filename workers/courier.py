"""Carries webhooks, beside the keeper's other tasks and in threads of its own.

Every keeper may carry some: deliveries are leased (``storage.catalogue.webhook_deliveries``), a few of each endpoint at
a time. An attempt ends within 20 seconds, so a receiver that is slow holds up its own events and nobody else's.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from storage import webhooks
from storage.catalogue import webhook_deliveries, webhook_endpoints
from storage.catalogue.webhook_deliveries import Errand, Outcome
from storage.measures import Measures
from storage.outbound.client import Outbound
from storage.sealing import WrongSecretKey
from storage.strangers import OutboundError
from storage.webhooks import GONE, THROTTLED, Secret

log = logging.getLogger(__name__)

ANSWER_SECONDS = 20.0
AT_ONCE = 32
"""Under way in this process."""

LOOK_SECONDS = 0.5
"""Between two looks at what is due."""

_WARN_SECONDS = 60.0
_AWAY_SECONDS = 5.0
_KEPT_BYTES = 500
"""Of an answer's body, for whoever looks for a mistake."""


class Courier:
    """Sends what is due until told to stop."""

    def __init__(
        self,
        sessions: sessionmaker[Session],
        outbound: Outbound,
        secret_key: str,
        owner: str,
        stopping: threading.Event,
        *,
        measures: Measures,
    ) -> None:
        self._sessions = sessions
        self._outbound = outbound
        self._secret_key = secret_key
        self._owner = owner
        self._stopping = stopping
        self._measures = measures
        self._under_way = 0
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._warned_at = float("-inf")

    def run(self) -> None:
        """Look, lease, send, for as long as nobody says stop."""
        while not self._stopping.is_set():
            self._wake.clear()
            try:
                is_busy = self.look()
            except SQLAlchemyError as error:
                log.warning("catalogue is away: %s", error)
                self._stopping.wait(_AWAY_SECONDS)
                continue
            if not is_busy:
                self._wake.wait(LOOK_SECONDS)

    def look(self) -> bool:
        """One round: returns whether there may be more to do at once."""
        with self._sessions.begin() as session:
            more = webhook_deliveries.spread(session)
        self._warn()
        room = AT_ONCE - self.under_way
        if room <= 0:
            return False
        with self._sessions.begin() as session:
            errands = webhook_deliveries.claim(session, self._owner, room)
            secrets = self._secrets(session, errands)
        for errand in errands:
            with self._lock:
                self._under_way += 1
            threading.Thread(
                target=self._carry, args=(errand, secrets[errand.endpoint_id]), name="webhook", daemon=True
            ).start()
        return more or bool(errands)

    @property
    def under_way(self) -> int:
        """Attempts that have not ended."""
        with self._lock:
            return self._under_way

    def _secrets(self, session: Session, errands: Sequence[Errand]) -> Mapping[str, Sequence[Secret]]:
        found: dict[str, list[Secret]] = defaultdict(list)
        for endpoint_id in {errand.endpoint_id for errand in errands}:
            for row in webhook_endpoints.secrets_of(session, endpoint_id):
                try:
                    secret = webhooks.open_secret(self._secret_key, row.id, row.signing, row.sealed)
                except WrongSecretKey as error:
                    log.error("secret %s of endpoint %s: %s", row.id, endpoint_id, error)
                else:
                    found[endpoint_id].append(secret)
        return found

    def _carry(self, errand: Errand, secrets: Sequence[Secret]) -> None:
        try:
            # Unsigned nothing is sent: the lease runs out, and it is tried again.
            if secrets:
                outcome = attempt(self._outbound, errand, secrets)
                with self._sessions.begin() as session:
                    is_settled = webhook_deliveries.settle(session, errand, outcome)
                if is_settled:
                    self._measure(errand, outcome)
        except SQLAlchemyError as error:
            log.warning("what came of delivery %d is not written down: %s", errand.delivery_id, error)
        finally:
            with self._lock:
                self._under_way -= 1
            self._wake.set()

    def _measure(self, errand: Errand, outcome: Outcome) -> None:
        became = "retried" if outcome.state == "pending" else outcome.state
        self._measures.count(("webhook_attempts", became))
        if outcome.is_delivered and errand.age is not None:
            self._measures.time(("webhook_seconds",), errand.age + outcome.milliseconds / 1000)

    def _warn(self) -> None:
        if time.monotonic() - self._warned_at < _WARN_SECONDS:
            return
        self._warned_at = time.monotonic()
        with self._sessions.begin() as session:
            for endpoint, hours in webhook_endpoints.warn(session):
                log.warning(
                    "webhook endpoint %s (%s) has been failing for %d h", endpoint.id, endpoint.url, hours
                )


def attempt(outbound: Outbound, errand: Errand, secrets: Sequence[Secret]) -> Outcome:
    """Send an event once, signed as of now. Only 2xx is success; redirects are failures."""
    headers = webhooks.headers(errand.event_id, int(time.time()), errand.body, secrets)
    began = time.monotonic()
    try:
        answer = outbound.post(
            errand.url, errand.body, headers, seconds=ANSWER_SECONDS, most_bytes=_KEPT_BYTES
        )
    except OutboundError as error:
        wait = webhooks.wait_after(errand.attempts + 1, None, random.random())  # noqa: S311
        return Outcome(None, error.code, _since(began), str(error)[:_KEPT_BYTES], wait)
    retry_after = webhooks.read_retry_after(answer.headers.get("retry-after"), datetime.now(UTC))
    wait = webhooks.wait_after(errand.attempts + 1, retry_after, random.random())  # noqa: S311
    text = answer.body.decode(errors="replace").replace("\0", "")
    if answer.status == GONE:
        # Kept for the day on which somebody enables the endpoint again.
        return Outcome(answer.status, None, _since(began), text, 0.0, is_gone=True)
    spare = max(retry_after or 0.0, webhooks.SCHEDULE[1]) if answer.status in THROTTLED else 0.0
    return Outcome(answer.status, None, _since(began), text, wait, min(spare, webhooks.LONGEST_WAIT))


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
