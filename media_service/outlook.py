"""What forecasts share, kept for some seconds: how fast work is done, what waits, and how many do it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Final

from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from configs.jobs import JOBS, LADDER
from media_service.forecast import Paces, Queue, Situation
from storage.catalogue import workload

log = logging.getLogger(__name__)

FRESH_SECONDS: Final = 4.0
LEAST_PAUSE: Final = 50.0
"""A long queue takes longer to be added up: a process does nothing else for so many times as long."""


class Outlook:
    """The situation as it was some seconds ago. Whoever asks does not wait for a new one, but for the very first: one
    is made in the background meanwhile.
    """

    def __init__(
        self, sessions: sessionmaker[Session], count_workers: Callable[[], Mapping[str, int]]
    ) -> None:
        self._sessions = sessions
        self._count_workers = count_workers
        self._lock = threading.Lock()
        self._known: Situation | None = None
        self._stale_at = 0.0

    def situation(self) -> Situation:
        """The latest one. Raises what the catalogue raises if there is none yet."""
        known = self._known
        if known is None:
            with self._lock:
                return self._known or self._renew()
        if time.monotonic() >= self._stale_at and self._lock.acquire(blocking=False):
            threading.Thread(target=self._renew_behind, name="outlook", daemon=True).start()
        return known

    def _renew_behind(self) -> None:
        """In a thread of its own, which was handed the lock."""
        try:
            self._renew()
        except SQLAlchemyError as error:
            log.warning("catalogue is away, forecasts go by what was known: %s", error)
            self._stale_at = time.monotonic() + FRESH_SECONDS
        finally:
            self._lock.release()

    def _renew(self) -> Situation:
        began = time.monotonic()
        with self._sessions() as session:
            paces = Paces(workload.latest(session, JOBS))
            queue = Queue(workload.of_all(session), paces)
        self._known = Situation(paces, queue, self._workers())
        took = time.monotonic() - began
        self._stale_at = time.monotonic() + max(FRESH_SECONDS, LEAST_PAUSE * took)
        return self._known

    def _workers(self) -> int:
        try:
            return self._count_workers().get(LADDER, 0)
        except RedisError as error:
            log.warning("queue is away, workers are as many as before: %s", error)
            return self._known.workers if self._known else 1
