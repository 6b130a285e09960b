"""A lesson that is hit by a fault while it is encoded, and what has to become of it."""

from __future__ import annotations

import subprocess
from collections.abc import Container
from datetime import timedelta
from pathlib import Path

import imageio_ffmpeg
from havoc import ffmpeg_below, until
from invariants import StepRecord, check_invariants, ledger_of
from support import PATIENCE, RunningStack

RECOVERY = timedelta(seconds=60)

NORMAL_RUN_SECONDS = 300
"""What the lesson takes on a busy machine without any fault; much less on an idle one."""


def make_lesson(path: Path, *, seconds: int, size: str = "480x270") -> Path:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error"]
    command += ["-f", "lavfi", "-i", f"testsrc2=s={size}:r=15:d={seconds},noise=alls=12:allf=t"]
    command += ["-f", "lavfi", "-i", f"sine=440:r=48000:d={seconds}"]
    command += ["-c:v", "libx264", "-preset", "ultrafast", "-crf", "30", "-pix_fmt", "yuv420p", "-g", "30"]
    subprocess.run([*command, "-c:a", "aac", path], check=True, timeout=120)
    return path


def encoding(stack: RunningStack, asset_id: str, but: Container[str] = ()) -> StepRecord:
    """An encoding step of the whole ladder, none of ``but``, whose ffmpeg is at work, once others are finished."""

    def look() -> StepRecord | None:
        steps = ledger_of(stack, asset_id).values()
        finished = any(step.kind == "encode_first" and step.state == "done" for step in steps)
        at_work = (
            step
            for step in steps
            if step.state == "leased" and step.kind == "encode" and step.name not in but
        )
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


def assert_comes_back(stack: RunningStack, asset_id: str, *others: str) -> None:
    """Like ``assert_recovers``, where every step may have been hit that was begun and is not done by now."""
    until(lambda: stack.request("GET", "/readyz").status == 200, PATIENCE, "the return of the servers")
    steps = ledger_of(stack, asset_id).values()
    hit = {step.name for step in steps if step.fence > 0 and step.state != "done"}
    assert_recovers(stack, asset_id, hit, *others)


def assert_nothing_counted(stack: RunningStack, asset_id: str) -> None:
    counted = {name: (step.attempts, step.interruptions) for name, step in ledger_of(stack, asset_id).items()}
    assert set(counted.values()) == {(0, 0)}, counted
