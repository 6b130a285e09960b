"""Workers and tools die while a lesson is at work: nothing is lost, nothing sticks, nothing is made twice."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import imageio_ffmpeg
import pytest
from havoc import ffmpeg_below, kill, until, work_horse
from invariants import StepRecord, check_invariants, ledger_of
from support import RunningStack, running_stack

from storage.catalogue.endings import MAX_ATTEMPTS

pytestmark = pytest.mark.faults

RECOVERY = timedelta(seconds=60)
GIVING_BACK_SECONDS = 20
"""Far more than giving back takes, on a machine that is busy with something else."""

NORMAL_RUN_SECONDS = 300
"""What the lesson takes on a busy machine without any fault; much less on an idle one."""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """A stack to be harmed, with nothing else to do."""
    with running_stack(
        tmp_path_factory.mktemp("faults") / "data", "--port", "0", "--workers", "2"
    ) as running:
        yield running


@pytest.fixture(scope="session")
def lesson(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A picture and a sound that take long enough to encode to be interrupted."""
    return make_lesson(tmp_path_factory.mktemp("lesson") / "lesson.mp4", seconds=32)


def make_lesson(path: Path, *, seconds: int, size: str = "854x480") -> Path:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error"]
    command += ["-f", "lavfi", "-i", f"testsrc2=s={size}:r=15:d={seconds},noise=alls=12:allf=t"]
    command += ["-f", "lavfi", "-i", f"sine=440:r=48000:d={seconds}"]
    command += ["-c:v", "libx264", "-preset", "ultrafast", "-crf", "30", "-pix_fmt", "yuv420p", "-g", "30"]
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


def assert_recovers(stack: RunningStack, asset_id: str, hit: set[str], *others: str) -> None:
    """After the fault is over: the lesson becomes ready, ``others`` too, and only steps that were hit are run again,
    soon."""
    before = ledger_of(stack, asset_id)
    for each in (asset_id, *others):
        stack.wait(each, "ready", seconds=RECOVERY.total_seconds() + NORMAL_RUN_SECONDS)
    after = ledger_of(stack, asset_id)
    for name, step in before.items():
        now = after[name]
        if step.state == "done":
            assert (now.fence, now.finished_at) == (step.fence, step.finished_at), f"{name} ran again"
    assert {name for name, step in after.items() if step.fence > 1} <= hit
    recovered = next(iter(before.values())).at
    for step in (after[name] for name in hit):
        assert step.queued_at is not None
        assert step.queued_at - recovered < RECOVERY, f"{step.name} was given back late"
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
    until(lambda: tool is None or not Path(f"/proc/{tool}").exists(), 30, "the end of its ffmpeg")
    assert_recovers(stack, asset_id, {step.name})
    again = ledger_of(stack, asset_id)[step.name]
    assert (again.fence, again.interruptions, again.attempts) == (2, 1, 0), "no fault of its own"


def test_told_to_stop_while_encoding(stack: RunningStack, lesson: Path) -> None:
    """More often than attempts are borne: nothing is counted, and the next worker has the step at once."""
    asset_id = stack.upload(lesson)
    hit = set()
    for _ in range(MAX_ATTEMPTS + 1):
        step = encoding(stack, asset_id)
        worker = worker_of(step)
        tool = ffmpeg_below(worker)
        os.kill(worker, signal.SIGTERM)

        def given_back(name: str = step.name, fence: int = step.fence) -> bool:
            now = ledger_of(stack, asset_id)[name]
            return now.state == "queued" or now.fence > fence or now.state == "done"

        until(given_back, GIVING_BACK_SECONDS, "the step to be given back")
        until(lambda pid=worker: not Path(f"/proc/{pid}").exists(), GIVING_BACK_SECONDS, "its end")
        assert tool is None or not Path(f"/proc/{tool}").exists()
        hit.add(step.name)
    assert_recovers(stack, asset_id, hit)
    assert_nothing_counted(stack, asset_id)


def test_the_whole_stack_stopped_while_encoding(lesson: Path, tmp_path: Path) -> None:
    with running_stack(tmp_path / "data", "--port", "0", "--workers", "2") as running:
        asset_id = running.upload(lesson)
        encoding(running, asset_id)
    with running_stack(tmp_path / "data", "--port", "0", "--workers", "2") as running:
        assert_nothing_counted(running, asset_id)
        running.wait(asset_id, "ready", seconds=NORMAL_RUN_SECONDS)
        assert_nothing_counted(running, asset_id)


def assert_nothing_counted(stack: RunningStack, asset_id: str) -> None:
    counted = {name: (step.attempts, step.interruptions) for name, step in ledger_of(stack, asset_id).items()}
    assert set(counted.values()) == {(0, 0)}, counted
