"""Public keys of learning platforms, as one process knows them: fetched by the one way out, and again when a platform
signs with another one."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import jwt

from media_service.lti.id_tokens import ALGORITHM, LtiRefused
from storage.outbound.client import Outbound
from storage.strangers import OutboundError

KEPT_SECONDS: Final = 3600.0
"""How long keys are believed without looking again."""

AGAIN_SECONDS: Final = 10.0
"""Between two looks because of a key that nobody knows: anybody can name such keys."""

STALE_SECONDS: Final = 24 * 3600.0
"""How long keys count on while their platform does not answer."""

WAIT_SECONDS: Final = 5.0
"""How long a launch waits for keys."""

MOST_WAITING: Final = 8
"""Launches of a process that wait so at a time: they hold threads that others need."""

_AT_ONCE: Final = 16

_ANSWER_SECONDS: Final = 8.0
_MOST_BYTES: Final = 256 * 1024
_MOST_KEYS: Final = 100
_SMALLEST_BITS: Final = 2048
_LARGEST_BITS: Final = 8192
"""Beyond that, checking a signature is work that strangers may give us."""


@dataclass(frozen=True)
class _Known:
    keys: Mapping[str, Any]
    at: float


class PlatformKeys:
    """By the address of a key set. ``outbound`` asks for it, in threads of its own: one that answers nothing holds up
    only who waits for it, and of those only so many and so long."""

    def __init__(self, outbound: Outbound) -> None:
        self._outbound = outbound
        self._known: dict[str, _Known] = {}
        self._asked: dict[str, float] = {}
        self._asking: dict[str, Future[None]] = {}
        self._away: dict[str, LtiRefused] = {}
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(_AT_ONCE, "lti-keys")
        self._waiting = threading.Semaphore(MOST_WAITING)

    def warm(self, url: str) -> None:
        """A launch may come soon: ask now for what is not known, and wait for nothing."""
        known = self._known.get(url)
        if known is None or time.monotonic() - known.at >= KEPT_SECONDS:
            self._ask(url)

    def find(self, url: str, key_id: str, *, changed: bool = False) -> Any:
        """The platform's key of this name; ``changed``: the one that is known did not fit. Raises ``LtiRefused``:
        ``key_unknown``, ``platform_away``."""
        now, known = time.monotonic(), self._known.get(url)
        if not changed and known is not None and now - known.at < KEPT_SECONDS and key_id in known.keys:
            return known.keys[key_id]
        self._wait(self._ask(url))
        known = self._known.get(url)
        if known is not None and key_id in known.keys and now - known.at <= STALE_SECONDS:
            return known.keys[key_id]
        away = self._away.get(url)
        if away is not None:
            raise LtiRefused(away.code, away.detail)
        raise LtiRefused("key_unknown", f"the platform shows no key {key_id[:100]!r}")

    def _ask(self, url: str) -> Future[None] | None:
        """Who asks for the keys now; None if that was done a moment ago."""
        now = time.monotonic()
        with self._lock:
            other = self._asking.get(url)
            if other is not None:
                return other
            if now - self._asked.get(url, float("-inf")) < AGAIN_SECONDS:
                return None
            self._asked[url] = now
            asking: Future[None] = Future()
            self._asking[url] = asking
        self._pool.submit(self._look, url, asking)
        return asking

    def _look(self, url: str, asking: Future[None]) -> None:
        try:
            keys = self._fetch(url)
            with self._lock:
                self._known[url] = _Known(keys, time.monotonic())
                self._away.pop(url, None)
        except LtiRefused as error:
            with self._lock:
                self._away[url] = error
        finally:
            with self._lock:
                del self._asking[url]
            asking.set_result(None)

    def _wait(self, asking: Future[None] | None) -> None:
        if asking is None or asking.done():
            return
        if not self._waiting.acquire(blocking=False):
            raise LtiRefused("platform_away", "many wait for its keys")
        try:
            asking.result(WAIT_SECONDS)
        except TimeoutError:
            raise LtiRefused("platform_away", "its keys do not come") from None
        finally:
            self._waiting.release()

    def _fetch(self, url: str) -> Mapping[str, Any]:
        try:
            with self._outbound.get(
                url, seconds=_ANSWER_SECONDS, headers={"Accept": "application/json"}
            ) as answer:
                status, body = answer.status, answer.read(_MOST_BYTES)
        except OutboundError as error:
            raise LtiRefused(
                "platform_away", f"its keys cannot be asked for: {error.code}: {error}"
            ) from error
        if status != 200:
            raise LtiRefused("platform_away", f"asked for its keys it answered {status}")
        return read_keys(body)


def read_keys(body: bytes) -> Mapping[str, Any]:
    """The RSA keys of a set (RFC 7517) by ID; what is not for signing by RS256, or too short, is left out."""
    try:
        listed = json.loads(body)["keys"][:_MOST_KEYS]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise LtiRefused("platform_away", f"its keys cannot be read: {error}") from error
    found: dict[str, Any] = {}
    problem: Exception | None = None
    for one in listed:
        try:
            key_id, key = _read_key(one)
        except (jwt.PyJWTError, ValueError, KeyError, TypeError, AttributeError) as error:
            problem = error
        else:
            if key is not None:
                found[key_id] = key
    if problem is not None and not found:
        raise LtiRefused("platform_away", f"its keys cannot be read: {problem}") from problem
    return found


def _read_key(one: Mapping[str, Any]) -> tuple[str, Any]:
    """Its name, and the key or None."""
    key_id = one.get("kid")
    is_ours = one.get("kty") == "RSA" and one.get("use", "sig") == "sig"
    if not is_ours or one.get("alg", ALGORITHM) != ALGORITHM or not isinstance(key_id, str):
        return "", None
    public = jwt.PyJWK({name: one[name] for name in ("kty", "n", "e")}, ALGORITHM).key
    is_sane = _SMALLEST_BITS <= public.key_size <= _LARGEST_BITS
    return key_id, public if is_sane and public.public_numbers().e < 2**33 else None
