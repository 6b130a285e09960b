"""A small cache in the memory of one process."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from media_service.outage import Outage

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Cache(Generic[K, V]):
    """At most ``size`` values, or as many as ``weigh`` that much together; none older than ``seconds`` (None: no
    limit); the oldest goes first. ``outage`` may let older ones be used while the source of the values is away.

    Reading takes no lock: one operation of a dict is atomic in Python, and threads that queue for a lock on every
    request cost more than the request. Threads that miss at the same time may each load the value.
    """

    def __init__(
        self,
        size: int,
        seconds: float | None = None,
        weigh: Callable[[V], int] = lambda _: 1,
        outage: Outage | None = None,
    ) -> None:
        self._size = size
        self._weigh = weigh
        self._weight = 0
        self._seconds = float("inf") if seconds is None else seconds
        self._outage = outage
        self._lock = threading.Lock()
        self._entries: dict[K, tuple[V, float, float]] = {}  # value, fresh until, known at

    def find(self, key: K) -> V | None:
        """The value of ``key``, if it is here and fresh."""
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
        forgotten; errors pass through, unless there is an ``outage`` that excuses them."""
        value = self.find(key)
        if value is not None:
            return value
        try:
            value = load()
        except Exception as error:
            entry = self._entries.get(key)
            if entry is None or self._outage is None or not self._outage.excuses(error, entry[2]):
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

    def _drop(self, key: K) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._weight -= self._weigh(entry[0])
