"""The clock that tools are judged by: what they do, and not what time it is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from confined import LIMITS, each_means, means, python_tool, run_python

from storage.memory import MemoryObjectStore
from workers.ffmpeg import ToolFailed, ToolStarved, ToolStuck, ToolTimedOut, run
from workers.sandbox import Limits, Means
from workers.source_server import serve_source
from workers.tool_clock import End, Look, ToolClock

__all__ = ["means"]

JUDGED = Limits(cpu_seconds=100, idle_seconds=45, wall_seconds=10_000)
SPIN = "import sys, time\nwhile time.process_time() < float(sys.argv[1]): pass\nprint('done')"


def judged(seconds: int, look: Callable[[int], Look], *, moved: int = 0) -> tuple[End | None, int]:
    """The verdict over a tool that is looked at each second, and the second of it. ``moved`` bytes go in each."""
    clock = ToolClock(JUDGED, 0.0)
    for second in range(1, seconds + 1):
        if end := clock.judge(float(second), look(second), moved * second, waits=False):
            return end, second
    return None, seconds


def test_one_that_works_has_its_processor_time_only() -> None:
    assert judged(1000, lambda second: Look(0.5 * second, waits=False)) == (End.SPENT, 200)


def test_one_that_stands_still_is_stuck() -> None:
    assert judged(1000, lambda second: Look(min(second, 10), waits=False)) == (End.STUCK, 55)


def test_one_that_only_pretends_to_work_is_stuck() -> None:
    """A wink of work every half minute."""
    assert judged(1000, lambda second: Look(0.1 * (second // 30), waits=False))[0] is End.STUCK


def test_one_that_gets_no_processor_is_left_alone() -> None:
    assert judged(9000, lambda second: Look(0.01 * (second // 60), waits=True)) == (None, 9000)


def test_patience_ends_and_the_machine_is_blamed() -> None:
    assert judged(20_000, lambda _second: Look(1.0, waits=True)) == (End.STARVED, 10_000)
    assert judged(20_000, lambda second: Look(0.005 * second, waits=False), moved=1) == (End.ENDLESS, 10_000)


def test_seconds_in_which_nobody_looked_do_not_count() -> None:
    """The whole machine slept, or its container was paused."""
    clock = ToolClock(JUDGED, 0.0)
    assert clock.judge(7200.0, Look(0.0, waits=False), 0, waits=False) is None


def test_waiting_for_the_source_is_not_standing_still() -> None:
    clock = ToolClock(JUDGED, 0.0)
    assert all(
        clock.judge(float(second), Look(0.0, waits=False), 0, waits=True) is None for second in range(1, 200)
    )


@each_means
def test_a_spinning_tool_is_ended_at_its_processor_time(means: Means, tmp_path: Path) -> None:
    with pytest.raises(ToolTimedOut, match=r"after [1-9]\.\d s of processor time.*while True") as failure:
        run_python(means, tmp_path, "while True: pass", limits=replace(LIMITS, cpu_seconds=1, niceness=0))
    assert failure.value.cpu_seconds >= 1


@each_means
def test_a_stopped_tool_is_ended(means: Means, tmp_path: Path) -> None:
    """It could not answer a SIGTERM. What it has used before is told."""
    with stopping(str(tmp_path), after=2.5), pytest.raises(ToolStuck) as failure:
        run_python(
            means, tmp_path, SPIN, "60", str(tmp_path), limits=replace(LIMITS, cpu_seconds=90, idle_seconds=2)
        )
    assert failure.value.cpu_seconds > 0


def test_a_tool_that_only_reports_the_same_is_stuck(means: Means, tmp_path: Path) -> None:
    program = "import time\nwhile True: print('frame=7\\nprogress=continue', flush=True); time.sleep(0.5)"
    tool = python_tool(tmp_path, replace(LIMITS, idle_seconds=3))
    told: list[int] = []
    with pytest.raises(ToolStuck):
        run(tool, ["-I", "-S", "-c", program], means=means, on_progress=lambda each: told.append(each.frame))
    assert set(told) == {7}


def test_a_tool_that_is_stopped_again_and_again_comes_to_its_end(means: Means, tmp_path: Path) -> None:
    limits = replace(LIMITS, idle_seconds=4, niceness=0)
    with stopping(str(tmp_path), after=0.5, every=1.0):
        finished = run_python(means, tmp_path, SPIN, "0.5", str(tmp_path), limits=limits)
    assert finished.stdout == b"done\n"


def test_a_tool_that_gets_hardly_any_processor_comes_to_its_end(means: Means, tmp_path: Path) -> None:
    """Two others want the one processor that it may use, and it stands back behind all of them."""
    with one_processor(), hogs(2):
        limits = replace(LIMITS, idle_seconds=1, niceness=19)
        finished = run_python(means, tmp_path, SPIN, "0.1", limits=limits)
    assert finished.stdout == b"done\n"


def test_a_tool_waits_for_a_slow_storage(means: Means, tmp_path: Path) -> None:
    class Slow(MemoryObjectStore):
        def stream(self, key: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
            time.sleep(6)
            return super().stream(key, start, length)

    objects = Slow()
    objects.put("key", b"the source")
    program = """
import socket
connection = socket.create_connection(("127.0.0.1", 1))
connection.sendall(b"GET /source HTTP/1.0\\r\\n\\r\\n")
print(connection.makefile().read())
"""
    with serve_source(objects, "key") as source:
        limits = replace(LIMITS, idle_seconds=2)
        assert run_python(means, tmp_path, program, source=source, limits=limits).stdout.endswith(
            b"the source\n"
        )
        with pytest.raises(ToolStarved, match="import socket"):
            run_python(means, tmp_path, program, source=source, limits=replace(limits, wall_seconds=4))


def test_a_failed_tool_is_told_with_its_command(
    means: Means, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(ToolFailed, match=r"command: .*-c 'import sys; sys.exit\(3\)' 'a b'"):
        run_python(means, tmp_path, "import sys; sys.exit(3)", "a b")
    assert "sys.exit(3)" in caplog.text
    with pytest.raises(ToolFailed) as failure:
        run_python(means, tmp_path, "import sys; sys.exit(3)", "x" * 100_000)
    assert len(str(failure.value)) < 3000


@contextmanager
def stopping(marker: str, *, after: float, every: float | None = None) -> Iterator[None]:
    """Stop all processes that name ``marker`` in their command lines, once or for half of each ``every`` seconds."""
    over = threading.Event()

    def send(number: int) -> None:
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if marker.encode() in (folder / "cmdline").read_bytes() and int(folder.name) != os.getpid():
                    os.kill(int(folder.name), number)
            except OSError:
                continue

    def work() -> None:
        if over.wait(after):
            return
        send(signal.SIGSTOP)
        while every is not None and not over.wait(every / 2):
            send(signal.SIGCONT)
            over.wait(every / 2)
            send(signal.SIGSTOP)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        send(signal.SIGCONT)


@contextmanager
def one_processor() -> Iterator[None]:
    """What is started runs on one processor."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


@contextmanager
def hogs(count: int) -> Iterator[None]:
    """Processes that keep a processor busy."""
    processes = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()
