"""Wall time of a ten-minute source with two workers, pinned to one core each, against one worker."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks import clips
from benchmarks.figure import Figure
from benchmarks.stack import MeasuredStack, is_worker, measured_stack

GOAL = 1.8


def measure(folder: Path) -> Sequence[Figure]:
    """From the last byte of the upload until the version is ready. Encoders use one thread each in both runs."""
    clip = clips.ten_minutes(folder)
    one, two = (_ready_seconds(clip, folder, workers) for workers in (1, 2))
    return [Figure("one worker against two", one, two, "s", GOAL, more_is_better=True)]


def _ready_seconds(clip: Path, folder: Path, workers: int) -> float:
    with measured_stack(folder, WORKERS=str(workers), ENCODER_THREADS="1", DOWNLOADS="off") as stack:
        _pin(stack, workers)
        asset_id = stack.client.upload(clip, "ten minutes", lambda _sent, _size: None)
        began = time.monotonic()
        stack.wait_ready(asset_id)
        return time.monotonic() - began


def _pin(stack: MeasuredStack, workers: int) -> None:
    """Each worker gets a core of its own, and what it starts inherits it; the one for small steps alone shares the
    last.
    """
    cores = sorted(os.sched_getaffinity(0))[:workers]
    found = stack.running(is_worker)
    encoding = [process.pid for process in found if not process.command.endswith("--lanes control")]
    others = [process.pid for process in found if process.pid not in encoding]
    for pid, core in [*zip(encoding, cores, strict=True), *((other, cores[-1]) for other in others)]:
        os.sched_setaffinity(pid, {core})
