"""The keeper: what makes recovery depend on the catalogue and nothing else.

Relays the outbox, gives expired leases back, sends lost wake-ups again, ends stranded and abandoned uploads,
removes objects nobody needs. Several keepers may run; one at a time holds the advisory lock and works.
"""

from __future__ import annotations

import logging
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from redis.exceptions import RedisError
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

from configs.jobs import HANDLER, JOBS, LANES, kinds_of
from configs.logging import setup_logging
from configs.settings import SettingsError, load_settings
from storage import upload_finish
from storage.catalogue import database, endings, steps
from storage.job_queue import JobQueue, connect_redis, relay_wake_ups
from storage.objects import StorageError
from storage.s3 import S3ObjectStore
from workers import sweeper

log = logging.getLogger(__name__)

TICK_SECONDS = 1.0
LOST_AFTER = timedelta(seconds=15)


@dataclass
class Task:
    """Something done every ``seconds``."""

    name: str
    seconds: float
    action: Callable[[], object]
    due: float = 0.0


def main() -> int:
    """Keep until told to stop."""
    try:
        settings = load_settings()
    except SettingsError as error:
        print(error.explain(), file=sys.stderr)
        return 2
    setup_logging(settings.log_level)
    engine = database.connect(settings.database_url, pool_size=3)
    sessions = sessionmaker(engine, expire_on_commit=False)
    queue = JobQueue(connect_redis(settings.redis_url))
    objects = S3ObjectStore.of(settings)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    tasks = [
        Task("relay", TICK_SECONDS, lambda: relay_wake_ups(sessions, queue, HANDLER, JOBS)),
        Task("reap", 5, lambda: reap(sessions)),
        Task("lost wake-ups", 10, lambda: resend_lost(sessions, queue)),
        Task("stranded uploads", 5, lambda: upload_finish.finish_stranded(sessions, objects)),
        Task("expired uploads", 300, lambda: upload_finish.expire(sessions, objects)),
        Task("deleted assets", 30, lambda: sweeper.purge_deleted(sessions, objects)),
        Task("orphaned objects", 3600, lambda: sweeper.remove_orphans(sessions, objects)),
    ]
    while not stop.is_set():
        try:
            _keep(engine, tasks, stop)
        except OperationalError as error:
            log.warning("catalogue is away: %s", error)
            stop.wait(TICK_SECONDS)
    return 0


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
        with sessions.begin() as session:
            waiting = queue.waiting(lane)
            asleep = steps.queued_longest(session, kinds_of(lane), LOST_AFTER)
            for step_id in asleep[: max(0, len(asleep) - waiting)]:
                log.warning("a wake-up of lane %s was lost, sending another", lane)
                steps.requeue(session, step_id)


def _keep(engine: Engine, tasks: list[Task], stop: threading.Event) -> None:
    with engine.connect() as connection:
        if not _lead(connection):
            stop.wait(5)
            return
        while not stop.is_set():
            # Proves that the connection, and with it the lock, is still there.
            connection.execute(text("SELECT 1"))
            connection.commit()
            for task in tasks:
                _run_if_due(task)
            stop.wait(TICK_SECONDS)


def _lead(connection: Connection) -> bool:
    held = connection.execute(
        text("SELECT pg_try_advisory_lock(:key)"), {"key": database.KEEPER_LOCK}
    ).scalar_one()
    connection.commit()
    return bool(held)


def _run_if_due(task: Task) -> None:
    if time.monotonic() < task.due:
        return
    task.due = time.monotonic() + task.seconds
    try:
        task.action()
    except (RedisError, StorageError) as error:
        log.warning("%s: %s", task.name, error)
    except OperationalError:
        raise
    except Exception:
        log.exception("%s failed; the keeper goes on", task.name)


if __name__ == "__main__":
    sys.exit(main())
