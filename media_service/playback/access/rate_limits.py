"""Rate limits: who asks for more than a player does, or than a partner's terms allow, is told to wait.

Viewers are counted in the process that answers them: a cap that no player reaches need not be exact. Partners are
counted over all processes (``storage.counters``), and nothing waits for that.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, Final
from wsgiref.types import WSGIApplication

from media_service.problems import ApiError, ErrorCode
from media_service.request_state import state_of
from storage.catalogue.partners import Terms
from storage.counters import Counters

WINDOW: Final = 10
"""Seconds over which rates are averaged: a player that begins asks for much at once."""

_DAY: Final = 24 * 3600
_MOST_VIEWERS: Final = 100_000


class RateLimits:
    """The counts of one process. Limits are requests per second; 0 means none.

    ``viewer_limit`` counts for one token at one address. Without a token it is the whole address that counts
    (``address_limit``), and a school may stand behind one.
    """

    def __init__(self, counters: Counters, viewer_limit: int, address_limit: int) -> None:
        self._counters = counters
        self._viewer_limit = viewer_limit * WINDOW
        self._address_limit = address_limit * WINDOW
        self._window = 0
        self._viewers: dict[tuple[str, str | None], int] = {}

    def count_viewer(self, address: str, token: str | None) -> None:
        """One playlist or segment. Raises ``rate_limited``."""
        now = time.time()
        window = int(now) // WINDOW
        if window != self._window or len(self._viewers) > _MOST_VIEWERS:
            self._window, self._viewers = window, {}
        # No lock: two threads that count the same viewer at once may lose one of the two, and a viewer does not care.
        key = (address, token)
        count = self._viewers[key] = self._viewers.get(key, 0) + 1
        limit = self._address_limit if token is None else self._viewer_limit
        if 0 < limit < count:
            raise _wait("rate_limited", WINDOW - now % WINDOW)

    def count_request(self, terms: Terms) -> None:
        """One request of a partner's viewer. Raises ``rate_limited`` and ``quota_spent``."""
        now = time.time()
        window = f"{terms.partner_id}:{int(now) // WINDOW}"
        if self._counters.total(_day(terms.partner_id, now)) >= terms.bytes_per_day:
            raise _wait("quota_spent", _DAY - now % _DAY)
        requests = self._counters.add(f"requests:{window}", 1, 2 * WINDOW)
        if (
            requests > terms.requests_per_second * WINDOW
            or self._counters.total(f"bytes:{window}") >= terms.bytes_per_second * WINDOW
        ):
            raise _wait("rate_limited", WINDOW - now % WINDOW)

    def count_bytes(self, partner_id: str, size: int) -> None:
        """Count what is being sent to a partner's viewer; a range counts whole, also where the viewer goes away."""
        now = time.time()
        self._counters.add(f"bytes:{partner_id}:{int(now) // WINDOW}", size, 2 * WINDOW)
        self._counters.add(_day(partner_id, now), size, 2 * _DAY)

    def spent_today(self, partner_id: str) -> tuple[int, int]:
        """Bytes that were sent to a partner's viewers today (UTC), and when the day is over, in seconds since 1970."""
        now = time.time()
        return self._counters.ask(_day(partner_id, now)), (int(now) // _DAY + 1) * _DAY


class SlidingWindow:
    """Allows at most ``most`` calls within any ``seconds`` for each caller, of whom the ``size`` latest count."""

    def __init__(self, most: int, seconds: float, size: int = 10_000) -> None:
        self._most, self._seconds, self._size = most, seconds, size
        self._lock = threading.Lock()
        self._spent: dict[str, deque[float]] = {}

    def spend(self, caller: str) -> float:
        """0 if it is allowed, and then counted; else the seconds after which it is."""
        now = time.monotonic()
        with self._lock:
            times = self._spent.pop(caller, deque())
            while times and times[0] <= now - self._seconds:
                times.popleft()
            self._spent[caller] = times
            if len(self._spent) > self._size:
                del self._spent[next(iter(self._spent))]
            if len(times) >= self._most:
                return times[0] + self._seconds - now
            times.append(now)
            return 0.0


def count_bytes(app: WSGIApplication, rate_limits: RateLimits) -> WSGIApplication:
    """Count the bytes of answers for the partner that the gate found."""

    def counting(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        state = state_of(environ)

        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            partner_id = state.partner_id
            if partner_id is not None and status.startswith("2") and environ["REQUEST_METHOD"] == "GET":
                length = next((value for name, value in headers if name == "Content-Length"), "0")
                rate_limits.count_bytes(partner_id, int(length))
            return start_response(status, headers, *error)

        return app(environ, start)

    return counting


def _day(partner_id: str, now: float) -> str:
    return f"day:{partner_id}:{int(now) // _DAY}"


def _wait(code: ErrorCode, seconds: float) -> ApiError:
    return ApiError(code, headers={"Retry-After": str(int(seconds) + 1)})
