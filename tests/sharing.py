"""What the processes of one test run share: the first that needs a thing makes it."""

from __future__ import annotations

import fcntl
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from support import RunningStack, describe, running_stack


@contextmanager
def shared_stack(folder: Path) -> Iterator[RunningStack]:
    """The stack of the run whose processes all see ``folder``. Whoever started it stops it once nobody uses it."""
    announcement = folder / "stack.json"
    with (folder / "stack.lock").open("w") as change, (folder / "stack.users").open("w") as users:
        fcntl.flock(change, fcntl.LOCK_EX)
        if announcement.exists():
            fcntl.flock(users, fcntl.LOCK_SH)
            fcntl.flock(change, fcntl.LOCK_UN)
            yield describe(json.loads(announcement.read_text()))
            return
        with running_stack(folder / "stack" / "data", "--port", "0") as running:
            announced = {
                "url": running.url,
                "api_key": running.api_key,
                "data": str(running.data),
                "pid": running.pid,
            }
            announcement.write_text(json.dumps(announced))
            fcntl.flock(change, fcntl.LOCK_UN)
            try:
                yield running
            finally:
                _wait_until_unused(change, users)
                announcement.unlink()


def _wait_until_unused(change: IO[str], users: IO[str]) -> None:
    """Afterwards nobody uses the stack, and nobody begins to before ``change`` is closed."""
    while True:
        fcntl.flock(change, fcntl.LOCK_EX)
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            fcntl.flock(change, fcntl.LOCK_UN)
        time.sleep(0.5)


def made_once(stack: RunningStack, name: str, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What ``make`` answers, as JSON keeps it; it is called once for each stack."""
    kept = stack.data.parent / f"{name}.json"
    with kept.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            kept.write_text(json.dumps(make()))
        made: dict[str, Any] = json.loads(kept.read_text())
        return made
