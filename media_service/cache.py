"""The cache of one process, and for how long it may be stale while the catalogue is away (stale-if-error, RFC 5861)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from media_service.errors import is_catalogue_away

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


LASTS_SECONDS: Final = 300.0
"""For how long plays go on without the catalogue."""

CONFIRMED_SECONDS: Final = 60.0
"""What was not asked for within this time before the catalogue went away is not known well enough: who was refused
meanwhile would be let in again."""


@dataclass(frozen=True)
class StaleIfError:
    """Tells which stale values still count.

    ``heard_at`` tells when the catalogue last answered this process, by the monotonic clock.
    """

    heard_at: Callable[[], float]

    def excuses(self, error: Exception, known_at: float) -> bool:
        """Return whether what was confirmed at ``known_at`` may be used although asking again ended with ``error``."""
        heard_at = self.heard_at()
        return (
            is_catalogue_away(error)
            and known_at >= heard_at - CONFIRMED_SECONDS
            and time.monotonic() <= heard_at + LASTS_SECONDS
        )


class Cache(Generic[K, V]):
    """At most ``size`` values, or as many as ``weigh`` that much together; none older than ``seconds`` (None: no
    limit); the oldest goes first. ``stale_if_error`` may let older ones be used while the source of the values is away.

    Reading takes no lock: one operation of a dict is atomic in Python, and threads that queue for a lock on every
    request cost more than the request. Threads that miss at the same time may each load the value.
    """

    def __init__(
        self,
        size: int,
        seconds: float | None = None,
        weigh: Callable[[V], int] = lambda _: 1,
        stale_if_error: StaleIfError | None = None,
    ) -> None:
        self._size = size
        self._weigh = weigh
        self._weight = 0
        self._seconds = float("inf") if seconds is None else seconds
        self._stale_if_error = stale_if_error
        self._lock = threading.Lock()
        self._entries: dict[K, tuple[V, float, float]] = {}  # value, fresh until, known at

    def find(self, key: K) -> V | None:
        """Return the value of ``key``, if it is here and fresh."""
        entry = self._entries.get(key)
        return entry[0] if entry is not None and entry[1] > time.monotonic() else None

    def put(self, key: K, value: V) -> None:
        """Remember a value."""
        with self._lock:
            self._drop(key)
            now = time.monotonic()
            self._entries[key] = (value, now + self._seconds, now)
            self._weight += self._weigh(value)
            while self._weight > self._size:
                self._drop(next(iter(self._entries)))

    def get(self, key: K, load: Callable[[], V | None]) -> V | None:
        """The value of ``key``, by ``load`` if it is not here. None is never kept, and what was kept before it is
        forgotten; errors pass through, unless there is an ``stale_if_error`` that excuses them."""
        value = self.find(key)
        if value is not None:
            return value
        try:
            value = load()
        except Exception as error:
            entry = self._entries.get(key)
            if (
                entry is None
                or self._stale_if_error is None
                or not self._stale_if_error.excuses(error, entry[2])
            ):
                raise
            with self._lock:
                if key in self._entries:
                    self._entries[key] = (entry[0], time.monotonic() + self._seconds, entry[2])
            return entry[0]
        if value is not None:
            self.put(key, value)
        elif key in self._entries:
            with self._lock:
                self._drop(key)
        return value

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries.clear()
            self._weight = 0

    def _drop(self, key: K) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._weight -= self._weigh(entry[0])
