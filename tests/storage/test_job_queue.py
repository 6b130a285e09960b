"""What the queue says about wake-ups, on a real Redis."""

from __future__ import annotations

import pytest
from rq import Queue
from rq.serializers import JSONSerializer
from support import RunningStack

from storage.ids import new_id
from storage.job_queue import JobQueue, connect_redis

pytestmark = pytest.mark.integration


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
