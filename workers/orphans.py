"""What a killed child leaves behind: a tool that was just being locked in is not tied to its parent yet, and would wait
for it for ever."""

from __future__ import annotations

import ctypes
import os
import signal
from contextlib import suppress
from pathlib import Path

_PR_SET_CHILD_SUBREAPER = 36


def adopt() -> None:
    """Become the parent of all descendants whose own parent ends (prctl(2)); children of this process do not inherit
    that."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)


def bury() -> None:
    """Kill all children of this process and what they leave in turn; return when they are gone."""
    while found := _children():
        for pid in found:
            with suppress(ProcessLookupError, ChildProcessError):
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)


def _children() -> list[int]:
    listings = Path("/proc/self/task").glob("*/children")
    return [int(pid) for listing in listings for pid in listing.read_text().split()]
