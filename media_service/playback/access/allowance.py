"""How often somebody may do what costs: counted in the memory of one process."""

from __future__ import annotations

import threading
import time
from collections import deque


class Allowance:
    """At most ``most`` within any ``seconds`` for each caller. Of callers the ``size`` latest are remembered."""

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
