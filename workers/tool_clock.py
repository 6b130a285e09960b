"""A tool's clock: it goes by what a tool does, and not by what time it is.

A clock on the wall blames a tool for a machine that is busy, stopped or asleep. This one counts processor time, and
seconds in which a tool that could go on did nothing; while a tool waits for the machine or its source, it stands still.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from os import sysconf
from pathlib import Path
from typing import Final

from workers.sandbox import Limits
from workers.sandbox.process_tree import tree_of

LOOK_SECONDS: Final = 1.0
"""How often a tool is looked at."""

WORKING_SHARE: Final = 0.02
"""Of the time between two looks; some two ticks of the kernel's clock in a second."""

_PAGE: Final = sysconf("SC_PAGE_SIZE")
_TICKS_PER_SECOND: Final = 100  # USER_HZ, the same on every architecture that the sandbox knows
_KERNEL_NAMES_CHILDREN: Final = Path("/proc/thread-self/children").exists()


class End(Enum):
    """Why a tool has to be ended."""

    SPENT = "it has used up its processor time"
    HUGE = "its processes hold more memory than its work can take"
    STUCK = "it neither works nor waits for anything"
    STARVED = "the machine has not let it work"
    ENDLESS = "it does not come to an end"


@dataclass(frozen=True)
class Look:
    """What a tool's processes have used, in seconds, whether one of them waits for the machine: for a processor,
    a disk or memory; and how many bytes of memory they hold."""

    cpu_seconds: float
    waits: bool
    resident_bytes: int = 0


class ToolClock:
    """Judges a tool by the looks that were taken at it."""

    def __init__(self, limits: Limits, now: float) -> None:
        self.cpu_seconds = 0.0
        self._limits = limits
        self._last = now
        self._moved = 0
        self._total = 0.0
        self._idle = 0.0
        self._waited = 0.0

    def judge(self, now: float, look: Look, moved: int, *, waits: bool) -> End | None:
        """Why the tool has to be ended, if it has to. ``moved`` are bytes that it has read and written so far;
        ``waits``: for its source.
        """
        # Between two looks this process may have been stopped or starved itself: that is nobody's doing.
        elapsed = min(now - self._last, 2 * LOOK_SECONDS)
        used = look.cpu_seconds - self.cpu_seconds
        works = used >= WORKING_SHARE * elapsed or moved != self._moved
        idles = not (works or waits or look.waits)
        # Whoever idles for half of the time comes to that limit too, only later.
        self._idle = max(0.0, self._idle + (elapsed if idles else -elapsed))
        self._waited += 0.0 if works or idles else elapsed
        self._last, self._moved, self.cpu_seconds = now, moved, max(self.cpu_seconds, look.cpu_seconds)
        self._total += elapsed
        if self.cpu_seconds >= self._limits.cpu_seconds:
            return End.SPENT
        if self._limits.resident_bytes is not None and look.resident_bytes > self._limits.resident_bytes:
            return End.HUGE
        if self._idle >= self._limits.idle_seconds:
            return End.STUCK
        if self._total >= self._limits.wall_seconds:
            return End.STARVED if self._waited >= self._total / 2 else End.ENDLESS
        return None


def look_at(process: int) -> Look:
    """Look at a process and all below it (proc_pid_stat(5)). One that has ended has used nothing."""
    # Where what is below cannot be seen, it cannot be called idle.
    seconds, resident, waits = 0.0, 0, not _KERNEL_NAMES_CHILDREN
    for number in tree_of(process):
        for task in _glob(number, "task/*/stat"):
            waits = waits or task[0] in "RD"
        for fields in _glob(number, "stat"):
            seconds += (int(fields[11]) + int(fields[12])) / _TICKS_PER_SECOND
            resident += int(fields[21]) * _PAGE
    return Look(seconds, waits, resident)


def _glob(process: int, pattern: str) -> Iterator[list[str]]:
    """Fields of such files of a process, from the state on, which is the third."""
    for path in Path(f"/proc/{process}").glob(pattern):
        with suppress(OSError):
            yield path.read_text().rpartition(")")[2].split()
