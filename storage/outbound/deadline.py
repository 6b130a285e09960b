"""One deadline over all that is done with one connection."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress

from storage.strangers import OutboundError


class Deadline:
    """Ends everything that is done under it: at its time the socket is shut, whoever reads or writes it."""

    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds
        self._handle: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._shut)
        self._timer.daemon = True
        self._lock = threading.Lock()
        self._timer.start()

    def left(self) -> float:
        """Seconds. Raises ``OutboundError`` with ``timed_out`` if there are none."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise OutboundError("timed_out", "the answer took too long")
        return left

    @property
    def is_over(self) -> bool:
        """Whether it has passed."""
        return time.monotonic() >= self._ends

    def watch(self, opened: socket.socket) -> None:
        """Shut this connection at the end, whatever is wrapped around it by then."""
        with self._lock:
            self._let_go()
            self._handle = opened.dup()

    def end(self) -> None:
        """Watch no more."""
        self._timer.cancel()
        with self._lock:
            self._let_go()

    def _shut(self) -> None:
        with self._lock, suppress(OSError):
            if self._handle is not None:
                self._handle.shutdown(socket.SHUT_RDWR)

    def _let_go(self) -> None:
        if self._handle is not None:
            self._handle.close()
            self._handle = None
