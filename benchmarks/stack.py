"""A running stack to measure, started the way its users do."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import sleep
from typing import Any, Final, TypeVar

from tests.support import RunningStack, running_stack

T = TypeVar("T")

IDLE_SECONDS: Final = 20.0
"""How long a stack is watched that has nothing to do."""

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Process:
    """One process of a stack. ``cpu_seconds``: user and system time, that of its ended children included."""

    pid: int
    parent: int
    command: str
    cpu_seconds: float


@dataclass(frozen=True)
class MeasuredStack(RunningStack):
    """A stack of its own."""

    def post(self, path: str, document: Mapping[str, Any]) -> Any:
        """Post JSON with the admin key."""
        return self.request("POST", path, json=document).json()

    def wait_ready(self, asset_id: str, seconds: float = 3600) -> dict[str, Any]:
        """Return the asset once it is ready. Raises ``AssertionError`` if it fails or takes longer."""
        return self.wait(asset_id, "ready", seconds=seconds)

    def wait_finished(self, asset_id: str) -> dict[str, Any]:
        """The asset once everything is made of it, what a ready one does not need included."""
        while True:
            asset = self.wait_ready(asset_id)
            files = {rendition["kind"] for rendition in asset["renditions"]}
            if len(asset["downloads"]) == len(files) and "preview" in asset["images"]:
                return asset
            sleep(0.5)

    def remove(self, asset_id: str) -> None:
        """Delete an asset and wait until no media tool works on it any more."""
        self.forget(asset_id)
        while self.running(lambda command: "ffmpeg" in command.partition(" ")[0]):
            sleep(0.2)

    def cpu_seconds(self, wanted: Callable[[str], bool] = lambda _: True) -> float:
        """What the wanted processes have taken so far. Raises ``RuntimeError`` if there are none: a name that changed
        must not look like work that costs nothing.
        """
        found = self.running(wanted)
        if not found:
            raise RuntimeError("none of the stack's processes is the one that is to be measured")
        return sum(process.cpu_seconds for process in found)

    def cpu_of(self, work: Callable[[], T], *wanted: Callable[[str], bool]) -> tuple[T, tuple[float, ...]]:
        """Do some work; return what it returns, and the processor seconds of each kind of wanted processes, less what
        those take in as much time while nobody asks anything."""
        idle, began = self._seconds_of(wanted), time.monotonic()
        sleep(IDLE_SECONDS)
        before, begins = self._seconds_of(wanted), time.monotonic()
        done = work()
        share = (time.monotonic() - begins) / (begins - began)
        after = self._seconds_of(wanted)
        return done, tuple(
            end - begin - share * (begin - rest) for rest, begin, end in zip(idle, before, after, strict=True)
        )

    def _seconds_of(self, wanted: Iterable[Callable[[str], bool]]) -> list[float]:
        return [self.cpu_seconds(each) for each in wanted]

    def memory(self, wanted: Callable[[str], bool]) -> float:
        """MiB that the wanted processes have in memory now."""
        return sum(memory(process, "VmRSS") for process in self.running(wanted))

    def running(self, wanted: Callable[[str], bool] = lambda _: True) -> list[Process]:
        """All processes that this stack started and that live, whose command line is wanted."""
        everything = {process.pid: process for process in _all_processes()}

        def ours(pid: int) -> bool:
            while pid in everything:
                if pid == self.pid:
                    return True
                pid = everything[pid].parent
            return False

        return [process for pid, process in everything.items() if ours(pid) and wanted(process.command)]


def memory(process: Process, name: str) -> float:
    """A figure of proc_pid_status(5) in MiB."""
    found = re.search(rf"^{name}:\s+(\d+) kB", Path(f"/proc/{process.pid}/status").read_text(), re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0


def is_worker(command: str) -> bool:
    """Whether a command line is that of a worker."""
    return "workers.main" in command


def is_database(command: str) -> bool:
    """Whether a command line is that of a process of PostgreSQL."""
    return "postgres" in command


def is_web(command: str) -> bool:
    """Whether a command line is that of a web process."""
    return " web " in command


@contextmanager
def measured_stack(folder: Path, **variables: str) -> Iterator[MeasuredStack]:
    """``lessonstream up`` on a fresh folder, stopped and removed afterwards."""
    data = folder / f"stack-{os.getpid()}"
    try:
        with running_stack(data, "--port", "0", **{"LOG_LEVEL": "WARNING", **variables}) as stack:
            yield MeasuredStack(**vars(stack))
    finally:
        shutil.rmtree(data, ignore_errors=True)


def _all_processes() -> Iterator[Process]:
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            # proc_pid_stat(5): the name in brackets may hold anything, so count from behind it.
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
            ticks = sum(int(value) for value in fields[11:15])
            yield Process(int(entry.name), int(fields[1]), command, ticks / _TICKS_PER_SECOND)
