"""One task of the keeper: rounds in a thread of its own, for as long as this keeper leads the task."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from storage.catalogue import keeping
from storage.catalogue.keeping import Lease
from storage.objects import StorageError

log = logging.getLogger(__name__)

WAIT_SECONDS = 5.0
"""Between two tries to lead a task that another keeper leads, and after a round that failed."""

RECORD_SECONDS = 5.0
"""A task of shorter rounds leaves its trace no more often."""


@dataclass(frozen=True)
class Round:
    """What a round leaves: a ``cursor`` for the next one, which begins after ``pause`` seconds (None: the usual)."""

    cursor: str = ""
    pause: float | None = None


@dataclass(frozen=True)
class Task:
    """Something done every ``seconds``, each round told where the last one left off."""

    name: str
    seconds: float
    action: Callable[[str], Round]


def simply(action: Callable[[], object]) -> Callable[[str], Round]:
    """Return the action of a task that leaves nothing."""

    def act(_cursor: str) -> Round:
        action()
        return Round()

    return act


_PASSING = (RedisError, StorageError, SQLAlchemyError)
"""A server is away, which says enough in a line."""


class Rounds:
    """Leads one task whenever nobody else does. ``leases`` opens transactions that end with each statement, so that
    no row stays locked should the network be cut."""

    def __init__(
        self, task: Task, leases: sessionmaker[Session], owner: str, stopping: threading.Event
    ) -> None:
        self._task = task
        self._leases = leases
        self._owner = owner
        self._stopping = stopping
        self._lease: Lease | None = None
        self._renewed = float("-inf")

    def run(self) -> None:
        """Do rounds until told to stop."""
        while not self._stopping.is_set():
            self._stopping.wait(self._round())
        self._give_up()

    def _round(self) -> float:
        """Run a round, and return the seconds to wait after it."""
        try:
            if not self._leads():
                return WAIT_SECONDS
            done = self._task.action(self._lease.cursor if self._lease else "")
            pause = self._task.seconds if done.pause is None else done.pause
            self._record(done, pause)
        except Exception as error:
            # Whatever it is: another keeper may be able to do it, and other tasks go on.
            log.warning("%s: %s", self._task.name, error, exc_info=not isinstance(error, _PASSING))
            self._give_up(f"{type(error).__name__}: {error}"[:500])
            return WAIT_SECONDS
        return pause

    def _leads(self) -> bool:
        """Return whether the lease will hold for long enough to begin a round, renewed where it has to be."""
        if self._lease is None or time.monotonic() - self._renewed > keeping.LEASE.total_seconds() / 2:
            began = time.monotonic()
            had = self._lease
            with self._leases() as session:
                self._lease = keeping.take(session, self._task.name, self._owner)
            self._renewed = began
            if self._lease and not had:
                log.info("%s: led by this keeper from now on", self._task.name)
        return self._lease is not None

    def _record(self, done: Round, pause: float) -> None:
        lease = self._lease
        if lease is None:
            return
        self._lease = Lease(lease.task, lease.fence, done.cursor)
        began = time.monotonic()
        if began - self._renewed < RECORD_SECONDS and pause < RECORD_SECONDS and done.cursor == lease.cursor:
            return
        with self._leases() as session:
            kept = keeping.record(session, lease, timedelta(seconds=pause), done.cursor)
        self._renewed = began
        if not kept:
            log.warning("%s: another keeper has taken over", self._task.name)
            self._lease = None

    def _give_up(self, error: str = "") -> None:
        lease, self._lease = self._lease, None
        if lease is None:
            return
        try:
            with self._leases() as session:
                keeping.give_up(session, lease, error)
        except SQLAlchemyError as away:
            log.warning("%s: the lease is left to run out: %s", self._task.name, away)
