"""Kills and stops processes of one stack, found among its own processes only."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from support import RunningStack, children

T = TypeVar("T")

SERVERS = {"redis": r"^\S*(redis|valkey)-server ", "s3": r"rclone serve s3", "postgres": r"bin/postgres -D"}
WEB = r"cli\.main web"


def until(what: Callable[[], T], seconds: float, describe: str) -> T:
    """The first true value of ``what``, asked again and again."""
    deadline = time.monotonic() + seconds
    while True:
        if value := what():
            return value
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {describe}"
        time.sleep(0.05)


def leader(stack: RunningStack, pattern: str) -> int:
    """The process of the stack that leads a session and whose command line matches."""
    return next(
        pid
        for pid, line in sorted(stack.processes().items())
        if re.search(pattern, line) and os.getsid(pid) == pid
    )


def session_of(pid: int) -> list[int]:
    """All processes that a leader has in its session."""
    members = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ProcessLookupError):
            if os.getsid(int(entry.name)) == pid:
                members.append(int(entry.name))
    return members


def work_horse(worker: int) -> int:
    """The child that RQ forked for the job that the worker has."""
    return next(iter(children(worker)))


def ffmpeg_below(pid: int) -> int | None:
    """The innermost ffmpeg among the descendants of a process."""
    for child in children(pid):
        if (found := ffmpeg_below(child)) is not None:
            return found
    with suppress(OSError):
        if Path(f"/proc/{pid}/comm").read_text().strip().startswith("ffmpeg"):
            return pid
    return None


def kill(*pids: int) -> None:
    """``kill -9``."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@contextmanager
def dead(stack: RunningStack, server: str) -> Iterator[None]:
    """The server is killed, and nobody starts it again until the block ends."""
    os.kill(stack.pid, signal.SIGSTOP)
    try:
        kill(*session_of(leader(stack, SERVERS[server])))
        yield
    finally:
        os.kill(stack.pid, signal.SIGCONT)


@contextmanager
def frozen(stack: RunningStack, *servers: str) -> Iterator[None]:
    """The servers take connections and answer nothing, as when a machine or the network between hangs."""
    stopped: list[int] = []

    def stop(pid: int) -> None:
        # Before its children are looked for, so that it makes no more; each of PostgreSQL's has a session of its own.
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
            stopped.append(pid)
        for child in children(pid):
            stop(child)

    try:
        for server in servers:
            for pid in session_of(leader(stack, SERVERS[server])):
                stop(pid)
        yield
    finally:
        for pid in reversed(stopped):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
