"""A snapshot of the queue that all forecasts share: how fast work is done, what waits, and how many do it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Final

from redis.exceptions import RedisError
from sqlalchemy.orm import Session, sessionmaker

from configs.jobs import FETCH, JOBS, LADDER
from media_service.forecast import Paces, Queue, Situation
from media_service.revalidated import RevalidatedValue
from storage.catalogue import workload
from storage.catalogue.models import Step

log = logging.getLogger(__name__)

FRESH_SECONDS: Final = 4.0


class QueueSnapshot:
    """The queue as it was some seconds ago."""

    def __init__(
        self, sessions: sessionmaker[Session], count_workers: Callable[[], Mapping[str, int]]
    ) -> None:
        self._sessions = sessions
        self._count_workers = count_workers
        self._workers = 1
        self._latest = RevalidatedValue("queue snapshot", self._look, FRESH_SECONDS)

    def situation(self) -> Situation:
        """Return the latest snapshot. Raises what the catalogue raises if there is none yet."""
        return self._latest.recent()

    def _look(self) -> Situation:
        with self._sessions() as session:
            # How fast others' servers are says nothing of our machines.
            ours = [kind for kind, job in JOBS.items() if job.lane != FETCH]
            paces = Paces(workload.latest(session, ours), workload.running(session, Step.kind.in_(ours)))
            queue = Queue(workload.of_all(session), paces)
        try:
            self._workers = self._count_workers().get(LADDER, 0)
        except RedisError as error:
            log.warning("queue is away, workers are as many as before: %s", error)
        return Situation(paces, queue, self._workers)
