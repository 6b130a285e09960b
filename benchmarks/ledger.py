"""The step ledger under a province's whole collection: what a claim takes while 300,000 steps wait, and what the queue
holds of them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final

from rq import Queue
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session, sessionmaker

from benchmarks.figure import Figure
from benchmarks.stack import MeasuredStack, is_database, measured_stack
from configs.jobs import LADDER
from storage.catalogue import assets, claims, database, organizations, steps
from storage.catalogue.claims import Lane
from storage.catalogue.models import OutboxEntry, Step
from storage.job_queue import LANE_HOLDS, JobQueue, connect_redis, relay_wake_ups

ORGANIZATIONS = 100
VERSIONS_EACH = 30
STEPS_EACH = 100
FEW = 2_000
PROCESSES = 8
CLAIMS_EACH = 100

CLAIM_GOAL = 5.0
QUEUE_GOAL = 10.0
SEARCH_GOAL = 50.0

LANE: Final = Lane("bench", ("bench",), finish_first=True)  # type: ignore[arg-type]
"""One that no worker serves."""

_STEPS = text("""
INSERT INTO steps (id, version_id, kind, name, params, after, weight, state, progress, attempts, fence,
                   queued_at, organization_id, in_line_since)
SELECT versions.id || '-' || number, versions.id, 'bench', 'b' || number, '{}', '{}', 1, 'queued', 0, 0, 0,
       now() - interval '1 minute', assets.organization_id, versions.queued_at
FROM versions JOIN assets ON assets.id = versions.asset_id, generate_series(1, CAST(:each AS integer)) AS number
""")

_WAKE_UPS = text("""
INSERT INTO outbox (id, step_id, kind)
SELECT nextval(pg_get_serial_sequence('outbox', 'id')), id, kind FROM steps WHERE state = 'queued' ORDER BY position
""")


def measure(folder: Path) -> Sequence[Figure]:
    """Claims of eight processes while few steps wait and while very many do, then the relay of their wake-ups."""
    with measured_stack(folder, WORKERS="1") as stack:
        engine = database.connect(stack.environment["DATABASE_URL"])
        sessions = sessionmaker(engine)
        _add_versions(sessions)
        few = _claims(stack, sessions, FEW // (ORGANIZATIONS * VERSIONS_EACH) + 1)
        many = _claims(stack, sessions, STEPS_EACH)
        waiting = ORGANIZATIONS * VERSIONS_EACH * STEPS_EACH
        note = f"{PROCESSES} processes at once; each waited {statistics.median(many.waited):.0f} ms for one (median)"
        figures = [
            Figure(f"CPU of a claim while {waiting:,} wait", many.cpu, CLAIM_GOAL, "ms", 1, note=note),
            Figure("the same against few", many.cpu, few.cpu, "ms", 2),
            *_wake_ups(sessions, stack.environment["REDIS_URL"], waiting),
        ]
        engine.dispose()
    return figures


def _add_versions(sessions: sessionmaker[Session]) -> None:
    for number in range(ORGANIZATIONS):
        with sessions.begin() as session:
            organization = organizations.create_organization(session, f"bench {number}")
            for lesson in range(VERSIONS_EACH):
                version = assets.create_asset(session, organization.id, f"第{lesson}课", "a.mp4", "public")
                assets.begin_processing(session, version.id, "assets/x", 10, "00")
    with sessions.begin() as session:
        session.execute(update(Step).values(state="done"))
        session.execute(text("DELETE FROM outbox"))


@dataclass(frozen=True)
class _Claims:
    """Milliseconds: CPU of the database for each claim, and what each of them took."""

    cpu: float
    waited: Sequence[float]


def _claims(stack: MeasuredStack, sessions: sessionmaker[Session], steps_each: int) -> _Claims:
    with sessions.begin() as session:
        session.execute(text("DELETE FROM steps"))
        session.execute(_STEPS, {"each": steps_each})
    _settle(sessions)
    with ProcessPoolExecutor(PROCESSES) as pool:
        before = stack.cpu_seconds(is_database)
        take = partial(_take, stack.environment["DATABASE_URL"])
        waited = [milliseconds for each in pool.map(take, range(PROCESSES)) for milliseconds in each]
        cpu = stack.cpu_seconds(is_database) - before
    return _Claims(cpu * 1000 / len(waited), waited)


def _settle(sessions: sessionmaker[Session]) -> None:
    with sessions.kw["bind"].connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE steps, outbox, turns"))


def _take(url: str, number: int) -> list[float]:
    engine = database.connect(url, pool_size=1)
    sessions = sessionmaker(engine)
    taken = []
    for _ in range(CLAIMS_EACH):
        began = time.perf_counter()
        with sessions.begin() as session:
            if claims.claim_in_turn(session, [LANE], f"bench {number}") is None:
                raise RuntimeError("nothing was taken while much is queued")
        taken.append((time.perf_counter() - began) * 1000)
    engine.dispose()
    return taken


def _wake_ups(sessions: sessionmaker[Session], redis_url: str, waiting: int) -> Sequence[Figure]:
    """What the queue takes of them; then it loses what it has, is given some anew, and the others are looked for."""
    redis = connect_redis(redis_url)
    queue, carried = JobQueue(redis), {"bench": _Carriage()}
    before = redis.info("memory")["used_memory"]
    with sessions.begin() as session:
        session.execute(_WAKE_UPS)
    _settle(sessions)
    took = []
    while True:
        began = time.perf_counter()
        sent = relay_wake_ups(sessions, queue, "workers.jobs.run_step", carried)  # type: ignore[arg-type]
        took.append((time.perf_counter() - began) * 1000)
        if not sent:
            break
    holds = (redis.info("memory")["used_memory"] - before) / 2**20
    redis.delete(Queue(_Carriage.lane, connection=redis).key)
    relay_wake_ups(sessions, queue, "workers.jobs.run_step", carried)  # type: ignore[arg-type]
    with sessions() as session:
        left = session.execute(select(func.count()).select_from(OutboxEntry)).scalar_one()
        began = time.perf_counter()
        lost = len(steps.queued_longest(session, LANE.kinds, timedelta(seconds=15), LANE_HOLDS))
        searched = (time.perf_counter() - began) * 1000
    note = (
        f"{left:,} of {waiting:,} wait in the catalogue; a relay that finds no room takes {took[-1]:.1f} ms"
    )
    return [
        Figure("memory of the queue", holds, QUEUE_GOAL, "MiB", 1, note=note),
        Figure("the search for lost wake-ups", searched, SEARCH_GOAL, "ms", 1, note=f"{lost} found"),
    ]


class _Carriage:
    lane = f"{LADDER}-bench"
    time_limit = 10
