"""Carries scores to learning platforms, beside webhooks and in threads of its own: leased in the catalogue
(``storage.catalogue.lti_scores``), so that every keeper may carry some and none is lost.
"""

from __future__ import annotations

import json
import logging
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from storage import webhooks
from storage.catalogue import lti_platforms, lti_scores
from storage.catalogue.lti_scores import Errand
from storage.ids import new_public_id
from storage.lti import keys, scores
from storage.measures import Measures
from storage.outbound.answers import Answer
from storage.outbound.client import Outbound
from storage.sealing import WrongSecretKey
from storage.strangers import OutboundError

log = logging.getLogger(__name__)

ANSWER_SECONDS: Final = 20.0
AT_ONCE: Final = 8
LOOK_SECONDS: Final = 1.0

SPARED_SECONDS: Final = 5.0
"""In which a platform that is away, or busy and says no time, is told nothing of anybody."""

_AWAY_SECONDS: Final = 5.0
_EARLY_SECONDS: Final = 30
"""Before an access token ends another one is asked for."""

_MOST_BYTES: Final = 64 * 1024


class ScoreRefused(Exception):
    """A platform did not take a score; the message tells whoever looks for the reason, ``retry_after`` when it wants to
    be asked again, in seconds. ``is_of_all``: it would take no other score, either."""

    def __init__(self, told: str, retry_after: float | None = None, *, is_of_all: bool = False) -> None:
        super().__init__(told)
        self.retry_after = retry_after
        self.is_of_all = is_of_all


@dataclass(frozen=True)
class _Known:
    token: str
    until: float


class ScoreCarrier:
    """Sends what is due until told to stop."""

    def __init__(
        self,
        sessions: sessionmaker[Session],
        outbound: Outbound,
        secret_key: str,
        owner: str,
        stopping: threading.Event,
        *,
        measures: Measures | None = None,
    ) -> None:
        self._sessions = sessions
        self._outbound = outbound
        self._secret_key = secret_key
        self._owner = owner
        self._stopping = stopping
        self._measures = measures or Measures()
        self._pool = ThreadPoolExecutor(AT_ONCE, "lti-score")
        self._free = threading.Semaphore(AT_ONCE)
        self._tokens: dict[str, _Known] = {}
        self._lock = threading.Lock()

    def run(self) -> None:
        """Look, lease, send, for as long as nobody says stop."""
        while not self._stopping.is_set():
            try:
                wait = 0.0 if self.look() else LOOK_SECONDS
            except SQLAlchemyError as error:
                log.warning("catalogue is away: %s", error)
                wait = _AWAY_SECONDS
            self._stopping.wait(wait)
        self._pool.shutdown(wait=False, cancel_futures=True)

    def look(self) -> bool:
        """One round: returns whether there may be more to do at once."""
        room = 0
        while room < AT_ONCE and self._free.acquire(blocking=False):
            room += 1
        errands: list[Errand] = []
        try:
            if room:
                with self._sessions.begin() as session:
                    errands = lti_scores.claim(session, self._owner, room)
        finally:
            for _ in range(room - len(errands)):
                self._free.release()
        for errand in errands:
            self._pool.submit(self._carry, errand)
        return room > 0 and len(errands) == room

    def _carry(self, errand: Errand) -> None:
        try:
            failure, wait, spare = None, None, 0.0
            try:
                self.tell(errand)
            except (ScoreRefused, OutboundError, WrongSecretKey) as error:
                failure = str(error) or type(error).__name__
                asked = error.retry_after if isinstance(error, ScoreRefused) else None
                wait = webhooks.wait_after(errand.attempts + 1, asked, random.random())  # noqa: S311
                if not isinstance(error, ScoreRefused) or error.is_of_all:
                    spare = min(asked or SPARED_SECONDS, webhooks.LONGEST_WAIT)
                log.info("score %s is not told: %s", errand.score_id, failure)
            with self._sessions.begin() as session:
                lti_scores.settle(session, errand, failure, wait, spare)
            became = "sent" if failure is None else "failed" if wait is None else "retried"
            self._measures.count(("scores", became))
        except SQLAlchemyError as error:
            # The lease runs out, and it is told again: a score says how things stand, so twice is once.
            log.warning("what came of score %s is not written down: %s", errand.score_id, error)
        except Exception:
            log.exception("score %s", errand.score_id)
        finally:
            self._free.release()

    def tell(self, errand: Errand) -> None:
        """Send a score once. Raises ``ScoreRefused``, ``OutboundError`` and ``WrongSecretKey``."""
        body = scores.document(errand.user_id, errand.found, datetime.now(UTC))
        headers = {
            "Authorization": f"Bearer {self._token(errand)}",
            "Content-Type": scores.SCORE_TYPE,
        }
        answer = self._outbound.post(
            scores.address(errand.line_item), body, headers, seconds=ANSWER_SECONDS, most_bytes=500
        )
        if answer.status == 401:
            with self._lock:
                self._tokens.pop(errand.platform.id, None)
        if not 200 <= answer.status < 300:
            raise _refused("the platform answered", answer)

    def _token(self, errand: Errand) -> str:
        platform, now = errand.platform, time.monotonic()
        with self._lock:
            known = self._tokens.get(platform.id)
        if known is not None and known.until > now:
            return known.token
        key_id, private = self._key()
        said = scores.assertion(
            platform.client_id,
            platform.token_audience or platform.token_url,
            int(time.time()),
            new_public_id(),
        )
        answer = self._outbound.post(
            platform.token_url,
            scores.token_request(keys.sign(said, key_id, private)),
            {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"},
            seconds=ANSWER_SECONDS,
            most_bytes=_MOST_BYTES,
        )
        got = scores.read_token(answer.body) if answer.status == 200 else None
        if got is None:
            raise _refused("no access token, the platform answered", answer, is_of_all=True)
        with self._lock:
            self._tokens[platform.id] = _Known(got[0], now + max(1, got[1] - _EARLY_SECONDS))
        return got[0]

    def _key(self) -> tuple[str, RSAPrivateKey]:
        with self._sessions.begin() as session:
            row = lti_platforms.signing_key(session, self._make)
            return row.id, keys.open_key(self._secret_key, row.id, row.private_key)

    @property
    def _make(self) -> Callable[[], tuple[str, str, bytes]]:
        return lambda: keys.new_key(self._secret_key)


def _refused(what: str, answer: Answer, *, is_of_all: bool = False) -> ScoreRefused:
    asked = webhooks.read_retry_after(answer.headers.get("retry-after"), datetime.now(UTC))
    busy = answer.status == 429 or answer.status >= 500
    told = f"{what} {answer.status}: {_shown(answer.body)}"
    return ScoreRefused(told, asked, is_of_all=is_of_all or busy)


def _shown(body: bytes) -> str:
    """How an answer begins, without what a log cannot hold; of an error document its own words."""
    text = body.decode(errors="replace")
    try:
        said = json.loads(text)
        if isinstance(said, dict) and isinstance(said.get("error"), str):
            text = f"{said['error']} {said.get('error_description') or ''}"
    except (ValueError, RecursionError):
        pass
    return "".join(sign if sign.isprintable() else " " for sign in text)[:200].strip()
