"""A file of 1 GiB through one tus PATCH against ``curl`` straight to the S3 server, eight of 128 MiB at once, and the
memory that they take."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from statistics import median

from minio import Minio

from benchmarks.figure import Figure
from benchmarks.stack import MeasuredStack, is_web, measured_stack, memory

GOAL = 0.4
AT_ONCE_GOAL = 0.6
AT_ONCE = 8
MEMORY_GOAL = 64.0
ROUNDS = 3
MEBIBYTE = 1024 * 1024
SIZE = 1024 * MEBIBYTE
SMALL = 128 * MEBIBYTE


def measure(folder: Path) -> Sequence[Figure]:
    """Both clients are curl, both in one request, each stored file is removed before the next run."""
    source = folder / "noise.bin"
    make_noise(source)
    ours, reference = [], []
    small, together, straight_together = folder / "small.bin", [], []
    make_noise(small, SMALL)
    with measured_stack(folder) as stack:
        web = stack.running(is_web)
        before = {process.pid: memory(process, "VmRSS") for process in web}
        for process in web:
            # proc_pid_clear_refs(5): 5 resets the peak.
            Path(f"/proc/{process.pid}/clear_refs").write_text("5")
        for _ in range(ROUNDS):
            reference.append(straight(stack, source))
            ours.append(by_tus(stack, source))
        for _ in range(ROUNDS):
            straight_together.append(at_once(partial(straight, stack, small)))
            together.append(at_once(lambda _name: by_tus(stack, small)))
        growth = max(memory(process, "VmHWM") - before[process.pid] for process in web)
    source.unlink()
    small.unlink()
    eight = [AT_ONCE * SMALL / MEBIBYTE / median(each) for each in (together, straight_together)]
    speeds = SIZE / MEBIBYTE / median(ours), SIZE / MEBIBYTE / median(reference)
    return [
        Figure("upload of 1 GiB", *speeds, "MiB/s", GOAL, more_is_better=True),
        Figure("8 uploads of 128 MiB at once", *eight, "MiB/s", AT_ONCE_GOAL, more_is_better=True),
        Figure("web process growth", growth, MEMORY_GOAL, "MiB", 1.0, note="the reference is the allowance"),
    ]


def by_tus(stack: MeasuredStack, source: Path) -> float:
    """Seconds of one tus PATCH."""
    headers = {"Authorization": f"Bearer {stack.api_key}", "Tus-Resumable": "1.0.0"}
    created = stack.client.pool.request(
        "POST", f"{stack.url}/v1/uploads", headers={**headers, "Upload-Length": str(source.stat().st_size)}
    )
    location = created.headers["Location"]
    headers |= {"Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}
    options = [part for name, value in headers.items() for part in ("--header", f"{name}: {value}")]
    url = location if location.startswith("http") else stack.url + location
    seconds = _curl("--request", "PATCH", *options, "--upload-file", str(source), url)
    stack.remove(created.headers["Lessonstream-Asset"])
    return seconds


def at_once(send: Callable[[str], float]) -> float:
    """Seconds until eight have been sent, each by a client of its own."""
    began = time.monotonic()
    with ThreadPoolExecutor(AT_ONCE) as clients:
        list(clients.map(send, [f"benchmark-noise-{number}" for number in range(AT_ONCE)]))
    return time.monotonic() - began


def straight(stack: MeasuredStack, source: Path, name: str = "benchmark-noise") -> float:
    """Seconds of one presigned PUT to the S3 server."""
    servers = stack.environment
    client = Minio(
        servers["S3_ENDPOINT"].removeprefix("http://"),
        servers["S3_ACCESS_KEY"],
        servers["S3_SECRET_KEY"],
        secure=False,
        region="us-east-1",
    )
    place = "lessonstream", name
    seconds = _curl("--upload-file", str(source), client.presigned_put_object(*place))
    client.remove_object(*place)
    return seconds


def _curl(*arguments: str) -> float:
    began = time.monotonic()
    # Without "Expect" curl does not wait for a go-ahead, which not every server gives.
    command = ["curl", "--silent", "--show-error", "--fail", "--output", os.devnull, "--header", "Expect:"]
    subprocess.run([*command, *arguments], check=True)
    return time.monotonic() - began


def make_noise(target: Path, size: int = SIZE) -> None:
    """``size`` bytes that nothing can compress."""
    with target.open("wb") as file:
        for _ in range(size // MEBIBYTE):
            file.write(os.urandom(MEBIBYTE))
