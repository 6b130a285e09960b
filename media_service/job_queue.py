"""Wakes workers after a commit. What cannot be sent now stays in the outbox for the keeper."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from configs.jobs import HANDLER, JOBS
from storage.job_queue import JobQueue, relay_wake_ups

log = logging.getLogger(__name__)

Wake = Callable[[], None]


def make_wake(sessions: sessionmaker[Session], queue: JobQueue) -> Wake:
    """A function that has a thread of its own relay the outbox once: no request waits for the queue."""
    return _Relay(sessions, queue).wake


class _Relay:
    def __init__(self, sessions: sessionmaker[Session], queue: JobQueue) -> None:
        self._sessions = sessions
        self._queue = queue
        self._lock = threading.Lock()
        self._wanted = threading.Event()
        self._started = False

    def wake(self) -> None:
        self._wanted.set()
        with self._lock:
            if not self._started:
                self._started = True
                threading.Thread(target=self._run, name="relay", daemon=True).start()

    def _run(self) -> None:
        while True:
            self._wanted.wait()
            self._wanted.clear()
            try:
                relay_wake_ups(self._sessions, self._queue, HANDLER, JOBS)
            except RedisError as error:
                log.warning("queue is away, the outbox keeps the wake-up: %s", error)
            except SQLAlchemyError as error:
                log.warning("catalogue is away, the keeper sends the wake-up: %s", error)
