"""What all processes measure, added up in Redis once a second, so that any of them can tell of the whole installation.

Who measures never waits for a server. While Redis is away each process keeps what it measured and brings it along
later; a Redis that lost its data begins at nothing, as counters of a program do that was restarted.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Final

from redis import Redis
from redis.exceptions import RedisError

from storage.ids import new_id

log = logging.getLogger(__name__)

EXCHANGE_SECONDS: Final = 1.0
BUCKETS: Final = (0.005, 0.02, 0.1, 0.5, 2.0, 10.0)
"""Upper bounds, in seconds, by which durations are told apart; one more bucket has the rest."""

HELD_SECONDS: Final = 30
"""For how long what a process said that it holds counts, if it says it no more: then it is gone."""

_COUNTS: Final = "lessonstream:measures:counts"
_LATEST: Final = "lessonstream:measures:latest"
_HOLDERS: Final = "lessonstream:measures:holders"
_HELD: Final = "lessonstream:measures:held:"

Name = tuple[str, ...]
"""What is measured, and the labels by which it is told apart."""

Observe = Callable[[str, float, bool], None]
"""A request to a server that this process stands on: which one, seconds, and whether it failed."""


def ignore(_server: str, _seconds: float, _failed: bool) -> None:
    """Observe nothing."""


class Measures:
    """Counts and durations of one process, and of all that use the same Redis; without one they are its own."""

    def __init__(self, redis: Redis | None = None) -> None:
        self._redis = redis
        self._lock = threading.Lock()
        self._counts: dict[Name, float] = defaultdict(float)
        self._durations: dict[Name, list[float]] = {}
        self._latest: dict[Name, float] = {}
        self._held: dict[Name, float] = {}
        self._owner = new_id()
        self._exchanging = redis is None  # then there is nobody to tell

    def count(self, name: Name, amount: float = 1.0) -> None:
        """Add to what has been counted under a name."""
        with self._lock:
            self._counts[name] += amount
        self._begin()

    def time(self, name: Name, seconds: float) -> None:
        """Count something that took ``seconds``."""
        bucket = bisect_left(BUCKETS, seconds)
        with self._lock:
            cells = self._durations.get(name)
            if cells is None:
                cells = self._durations[name] = [0.0] * (len(BUCKETS) + 2)
            cells[bucket] += 1
            cells[-1] += seconds
        if not self._exchanging:
            self._begin()

    def put(self, name: Name, value: float) -> None:
        """Say what something is now."""
        with self._lock:
            self._latest[name] = value
        self._begin()

    def hold(self, name: Name, value: float) -> None:
        """Say how much of something this process has now. ``totals`` adds up what all have that are alive."""
        with self._lock:
            self._held[name] = value
        self._begin()

    def observe(self, server: str, seconds: float, failed: bool) -> None:
        """Time a request to a server that this process stands on: an ``Observe``."""
        self.time(("server_seconds", server, "failed" if failed else "ok"), seconds)

    def exchange(self) -> None:
        """Bring what was measured here to the others; what cannot be brought is kept. Never raises."""
        if self._redis is None:
            return
        counts, latest, held = self._take()
        if not counts and not latest and not held:
            return
        try:
            pipe = self._redis.pipeline(transaction=True)
            for name, amount in counts.items():
                pipe.hincrbyfloat(_COUNTS, json.dumps(name), amount)
            for name, value in latest.items():
                pipe.hset(_LATEST, json.dumps(name), value)
            if held:
                pipe.sadd(_HOLDERS, _HELD + self._owner)
                pipe.set(_HELD + self._owner, json.dumps([*held.items()]), ex=HELD_SECONDS)
            pipe.execute()
        except RedisError as error:
            log.debug("queue is away, what was measured is kept: %s", error)
            self._put_back(counts, latest)

    def totals(self) -> dict[Name, float]:
        """Everything that was measured, by all. Durations are told by name, ``bucket`` and its number, and by name and
        ``sum``. Raises ``redis.RedisError``.
        """
        if self._redis is None:
            with self._lock:
                return {**self._flat(), **self._latest, **self._held}
        self.exchange()
        told = [*self._redis.hgetall(_COUNTS).items(), *self._redis.hgetall(_LATEST).items()]
        return {tuple(json.loads(name)): float(value) for name, value in told} | self._held_by_all(
            self._redis
        )

    def _held_by_all(self, redis: Redis) -> dict[Name, float]:
        holders = [*redis.smembers(_HOLDERS)]
        held: dict[Name, float] = defaultdict(float)
        for holder, said in zip(holders, redis.mget(holders) if holders else (), strict=True):
            if said is None:
                redis.srem(_HOLDERS, holder)
            for name, value in json.loads(said or "[]"):
                held[tuple(name)] += value
        return held

    def _flat(self) -> dict[Name, float]:
        flat = dict(self._counts)
        for name, cells in self._durations.items():
            flat |= {
                (*name, "bucket", str(number)): count for number, count in enumerate(cells[:-1]) if count
            }
            flat[*name, "sum"] = cells[-1]
        return flat

    def _take(self) -> tuple[Mapping[Name, float], Mapping[Name, float], Mapping[Name, float]]:
        with self._lock:
            counts, latest, held = self._flat(), self._latest, dict(self._held)
            self._counts, self._durations, self._latest = defaultdict(float), {}, {}
        return counts, latest, held

    def _put_back(self, counts: Mapping[Name, float], latest: Mapping[Name, float]) -> None:
        with self._lock:
            for name, amount in counts.items():
                self._counts[name] += amount
            self._latest = {**latest, **self._latest}

    def _begin(self) -> None:
        with self._lock:
            if self._exchanging:
                return
            self._exchanging = True
        threading.Thread(target=self._run, name="measures", daemon=True).start()

    def _run(self) -> None:
        while True:
            time.sleep(EXCHANGE_SECONDS)
            self.exchange()
