"""Public keys of learning platforms, as one process knows them: fetched by the one way out, and again when a platform
signs with another one."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
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

_ANSWER_SECONDS: Final = 8.0
_MOST_BYTES: Final = 256 * 1024
_MOST_KEYS: Final = 100
_SMALLEST_BITS: Final = 2048


@dataclass(frozen=True)
class _Known:
    keys: Mapping[str, Any]
    at: float


class PlatformKeys:
    """By the address of a key set. ``outbound`` asks for it."""

    def __init__(self, outbound: Outbound) -> None:
        self._outbound = outbound
        self._known: dict[str, _Known] = {}
        self._asked: dict[str, float] = {}
        self._lock = threading.Lock()

    def find(self, url: str, key_id: str, *, changed: bool = False) -> Any:
        """The platform's key of this name; ``changed``: the one that is known did not fit. Raises ``LtiRefused``:
        ``key_unknown``, ``platform_away``."""
        now, known = time.monotonic(), self._known.get(url)
        if not changed and known is not None and now - known.at < KEPT_SECONDS and key_id in known.keys:
            return known.keys[key_id]
        if self._may_ask(url, now):
            try:
                known = _Known(self._fetch(url), now)
                with self._lock:
                    self._known[url] = known
            except LtiRefused:
                if known is None or key_id not in known.keys or now - known.at > STALE_SECONDS:
                    raise
        found = known.keys.get(key_id) if known is not None else None
        if found is None:
            raise LtiRefused("key_unknown", f"the platform shows no key {key_id[:100]!r}")
        return found

    def _may_ask(self, url: str, now: float) -> bool:
        with self._lock:
            if now - self._asked.get(url, float("-inf")) < AGAIN_SECONDS:
                return False
            self._asked[url] = now
            return True

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
        said = json.loads(body)
        listed = said["keys"]
        found: dict[str, Any] = {}
        for one in listed[:_MOST_KEYS]:
            if one.get("kty") != "RSA" or one.get("use", "sig") != "sig":
                continue
            if one.get("alg", ALGORITHM) != ALGORITHM or not isinstance(one.get("kid"), str):
                continue
            public = jwt.PyJWK({name: one[name] for name in ("kty", "n", "e")}, ALGORITHM).key
            if public.key_size >= _SMALLEST_BITS:
                found[one["kid"]] = public
    except (jwt.PyJWTError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise LtiRefused("platform_away", f"its keys cannot be read: {error}") from error
    return found
