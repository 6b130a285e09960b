"""Faults of every kind, one after another, while lessons keep coming: none is lost, none sticks, none is made twice."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from havoc import SERVERS, WEB, dead, ffmpeg_below, frozen, kill, leader, session_of, until, work_horse
from interrupted import make_lesson
from invariants import catalogue_of, check_invariants
from sqlalchemy import select
from support import PATIENCE, RunningStack, running_stack

from storage.catalogue.models import Step

pytestmark = [pytest.mark.faults, pytest.mark.long]

FAULTS = 40
SEED = 1
LONGEST_SECONDS = 40
"""That a server is away: leases run out after 30."""


def busy_worker(stack: RunningStack) -> int:
    """The process ID of a worker that holds a step."""

    def look() -> int | None:
        with catalogue_of(stack) as session:
            owner = session.execute(select(Step.lease_owner).where(Step.state == "leased")).scalars().first()
        return int(owner.rpartition(":")[2]) if owner else None

    found = until(look, PATIENCE, "a step at work")
    assert found is not None
    return found


def kill_worker(stack: RunningStack, _chance: random.Random) -> None:
    kill(busy_worker(stack))


def kill_work_horse(stack: RunningStack, _chance: random.Random) -> None:
    try:
        kill(work_horse(busy_worker(stack)))
    except StopIteration:
        return  # it was through with its job


def kill_ffmpeg(stack: RunningStack, _chance: random.Random) -> None:
    if tool := ffmpeg_below(busy_worker(stack)):
        kill(tool)


def kill_web(stack: RunningStack, _chance: random.Random) -> None:
    kill(*session_of(leader(stack, WEB)))


def server_dead(stack: RunningStack, chance: random.Random) -> None:
    with dead(stack, chance.choice(list(SERVERS))):
        time.sleep(chance.uniform(0, LONGEST_SECONDS))


def servers_frozen(stack: RunningStack, chance: random.Random) -> None:
    with frozen(stack, *chance.sample(list(SERVERS), chance.randint(1, len(SERVERS)))):
        time.sleep(chance.uniform(0, LONGEST_SECONDS))


KINDS: tuple[Callable[[RunningStack, random.Random], None], ...] = (
    kill_worker,
    kill_work_horse,
    kill_ffmpeg,
    kill_web,
    server_dead,
    servers_frozen,
)


def test_many_faults(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    lesson = make_lesson(tmp_path / "lesson.mp4", seconds=16)
    with running_stack(tmp_path / "data", "--port", "0", "--workers", "2") as stack:
        uploaded = []
        for number in range(FAULTS):
            uploaded.append(stack.upload(lesson))
            busy_worker(stack)
            KINDS[number % len(KINDS)](stack, chance)
            until(
                lambda: stack.request("GET", "/readyz").status == 200, PATIENCE, "the return of the servers"
            )
        for asset_id in uploaded:
            stack.wait(asset_id, "ready")
        check_invariants(stack)
