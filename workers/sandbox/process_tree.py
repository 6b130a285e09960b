"""The processes of a tool, as the kernel lists them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path


def tree_of(process: int) -> Iterator[int]:
    """Yield a process and all below it, whichever of its threads made them (proc_tid_children(5))."""
    yield process
    with suppress(OSError):
        for task in Path(f"/proc/{process}/task").iterdir():
            with suppress(OSError):
                for child in (task / "children").read_text().split():
                    yield from tree_of(int(child))
