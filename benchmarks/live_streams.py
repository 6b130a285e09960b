"""What 1,000 open streams of events cost those who play and upload, while something happens every second."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from benchmarks import clips, upload
from benchmarks.figure import Figure
from benchmarks.live_crowd import READERS
from benchmarks.load import requests_per_second
from benchmarks.playlists import signed_paths
from benchmarks.stack import MeasuredStack, is_web, measured_stack

GOAL = 0.95
MEMORY_GOAL = 0.2
ROUNDS = 3
SECONDS = 4


def measure(folder: Path) -> Sequence[Figure]:
    """Signed playlists and an upload alone and beside the streams, in turns; memory of a stream."""
    source = folder / "noise.bin"
    upload.make_noise(source)
    with measured_stack(folder, DEFAULT_POLICY="signed", VIEWER_REQUESTS_PER_SECOND="1000000") as stack:
        asset_id = stack.client.upload(clips.lesson(folder), "lesson", lambda _sent, _size: None)
        playback_id = stack.wait_finished(asset_id)["playback_ids"][0]["id"]
        paths = signed_paths(stack, playback_id)

        def playlists() -> float:
            return requests_per_second(stack.url, paths, SECONDS)

        playlists()  # until all is remembered
        alone, beside, times_alone, times_beside = [], [], [], []
        memory = 0.0
        for _ in range(ROUNDS):
            alone.append(playlists())
            times_alone.append(upload.by_tus(stack, source))
            before = stack.memory(is_web)
            with _crowd(stack, asset_id):
                memory = max(memory, (stack.memory(is_web) - before) / READERS)
                beside.append(playlists())
                times_beside.append(upload.by_tus(stack, source))
    source.unlink()
    speeds = 1024 / median(times_beside), 1024 / median(times_alone)
    return [
        Figure(f"playlists beside {READERS:,} streams", median(beside), median(alone), "1/s", GOAL, True),
        Figure(f"upload of 1 GiB beside {READERS:,} streams", *speeds, "MiB/s", GOAL, True),
        Figure("memory of a stream, all web processes", memory, MEMORY_GOAL, "MiB", 1.0),
    ]


@contextmanager
def _crowd(stack: MeasuredStack, asset_id: str) -> Iterator[None]:
    """All of them see a title that changes every second."""
    command = [sys.executable, "-m", "benchmarks.live_crowd", stack.url, stack.api_key]
    crowd = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert crowd.stdin is not None and crowd.stdout is not None
    over = threading.Event()

    def change() -> None:
        number = 0
        while not over.wait(1):
            number += 1
            stack.request("PATCH", f"/v1/assets/{asset_id}", json={"title": f"lesson {number}"})

    changing = threading.Thread(target=change)
    try:
        if crowd.stdout.readline() != "ready\n":
            raise RuntimeError("the readers did not get in")
        changing.start()
        yield
    finally:
        over.set()
        if changing.is_alive():
            changing.join()
        crowd.stdin.close()
        said = crowd.stdout.read().split()
        crowd.wait(30)
    if said[:1] != [str(READERS)]:
        raise RuntimeError(f"of {READERS} streams were open at the end: {said}")
