"""Wakes workers after a commit. What cannot be sent now stays in the outbox for the keeper."""

from __future__ import annotations

import logging
from collections.abc import Callable

from redis.exceptions import RedisError
from sqlalchemy.orm import Session, sessionmaker

from configs.jobs import HANDLER, JOBS
from storage.job_queue import JobQueue, relay_wake_ups

log = logging.getLogger(__name__)

Wake = Callable[[], None]


def make_wake(sessions: sessionmaker[Session], queue: JobQueue) -> Wake:
    """A function that relays the outbox once and swallows the queue's absence."""

    def wake() -> None:
        try:
            relay_wake_ups(sessions, queue, HANDLER, JOBS)
        except RedisError as error:
            log.warning("queue is away, the outbox keeps the wake-up: %s", error)

    return wake
