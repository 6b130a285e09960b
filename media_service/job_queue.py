"""Wakes workers after a commit. What cannot be sent now stays in the outbox for the keeper."""

from __future__ import annotations

import logging
from collections.abc import Callable

from redis.exceptions import RedisError
from sqlalchemy.orm import Session, sessionmaker

from configs.jobs import HANDLER, JOBS
from storage.catalogue.outbox import WakeUp, relay
from storage.job_queue import JobQueue

log = logging.getLogger(__name__)

Wake = Callable[[], None]


def make_wake(sessions: sessionmaker[Session], queue: JobQueue) -> Wake:
    """A function that relays the outbox once and swallows the queue's absence."""

    def send(wake_up: WakeUp) -> None:
        job = JOBS[wake_up.kind]
        queue.enqueue(job.lane, HANDLER, wake_up.step_id, job_id=wake_up.job_id, time_limit=job.time_limit)

    def wake() -> None:
        try:
            with sessions.begin() as session:
                relay(session, send)
        except RedisError as error:
            log.warning("queue is away, the outbox keeps the wake-up: %s", error)

    return wake
