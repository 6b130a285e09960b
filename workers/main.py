"""Composition root of a worker: settings -> clients and tools -> an RQ worker for some lanes."""

from __future__ import annotations

import argparse
import ctypes
import logging
import os
import signal
import sys
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, Worker
from rq.job import Job
from rq.serializers import JSONSerializer
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import sessionmaker

from configs.jobs import HANDLER, JOBS, LANES
from configs.ladder import load_ladder
from configs.logging import setup_logging
from configs.settings import Settings, SettingsError, load_settings
from storage.catalogue import database, steps
from storage.job_queue import JobQueue, connect_redis, relay_wake_ups
from storage.s3 import S3ObjectStore
from workers.jobs import owner_name
from workers.media import MediaTools
from workers.parts import Parts, install
from workers.sandbox import NoSandbox

log = logging.getLogger(__name__)

WORKER_TTL = 60
MONITORING_SECONDS = 5
_PR_SET_PDEATHSIG = 1


def main(arguments: list[str] | None = None) -> int:
    """Work until told to stop; a second signal stops at once, and the step ledger sees to the rest."""
    parser = argparse.ArgumentParser(
        prog="lessonstream worker", description="Carries steps of the named lanes."
    )
    parser.add_argument("--lanes", default=",".join(LANES), help="comma-separated, most urgent first")
    lanes = parser.parse_args(arguments).lanes.split(",")
    unknown = set(lanes) - set(LANES)
    if unknown:
        parser.error(f"unknown lane {', '.join(sorted(unknown))}; there are {', '.join(LANES)}")
    try:
        settings = load_settings()
    except SettingsError as error:
        print(error.explain(), file=sys.stderr)
        return 2
    setup_logging(settings.log_level)
    try:
        worker_parts = build_parts(settings)
    except NoSandbox as error:
        log.error("this worker takes no jobs: %s", error)
        return 3
    install(worker_parts)
    _rehearse(worker_parts)
    try:
        _worker(settings, worker_parts, lanes).work(logging_level="WARNING")
    except RedisError as error:
        log.error("the queue is away, the supervisor starts this worker again: %s", error)
        return 1
    return 0


def build_parts(settings: Settings) -> Parts:
    """Build the clients of a worker process. Raises ``NoSandbox`` if media tools cannot be locked in."""
    tools = MediaTools.find(settings)
    engine = database.connect(settings.database_url, pool_size=2)
    sessions = sessionmaker(engine, expire_on_commit=False)
    queue = JobQueue(connect_redis(settings.redis_url))
    work_folder = Path(settings.data_dir).resolve() / "work"
    work_folder.mkdir(parents=True, exist_ok=True)

    def wake() -> None:
        try:
            relay_wake_ups(sessions, queue, HANDLER, JOBS)
        except RedisError as error:
            log.warning("queue is away, the outbox keeps the wake-up: %s", error)

    return Parts(
        settings=settings,
        ladder=load_ladder(),
        engine=engine,
        sessions=sessions,
        objects=S3ObjectStore.of(settings),
        tools=tools,
        work_folder=work_folder,
        wake=wake,
    )


def _rehearse(shared: Parts) -> None:
    """Ask the catalogue once what every child will ask, so that each inherits the compiled statements."""
    try:
        with shared.sessions.begin() as session:
            steps.claim_best(session, "", (), owner="")
            steps.claim(session, step_id="", owner="")
    except OperationalError as error:
        log.warning("catalogue is away, steps will wait for it: %s", error)
    shared.engine.dispose()


class _MortalWorker(Worker):
    """A worker whose child dies with it: what a killed worker was doing is not left running beside its repetition."""

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != self.pid:
            os._exit(1)
        super().main_work_horse(job, queue)


def _worker(settings: Settings, shared: Parts, lanes: list[str]) -> Worker:
    connection = Redis.from_url(settings.redis_url)

    def child_died(_job: Job, _pid: int, _status: int, _usage: object) -> None:
        """Give the step back at once instead of waiting for its lease to run out."""
        try:
            with shared.sessions.begin() as session:
                steps.give_back_of(session, owner_name(os.getpid()), "the worker's child was killed")
        except OperationalError as error:
            log.warning("catalogue is away, the lease is left to run out: %s", error)
        shared.engine.dispose()
        shared.wake()

    return _MortalWorker(
        [Queue(lane, connection=connection, serializer=JSONSerializer) for lane in lanes],
        connection=connection,
        serializer=JSONSerializer,
        worker_ttl=WORKER_TTL,
        job_monitoring_interval=MONITORING_SECONDS,
        maintenance_interval=MONITORING_SECONDS * 6,
        work_horse_killed_handler=child_died,
    )


if __name__ == "__main__":
    sys.exit(main())
