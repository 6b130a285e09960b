"""What the queue says about wake-ups, on a real Redis."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from ledger import new_lesson
from redis import Redis
from redis.exceptions import OutOfMemoryError, RedisError
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy.orm import Session, sessionmaker
from support import RunningStack

from storage.catalogue import steps
from storage.catalogue.new_steps import NewStep
from storage.embedded.data_folder import free_port
from storage.embedded.servers import redis_binary
from storage.embedded.supervisor import tied_to_this_process
from storage.ids import new_id
from storage.job_queue import LANE_HOLDS, JobQueue, connect_redis, relay_wake_ups, worker_name

pytestmark = pytest.mark.integration


@dataclass(frozen=True)
class _Carriage:
    lane: str
    time_limit: int


def test_a_wake_up_waits_until_a_worker_takes_it_whatever_becomes_of_the_worker(stack: RunningStack) -> None:
    redis = connect_redis(stack.environment["REDIS_URL"])
    queue, lane, job = JobQueue(redis), f"lane-{new_id()}", f"job-{new_id()}"
    assert queue.waiting(lane) == 0
    for _ in range(2):
        queue.enqueue(lane, "workers.jobs.run_step", "step", job_id=job, time_limit=10)
    assert queue.waiting(lane) == 1
    taken = Queue(lane, connection=redis, serializer=JSONSerializer)
    assert taken.pop_job_id() == job
    assert taken.fetch_job(job) is not None
    assert queue.waiting(lane) == 0
    taken.delete()


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    """A Redis server of the test's own, to be harmed."""
    port = free_port()
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
    command = tied_to_this_process([redis_binary(), *options])
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        client = Redis(port=port)
        while True:
            with contextlib.suppress(RedisError):
                client.ping()
                break
        yield client
        client.close()
        server.terminate()


def test_a_queue_without_memory_answers_and_is_not_well(redis: Redis) -> None:
    JobQueue(redis).check()
    redis.config_set("maxmemory", "1")
    assert redis.ping()
    with pytest.raises(OutOfMemoryError):
        JobQueue(redis).check()


def test_workers_are_known_after_the_queue_lost_its_data(redis: Redis) -> None:
    port = redis.get_connection_kwargs()["port"]
    names = [worker_name(["control", "first"]), worker_name(["first"])]
    workers = [Redis(port=port, client_name=name) for name in names]
    for worker in workers:
        worker.ping()
    queue = JobQueue(redis)
    redis.flushall()
    assert queue.workers() == {"control": 1, "first": 2}
    workers[0].close()
    assert queue.workers() == {"first": 1}
    assert JobQueue(Redis(port=port, db=3)).workers() == {}


def test_a_lane_holds_what_its_workers_need_and_is_filled_again(
    sessions: sessionmaker[Session], redis: Redis
) -> None:
    queue, lane, kind = JobQueue(redis), f"lane-{new_id()}", f"kind-{new_id()}"
    version_id = new_lesson(sessions)
    with sessions.begin() as session:
        crowd = [NewStep(kind, f"c{number}") for number in range(LANE_HOLDS + 30)]  # type: ignore[arg-type]
        steps.add_steps(session, version_id, crowd)
    jobs = {kind: _Carriage(lane, 10)}
    sent = [relay_wake_ups(sessions, queue, "workers.jobs.run_step", jobs) for _ in range(5)]  # type: ignore[arg-type]
    assert (sum(sent), queue.waiting(lane)) == (LANE_HOLDS, LANE_HOLDS)
    taken = Queue(lane, connection=redis, serializer=JSONSerializer)
    announced = {taken.pop_job_id() for _ in range(50)}
    assert relay_wake_ups(sessions, queue, "workers.jobs.run_step", jobs) == 30  # type: ignore[arg-type]
    announced |= {taken.pop_job_id() for _ in range(LANE_HOLDS - 20)}
    assert len(announced - {None}) == LANE_HOLDS + 30, "each has been announced once"
