"""Counts that several processes add up: in memory at once, over Redis once a second.

Who counts never waits for a server. A total therefore lacks what other processes counted in the last second; and
while Redis is away each process knows only its own counts, which it brings along later.
"""

from __future__ import annotations

import logging
import threading
import time

from redis import Redis
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

EXCHANGE_SECONDS = 1.0
_PREFIX = "lessonstream:count:"


class Counters:
    """Named counts of one process, and of all that use the same Redis. Without one they are the process's own."""

    def __init__(self, redis: Redis | None = None) -> None:
        self._redis = redis
        self._lock = threading.Lock()
        self._own: dict[str, int] = {}
        self._seconds: dict[str, int] = {}
        self._totals: dict[str, tuple[int, float]] = {}
        self._exchanging = False

    def add(self, name: str, amount: int, seconds: int) -> int:
        """Add to a count that is forgotten ``seconds`` after it was added to; returns its total as far as known."""
        with self._lock:
            own = self._own[name] = self._own.get(name, 0) + amount
            self._seconds[name] = seconds
            if not self._exchanging:
                self._exchanging = True
                threading.Thread(target=self._run, name="counters", daemon=True).start()
        return own + self._totals.get(name, (0, 0.0))[0]

    def total(self, name: str) -> int:
        """The count as far as known."""
        return self._own.get(name, 0) + self._totals.get(name, (0, 0.0))[0]

    def ask(self, name: str) -> int:
        """The count over all processes, for whom it is worth waiting for Redis; as far as known without it."""
        if self._redis is None:
            return self.total(name)
        try:
            told = self._redis.get(_PREFIX + name)
        except RedisError as error:
            log.warning("a count cannot be asked for, Redis is away: %s", error)
            return self.total(name)
        return int(told or 0) + self._own.get(name, 0)

    def exchange(self) -> None:
        """Tell the others what was counted here, and learn the totals."""
        with self._lock:
            told, self._own = self._own, {}
            seconds, self._seconds = self._seconds, {}
            until = {name: time.monotonic() + lasts for name, lasts in seconds.items()}
            # Counted on meanwhile, so that no total falls while the answer is awaited.
            for name, amount in told.items():
                self._totals[name] = (self._totals.get(name, (0, 0.0))[0] + amount, until[name])
        if self._redis is not None and told:
            self._exchange_with(self._redis, told, seconds, until)
        with self._lock:
            now = time.monotonic()
            self._totals = {name: entry for name, entry in self._totals.items() if entry[1] > now}

    def _exchange_with(
        self, redis: Redis, told: dict[str, int], seconds: dict[str, int], until: dict[str, float]
    ) -> None:
        try:
            with redis.pipeline(transaction=False) as pipeline:
                for name, amount in told.items():
                    pipeline.incrby(_PREFIX + name, amount)
                    pipeline.expire(_PREFIX + name, seconds[name])
                answers = pipeline.execute()
        except RedisError as error:
            log.warning("counts are not exchanged, Redis is away: %s", error)
            with self._lock:
                for name, amount in told.items():
                    self._own[name] = self._own.get(name, 0) + amount
                    self._seconds.setdefault(name, seconds[name])
                    self._totals[name] = (self._totals[name][0] - amount, until[name])
            return
        with self._lock:
            for name, total in zip(told, answers[::2], strict=True):
                self._totals[name] = (int(total), until[name])

    def _run(self) -> None:
        while True:
            time.sleep(EXCHANGE_SECONDS)
            try:
                self.exchange()
            except Exception:  # whatever it is, the next exchange comes
                log.exception("counts could not be exchanged")
