"""Private folders for steps at work, which vanish with the step even if its process was killed."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

_PREFIX = "step-"


@contextmanager
def private_folder(parent: Path) -> Iterator[Path]:
    """A new folder below ``parent``, removed at the end. Those that killed processes left are removed first.

    Each folder is locked by its process, and the kernel gives the lock back however that ends. Process IDs would
    not do: workers in several containers may share ``parent``.
    """
    with ExitStack() as held:
        with _locked(parent):  # nobody tidies up between the making of a folder and its lock
            _remove_abandoned(parent)
            folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
            held.enter_context(_locked(folder))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _remove_abandoned(parent: Path) -> None:
    for folder in parent.glob(f"{_PREFIX}*"):
        try:
            with _locked(folder, fcntl.LOCK_NB):
                shutil.rmtree(folder, ignore_errors=True)
        except (BlockingIOError, FileNotFoundError):
            continue  # somebody is at work in it, or has just ended


@contextmanager
def _locked(folder: Path, how: int = 0) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | how)
        yield
    finally:
        os.close(descriptor)
