"""A small cache in the memory of one process."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Cache(Generic[K, V]):
    """At most ``size`` values, none older than ``seconds`` (None: no limit); the longest unused goes first."""

    def __init__(self, size: int, seconds: float | None) -> None:
        self._size = size
        self._seconds = float("inf") if seconds is None else seconds
        self._lock = threading.Lock()
        self._entries: OrderedDict[K, tuple[V, float]] = OrderedDict()

    def get(self, key: K, load: Callable[[], V], *, keep: Callable[[V], bool] = lambda _: True) -> V:
        """The value of ``key``, by ``load`` if it is not here; kept if ``keep`` says so. Errors pass through."""
        now = time.monotonic()
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None and entry[1] > now:
                self._entries.move_to_end(key)
                return entry[0]
        value = load()
        if keep(value):
            with self._lock:
                self._entries[key] = (value, now + self._seconds)
                self._entries.move_to_end(key)
                if len(self._entries) > self._size:
                    self._entries.popitem(last=False)
        return value
