"""Processes and servers die while a lesson is at work: nothing is lost, nothing sticks, nothing is made twice."""

from __future__ import annotations

import hashlib
import random
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path

import imageio_ffmpeg
import pytest
from havoc import (
    SERVERS,
    WEB,
    children,
    dead,
    ffmpeg_below,
    frozen,
    kill,
    leader,
    session_of,
    until,
    work_horse,
)
from invariants import StepRecord, catalogue_of, check_invariants, digest_of, ledger_of
from sqlalchemy import select
from support import RunningStack, running_stack

from storage.catalogue.models import Upload, Version

pytestmark = pytest.mark.faults

AWAY_SECONDS = 30
RECOVERY = timedelta(seconds=60)
NORMAL_RUN_SECONDS = 120
"""What the lesson takes on a busy machine without any fault; much less on an idle one."""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """A stack to be harmed, with nothing else to do."""
    with running_stack(
        tmp_path_factory.mktemp("faults") / "data", "--port", "0", "--workers", "2", UPLOAD_LIFETIME="3600"
    ) as running:
        yield running


@pytest.fixture(scope="session")
def lesson(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A picture and a sound that take long enough to encode to be interrupted."""
    path = tmp_path_factory.mktemp("lesson") / "lesson.mp4"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error"]
    command += ["-f", "lavfi", "-i", "testsrc2=s=1280x720:r=25:d=40,noise=alls=12:allf=t"]
    command += ["-f", "lavfi", "-i", "sine=440:r=48000:d=40"]
    command += ["-c:v", "libx264", "-preset", "ultrafast", "-crf", "30", "-pix_fmt", "yuv420p", "-g", "50"]
    subprocess.run([*command, "-c:a", "aac", path], check=True, timeout=120)
    return path


def encoding(stack: RunningStack, asset_id: str) -> StepRecord:
    """An encoding step of the whole ladder whose ffmpeg is at work, once others are finished."""

    def look() -> StepRecord | None:
        steps = ledger_of(stack, asset_id).values()
        finished = any(step.kind == "encode_first" and step.state == "done" for step in steps)
        at_work = (step for step in steps if step.state == "leased" and step.kind == "encode")
        return next((step for step in at_work if finished and ffmpeg_below(worker_of(step))), None)

    return until(look, NORMAL_RUN_SECONDS, "an encode at work")


def worker_of(step: StepRecord) -> int:
    """Process ID of the worker that holds the step."""
    assert step.owner is not None
    return int(step.owner.rpartition(":")[2])


def assert_recovers(stack: RunningStack, asset_id: str, hit: set[str]) -> None:
    """After the fault is over: the lesson becomes ready, and only steps that were hit are run again, soon."""
    before = ledger_of(stack, asset_id)
    stack.wait(asset_id, "ready", seconds=RECOVERY.total_seconds() + NORMAL_RUN_SECONDS)
    after = ledger_of(stack, asset_id)
    for name, step in before.items():
        now = after[name]
        if step.state == "done":
            assert (now.fence, now.finished_at) == (step.fence, step.finished_at), f"{name} ran again"
    assert {name for name, step in after.items() if step.attempts > 1} <= hit
    for step in (after[name] for name in hit):
        assert step.started_at is not None
        recovered = next(iter(before.values())).at
        assert step.started_at - recovered < RECOVERY, f"{step.name} waited too long"
    check_invariants(stack)


def kill_work_horse(worker: int) -> list[int]:
    return [work_horse(worker)]


def kill_worker(worker: int) -> list[int]:
    return [worker]


def kill_ffmpeg(worker: int) -> list[int]:
    found = ffmpeg_below(worker)
    return [] if found is None else [found]


@pytest.mark.parametrize("victims", [kill_work_horse, kill_worker, kill_ffmpeg])
def test_killed_while_encoding(
    stack: RunningStack, lesson: Path, victims: Callable[[int], list[int]]
) -> None:
    asset_id = stack.upload(lesson)
    step = encoding(stack, asset_id)
    worker = worker_of(step)
    tool = ffmpeg_below(worker)
    killed = victims(worker)
    assert killed
    kill(*killed)
    until(lambda: tool is None or not Path(f"/proc/{tool}").exists(), 5, "the end of its ffmpeg")
    assert_recovers(stack, asset_id, {step.name})
    assert ledger_of(stack, asset_id)[step.name].attempts == 2


@pytest.mark.parametrize(
    ("fault", "servers"),
    [(dead, ["redis"]), (dead, ["s3"]), (dead, ["postgres"]), (frozen, list(SERVERS))],
    ids=["redis-dead", "s3-dead", "postgres-dead", "all-frozen"],
)
def test_servers_away(
    stack: RunningStack,
    lesson: Path,
    fault: Callable[..., AbstractContextManager[None]],
    servers: list[str],
) -> None:
    asset_id = stack.upload(lesson)
    encoding(stack, asset_id)
    with fault(stack, *servers):
        time.sleep(AWAY_SECONDS)
    until(lambda: stack.request("GET", "/readyz").status == 200, 30, "the return of the servers")
    begun = {name for name, step in ledger_of(stack, asset_id).items() if begun_and_open(step)}
    assert_recovers(stack, asset_id, begun)


def begun_and_open(step: StepRecord) -> bool:
    """Whether a fault until now may have hit the step."""
    return step.attempts > 0 and step.state != "done"
