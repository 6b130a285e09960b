"""A value that takes long to make and may be some seconds old: served stale while it is made again behind the request
(RFC 5861 calls that stale-while-revalidate)."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Final, Generic, TypeVar

log = logging.getLogger(__name__)

LEAST_PAUSE: Final = 50.0
"""What takes longer to make is made less often: a process does something else for so many times as long."""

T = TypeVar("T")


class RevalidatedValue(Generic[T]):
    """The latest result of ``make``, which is called at most once in ``seconds`` and, where it takes long, not again
    before ``pause`` times as long went by.
    """

    def __init__(
        self, name: str, make: Callable[[], T], seconds: float, *, pause: float = LEAST_PAUSE
    ) -> None:
        self._name = name
        self._make = make
        self._seconds = seconds
        self._pause = pause
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._known: tuple[T] | None = None
        self._made_at = 0.0
        self._stale_at = 0.0

    def recent(self) -> T:
        """Return the latest value, however old; a stale one is renewed meanwhile. Who asks first waits, and meets what
        ``make`` raises.
        """
        if self._known is None:
            with self._lock:
                if self._known is None:
                    self._renew()
        self._renew_behind()
        assert self._known is not None  # noqa: S101
        return self._known[0]

    def fresh(self, patience: float) -> T | None:
        """Return a value that is not stale, for which is waited for ``patience`` seconds at most; None if none came."""
        asked = time.monotonic()
        thread = self._renew_behind()
        if thread is not None:
            thread.join(patience)
        current = self._made_at >= asked or time.monotonic() < self._stale_at
        return self._known[0] if self._known and current else None

    def _renew_behind(self) -> threading.Thread | None:
        with self._lock:
            if time.monotonic() >= self._stale_at and (self._thread is None or not self._thread.is_alive()):
                self._thread = threading.Thread(target=self._try, name=self._name, daemon=True)
                self._thread.start()
            return self._thread

    def _try(self) -> None:
        try:
            self._renew()
        except Exception as error:  # whatever it is, the next one who asks has it tried again
            log.warning("%s: what was known is kept: %s", self._name, str(error).partition("\n")[0])

    def _renew(self) -> None:
        began = time.monotonic()
        self._known = (self._make(),)
        self._made_at = ended = time.monotonic()
        self._stale_at = ended + max(self._seconds, self._pause * (ended - began))
