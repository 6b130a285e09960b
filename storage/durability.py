"""Makes files that were just written outlast a power cut: their bytes, their names, and the folders on the way to them.

A server that renames what it wrote into place and answers leaves all of it in the kernel's memory, for half a minute
on most machines. ``fsync`` of a file brings its bytes to the disk, but its name stands in a folder (fsync(2)).
"""

from __future__ import annotations

import os
from pathlib import Path


def sync_file(path: Path, root: Path) -> None:
    """Return once the file and each folder from it up to ``root``, which is one of them, are on the disk.

    Raises ``OSError``, also for what an earlier write to the file met.
    """
    _sync(path)
    for folder in path.parents:
        _sync(folder)
        if folder == root:
            return
    raise ValueError(f"{path} does not lie in {root}")


def sync_folder(folder: Path) -> None:
    """Return once the names in ``folder`` are on the disk."""
    _sync(folder)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
