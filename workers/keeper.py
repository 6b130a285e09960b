"""The keeper: what makes recovery depend on the catalogue and nothing else.

Relays the outbox, gives expired leases back, sends lost wake-ups again, ends stranded and abandoned uploads,
removes objects nobody needs, writes what the service has to know of plans of an older release. Each task has a thread,
so that none waits for another one's server. Several keepers may run; one at a time leads a task
(``storage.catalogue.keeping``).
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from configs.jobs import HANDLER, JOBS, LANES, kinds_of
from configs.keeping import KEEPING
from configs.logging import setup_logging
from configs.settings import Settings, SettingsError, load_settings
from configs.words import VERSION_STATES
from storage import upload_finish
from storage.catalogue import answers, audit, database, endings, keeping, steps
from storage.catalogue.statistics import count_versions
from storage.ids import new_id
from storage.job_queue import JobQueue, connect_redis, relay_wake_ups
from storage.measures import Measures
from storage.s3 import S3ObjectStore
from workers import sweeper
from workers.replan import write_missing_facts
from workers.rounds import Round, Rounds, Task, simply

log = logging.getLogger(__name__)

LOST_AFTER = timedelta(seconds=15)

_POOLED = 3
"""Connections to the catalogue that stay open; each task has one at most, and most are idle."""

_OBJECT_SECONDS = 20.0
"""How long a task waits for a word of the object storage, four times."""

_STOP_SECONDS = 1.0


def main() -> int:
    """Keep until told to stop."""
    try:
        settings = load_settings(web=False)
    except SettingsError as error:
        print(error.explain(), file=sys.stderr)
        return 2
    setup_logging(settings.log_level)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    engine = database.connect(
        settings.database_url,
        pool_size=_POOLED,
        overflow=len(KEEPING) - _POOLED,
        patience=database.KEEPING,
    )
    leases = sessionmaker(engine.execution_options(isolation_level="AUTOCOMMIT"))
    owner = f"{socket.gethostname()}:{os.getpid()}:{new_id()}"
    _forget_others(leases)
    threads = [
        threading.Thread(target=Rounds(task, leases, owner, stopping).run, name=task.name, daemon=True)
        for task in _tasks(settings, sessionmaker(engine, expire_on_commit=False))
    ]
    for thread in threads:
        thread.start()
    stopping.wait()
    for thread in threads:
        # Whoever waits for a server is left behind: rounds may be cut short at any place.
        thread.join(_STOP_SECONDS)
    return 0


def _tasks(settings: Settings, sessions: sessionmaker[Session]) -> list[Task]:
    def queue() -> JobQueue:
        return JobQueue(connect_redis(settings.redis_url, retries=1))

    def objects() -> S3ObjectStore:
        return S3ObjectStore.of(settings, connections=4, answer_seconds=_OBJECT_SECONDS)

    measures = Measures(connect_redis(settings.redis_url, retries=0))
    relaying, waiting = queue(), queue()
    stranded, expired, deleted, orphaned = (objects() for _ in range(4))
    actions: dict[str, Callable[[str], Round]] = {
        "relay": simply(lambda: relay_wake_ups(sessions, relaying, HANDLER, JOBS)),
        "reap": simply(lambda: reap(sessions)),
        "lost wake-ups": simply(lambda: resend_lost(sessions, waiting)),
        "stranded uploads": simply(lambda: upload_finish.finish_stranded(sessions, stranded)),
        "expired uploads": simply(lambda: upload_finish.expire(sessions, expired)),
        "deleted assets": lambda _: sweeper.purge_deleted(sessions, deleted),
        "orphaned objects": lambda cursor: sweeper.remove_orphans(sessions, orphaned, cursor),
        "missing facts": lambda cursor: write_missing_facts(sessions, cursor),
        "count": simply(lambda: count(sessions, measures)),
        "old records": simply(lambda: forget_old(sessions, settings.audit_days)),
    }
    return [Task(name, seconds, actions[name]) for name, seconds in KEEPING.items()]


def reap(sessions: sessionmaker[Session]) -> None:
    """Give back every step whose worker vanished."""
    with sessions.begin() as session:
        count = endings.reap(session)
    if count:
        log.warning("gave back %d step(s) whose worker vanished", count)


def resend_lost(sessions: sessionmaker[Session], queue: JobQueue) -> None:
    """Send the wake-ups again that were lost: with the disk of a Redis server, or with a worker that had taken one
    and died before it claimed a step. A lane must hold at least one for each step that waits in it."""
    for lane in LANES:
        waiting = queue.waiting(lane)
        with sessions.begin() as session:
            asleep = steps.queued_longest(session, kinds_of(lane), LOST_AFTER)
            for step_id in asleep[: max(0, len(asleep) - waiting)]:
                log.warning("a wake-up of lane %s was lost, sending another", lane)
                steps.requeue(session, step_id)


def forget_old(sessions: sessionmaker[Session], audit_days: int) -> None:
    """Remove records that are kept for a while: of changes, and of answers that might be asked for again."""
    with sessions.begin() as session:
        audit.forget(session, audit_days)
        answers.forget(session)


def count(sessions: sessionmaker[Session], measures: Measures) -> None:
    """Count what is too much to be counted whenever somebody asks."""
    with sessions() as session:
        found = count_versions(session)
    for state in VERSION_STATES:
        measures.put(("versions", state), found.get(state, 0))
    measures.exchange()


def _forget_others(leases: sessionmaker[Session]) -> None:
    try:
        with leases() as session:
            keeping.forget_others(session, KEEPING)
    except SQLAlchemyError as error:
        log.warning("catalogue is away: %s", error)


if __name__ == "__main__":
    sys.exit(main())
