"""Composition root of a worker: settings -> clients and tools -> an RQ worker for some lanes."""

from __future__ import annotations

import argparse
import ctypes
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, Worker
from rq.job import Job
from rq.serializers import JSONSerializer
from sqlalchemy.orm import Session, sessionmaker

from configs.jobs import FIRST, HANDLER, JOBS, LADDER, LANES
from configs.ladder import load_ladder
from configs.logging import setup_logging
from configs.settings import Settings, SettingsError, load_settings
from configs.words import Lane
from storage.catalogue import claims, database, endings
from storage.job_queue import JobQueue, connect_redis, relay_wake_ups, worker_name
from storage.measures import Measures
from storage.s3 import S3ObjectStore
from workers.jobs import owner_name
from workers.media import MediaTools
from workers.orphans import adopt, bury
from workers.resources import Resources, install
from workers.retries import CATALOGUE_AWAY
from workers.sandbox import NoSandbox

log = logging.getLogger(__name__)

WORKER_TTL = 60
MONITORING_SECONDS = 5
_PR_SET_PDEATHSIG = 1


def main(arguments: list[str] | None = None) -> int:
    """Work until told to stop. Then the step at work is given back, to be done again by whoever comes next."""
    parser = argparse.ArgumentParser(
        prog="lessonstream worker", description="Carries steps of the named lanes."
    )
    parser.add_argument("--lanes", default=",".join(LANES), help="comma-separated, most urgent first")
    named = parser.parse_args(arguments).lanes.split(",")
    known: dict[str, Lane] = {lane: lane for lane in LANES}
    unknown = set(named) - set(known)
    if unknown:
        parser.error(f"unknown lane {', '.join(sorted(unknown))}; there are {', '.join(LANES)}")
    try:
        settings = load_settings(part="worker")
    except SettingsError as error:
        print(error.explain(), file=sys.stderr)
        return 2
    setup_logging(settings.log_level)
    try:
        worker_resources = build_resources(settings, [known[lane] for lane in named])
    except NoSandbox as error:
        log.error("this worker takes no jobs: %s", error)
        return 3
    install(worker_resources)
    adopt()
    _rehearse(worker_resources)
    worker = _MortalWorker(worker_resources)
    try:
        worker.work(logging_level="WARNING")
    except RedisError as error:
        log.error("the queue is away, the supervisor starts this worker again: %s", error)
        return 1
    finally:
        worker.leave()
    return 0


def build_resources(settings: Settings, lanes: Sequence[Lane]) -> Resources:
    """Build the clients of a worker process. Raises ``NoSandbox`` if media tools cannot be locked in."""
    tools = MediaTools.find(settings, encoding=not {FIRST, LADDER}.isdisjoint(lanes))
    engine = database.connect(settings.database_url, pool_size=1, patience=database.PATIENT)
    sessions = sessionmaker(engine, expire_on_commit=False)
    queue = JobQueue(connect_redis(settings.redis_url))
    work_folder = Path(settings.data_dir).resolve() / "work"
    work_folder.mkdir(parents=True, exist_ok=True)

    def wake() -> None:
        try:
            relay_wake_ups(sessions, queue, HANDLER, JOBS)
        except RedisError as error:
            log.warning("queue is away, the outbox keeps the wake-up: %s", error)

    return Resources(
        lanes=lanes,
        settings=settings,
        ladder=load_ladder(),
        engine=engine,
        sessions=sessions,
        objects=S3ObjectStore.of(settings),
        tools=tools,
        work_folder=work_folder,
        wake=wake,
        measures=Measures(connect_redis(settings.redis_url, retries=0)),
    )


def _rehearse(shared: Resources) -> None:
    """Ask the catalogue once what every child will ask, so that each inherits the compiled statements."""
    try:
        with shared.sessions.begin() as session:
            claims.claim_in_turn(session, [claims.Lane("", ())], owner="")
            claims.claim(session, step_id="", owner="")
    except CATALOGUE_AWAY as error:
        log.warning("catalogue is away, steps will wait for it: %s", error)
    shared.engine.dispose()


class _MortalWorker(Worker):
    """A worker whose child dies with it, and that gives back what its child was at.

    RQ would let a child that is at work when the worker is told to stop go on to its end, which may be an hour away;
    then whoever stops the worker loses patience and kills it.
    """

    def __init__(self, shared: Resources) -> None:
        name = worker_name(shared.lanes)
        connection = Redis.from_url(shared.settings.redis_url, client_name=name)
        super().__init__(
            [Queue(lane, connection=connection, serializer=JSONSerializer) for lane in shared.lanes],
            name=name,
            connection=connection,
            serializer=JSONSerializer,
            worker_ttl=WORKER_TTL,
            job_monitoring_interval=MONITORING_SECONDS,
            maintenance_interval=MONITORING_SECONDS * 6,
        )
        self._shared = shared
        self._owner = owner_name(os.getpid())
        self._stopping = False
        self._giving_back: threading.Thread | None = None

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != self.pid:
            os._exit(1)
        super().main_work_horse(job, queue)

    def run_maintenance_tasks(self) -> None:
        super().run_maintenance_tasks()  # type: ignore[no-untyped-call]
        self._shared.blocks.tidy()

    def fork_work_horse(self, job: Job, queue: Queue) -> None:
        super().fork_work_horse(job, queue)
        if self._stopping:  # told so while it forked
            self._kill_child()

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """End the child at once, and its tools with it; RQ, which may have to wait for Redis, sees to the rest."""
        self._stopping = True
        self._kill_child()
        # Not in this thread: it may have been interrupted where it holds the locks of the connections.
        self._giving_back = threading.Thread(target=self._give_back, name="giving back")
        self._giving_back.start()
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]

    def leave(self) -> None:
        """Hold nothing any more, for whatever reason the work has ended."""
        self._kill_child()
        bury()
        if self._giving_back is not None:
            self._giving_back.join()
        self._give_back()

    def handle_work_horse_killed(self, job: Job, retpid: int, ret_val: int | None, rusage: object) -> None:  # noqa: ARG002
        """Give the step back at once instead of waiting for its lease to run out."""
        bury()
        told = ret_val is not None and os.WIFSIGNALED(ret_val) and os.WTERMSIG(ret_val) == signal.SIGTERM
        if self._stopping or told:
            self._give_back()
        else:
            error = "the worker's child was killed"
            self._settle(lambda session: endings.interrupt_of(session, self._owner, error))

    def _kill_child(self) -> None:
        # Alone, not its group as RQ does: right after the fork that is still ours.
        if self.horse_pid:
            with suppress(ProcessLookupError):
                os.kill(self.horse_pid, signal.SIGKILL)

    def _give_back(self) -> None:
        self._settle(lambda session: endings.release(session, self._owner))

    def _settle(self, settle: Callable[[Session], object]) -> None:
        try:
            with self._shared.sessions.begin() as session:
                settle(session)
            self._shared.wake()
        except CATALOGUE_AWAY as error:
            log.warning("catalogue is away, the lease is left to run out: %s", error)
        finally:
            self._shared.engine.dispose()


if __name__ == "__main__":
    sys.exit(main())
