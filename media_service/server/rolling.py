"""Granian, whose web processes are replaced without a gap, however busy the machine is."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from granian.server.mp import MPServer

START_SECONDS: Final = 120.0
"""How long a new process may take until it listens. Afterwards the old one goes all the same."""

CLOSING: Final = signal.SIGUSR1
"""Tells a process to end its streams; those who read them ask again, another process."""

_LISTEN: Final = "0A"
"""State of a socket in ``/proc/PID/net/tcp`` (proc_pid_net(5))."""


class RollingGranian(MPServer):
    """Granian gives a new process some seconds before it stops the old one, which has a socket of its own. Here the old
    one goes once the new one listens."""

    _is_replacing = False

    def _respawn_workers(
        self,
        workers: Sequence[int],
        spawn_target: Any,
        target_loader: Any,
        delay: float = 0,  # noqa: ARG002
    ) -> None:
        self._is_replacing = True
        try:
            super()._respawn_workers(workers, spawn_target, target_loader)
        finally:
            self._is_replacing = False

    def _spawn_worker(self, idx: int, target: Any, callback_loader: Any) -> Any:  # type: ignore[override]
        worker: Any = super()._spawn_worker(idx, target, callback_loader)
        start = worker.start

        def start_and_wait() -> None:
            start()
            until = time.monotonic() + START_SECONDS
            while worker.is_alive() and not listens(worker.inner.pid):
                if self.interrupt_signal or time.monotonic() > until:
                    return
                time.sleep(0.1)

        if self._is_replacing:
            worker.start = start_and_wait
        end = worker.terminate

        def close_streams_and_end() -> None:
            # Streams have no end of their own, and whoever is told to stop waits for its answers.
            with suppress(OSError, TypeError):
                os.kill(worker.inner.pid, CLOSING)
            end()

        worker.terminate = close_streams_and_end
        return worker


def listens(pid: int) -> bool:
    """Return whether a process waits for TCP connections."""
    opened = set()
    for entry in Path(f"/proc/{pid}/fd").glob("*"):
        with suppress(OSError):
            opened.add(os.readlink(entry))  # noqa: PTH115  (no path: "socket:[12345]")
    for table in ("tcp", "tcp6"):
        with suppress(OSError):
            for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == _LISTEN and f"socket:[{fields[9]}]" in opened:
                    return True
    return False
