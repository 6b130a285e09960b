"""The queue that carries wake-ups to workers: RQ on Redis, with JSON and never pickle."""

from __future__ import annotations

import contextlib
import re
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol, cast

from redis import Redis
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError
from redis.retry import Retry
from rq import Queue
from rq.exceptions import DuplicateJobError
from rq.serializers import JSONSerializer
from sqlalchemy.orm import Session, sessionmaker

from configs.words import StepKind
from storage.catalogue.outbox import Room, WakeUp, relay
from storage.ids import new_id
from storage.measures import Observe, ignore

LANE_HOLDS: Final = 500
"""Wake-ups in a lane: far more than the steps that its workers end between two rounds of the relay."""

AT_ONCE: Final = 200
"""Wake-ups of a lane that one transaction sends."""

_WORKER = re.compile(r"lessonstream:worker:(?P<lanes>[a-z0-9+_-]+):[a-z0-9]+")


def worker_name(lanes: Sequence[str]) -> str:
    """A name for a new worker of ``lanes``, which its connections to Redis tell as well."""
    return f"lessonstream:worker:{'+'.join(lanes)}:{new_id()}"


class _WatchedRedis(Redis):
    """Tells of every command that is sent by itself; pipelines are not told of."""

    observe: Observe

    def execute_command(self, *arguments: Any, **options: Any) -> Any:
        began = time.perf_counter()
        failed = True
        try:
            answer = super().execute_command(*arguments, **options)  # type: ignore[no-untyped-call]
            failed = False
            return answer
        except ResponseError:
            failed = False
            raise
        finally:
            self.observe("redis", time.perf_counter() - began, failed)


def connect_redis(
    redis_url: str, *, retries: int = 3, answer_seconds: float = 5, observe: Observe = ignore
) -> Redis:
    """A Redis client that gives up soon: the outbox keeps what could not be sent. ``observe`` is told of commands."""
    client: Any = _WatchedRedis.from_url(
        redis_url,
        socket_connect_timeout=min(2, answer_seconds),
        socket_timeout=answer_seconds,
        health_check_interval=15,
        retry=Retry(ExponentialBackoff(cap=1, base=0.05), retries),
        retry_on_error=[RedisConnectionError],
    )
    client.observe = observe
    return cast("Redis", client)


class JobQueue:
    """Sends jobs by dotted name; the payload is one step ID."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def enqueue(self, lane: str, handler: str, step_id: str, *, job_id: str, time_limit: int) -> None:
        """Send one wake-up. A second one with the same ``job_id`` is dropped."""
        with contextlib.suppress(DuplicateJobError):
            Queue(lane, connection=self._redis, serializer=JSONSerializer).enqueue_call(
                handler,
                args=(step_id,),
                job_id=job_id,
                unique=True,
                timeout=time_limit,
                result_ttl=0,
                failure_ttl=3600,
            )

    def check(self) -> None:
        """Prove that the queue takes what is sent: one without memory answers and takes nothing. Raises
        ``redis.RedisError`` if not."""
        self._redis.set("lessonstream:check", "1", ex=60)

    def workers(self) -> Counter[str]:
        """How many workers take from each lane: those that are connected now. What Redis has stored does not count, for
        it may have been lost."""
        database = self._redis.get_connection_kwargs().get("db") or 0
        connected: Any = self._redis.client_list()
        names = {client["name"] for client in connected if int(client["db"]) == database}
        found = (_WORKER.fullmatch(name) for name in names)
        return Counter(lane for match in found if match for lane in match["lanes"].split("+"))

    def waiting(self, lane: str) -> int:
        """How many wake-ups stand in the lane. Those that a worker took and died with are not among them."""
        return int(self._redis.llen(Queue(lane, connection=self._redis, serializer=JSONSerializer).key))


class Carriage(Protocol):
    """How one kind of step is carried: a row of the job table."""

    @property
    def lane(self) -> str:
        """Name of the RQ queue."""

    @property
    def time_limit(self) -> int:
        """Seconds after which RQ ends the job."""


def relay_wake_ups(
    sessions: sessionmaker[Session], queue: JobQueue, handler: str, jobs: Mapping[StepKind, Carriage]
) -> int:
    """Send what the outbox holds to ``queue``, as far as its lanes have room; returns how many. Raises
    ``redis.RedisError`` if it is away: the wake-ups then stay in the outbox. Those of kinds that only another release
    knows are left to that.
    """
    # What is carried may be another step than the one announced: its limit is for the worker to set.
    longest = max(job.time_limit for job in jobs.values())
    kinds: defaultdict[str, list[StepKind]] = defaultdict(list)
    for kind, job in jobs.items():
        kinds[job.lane].append(kind)

    def send(wake_up: WakeUp) -> None:
        lane = jobs[wake_up.kind].lane
        queue.enqueue(lane, handler, wake_up.step_id, job_id=wake_up.job_id, time_limit=longest)

    rooms = [
        Room(tuple(some), min(AT_ONCE, LANE_HOLDS - queue.waiting(lane))) for lane, some in kinds.items()
    ]
    with sessions.begin() as session:
        return relay(session, send, rooms)
