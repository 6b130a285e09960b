"""What one process knows of a server that it depends on: whether it answers, and who waits for it (a circuit breaker).

A frozen server, or one behind a network that drops packets, refuses nothing: every thread would wait for it in turn
until none is left. So the first call that waits long makes the process ask the server whether it is there. If it is
not, all calls fail at once, those under way included, until it answers again. A server that is only slow says that
it is there, and is waited for.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

log = logging.getLogger(__name__)

SUSPECT_SECONDS = 0.75
"""A call that waits longer, while nothing is heard of the server, makes the process ask whether it is there."""

PROBE_SECONDS = 2.0
"""How long it may take to say so."""

_PAUSE_SECONDS = 0.5
_CROWD_SECONDS = SUSPECT_SECONDS + PROBE_SECONDS + 0.5
"""How long those wait for a place who find all taken: by then a server that is only slow has said that it is there."""


class ServerSilent(TimeoutError):
    """The server does not answer."""


class Breaker:
    """Knows one server. ``probe`` raises ``ServerSilent`` if nothing at all is heard of the server within
    ``PROBE_SECONDS``; whatever else it raises is an answer. ``on_silence`` ends the calls that wait, and is called
    again and again for as long as some do.

    No more than ``places`` calls begin to wait at a time, so that threads remain for what needs no server.
    """

    def __init__(
        self,
        server: str,
        probe: Callable[[], object],
        *,
        places: int,
        on_silence: Callable[[], None] = lambda: None,
    ) -> None:
        self.server = server
        self.heard_at = time.monotonic()
        self.is_open = False
        self._probe = probe
        self._places = places
        self._on_silence = on_silence
        self._changed = threading.Condition()
        self._waiting: dict[int, float] = {}
        self._tickets = count()
        self._watcher: threading.Thread | None = None

    def require(self) -> None:
        """Raise ``ServerSilent`` if the server is known to be silent."""
        if self.is_open:
            raise ServerSilent(f"{self.server} does not answer")

    @contextmanager
    def asking(self, *, has_begun: bool = False) -> Iterator[None]:
        """Around a call to the server. Raises ``ServerSilent`` instead of making it wait in vain.

        What ``has_begun`` needs no place: those who have all places may be waiting for what it holds there.
        """
        ticket = self._enter(has_begun=has_begun)
        try:
            yield
            self.heard_at = time.monotonic()
        finally:
            with self._changed:
                del self._waiting[ticket]
                self._changed.notify_all()

    def _enter(self, *, has_begun: bool) -> int:
        with self._changed:
            self.require()
            while len(self._waiting) >= self._places and not has_begun:
                patience = _CROWD_SECONDS - self._silence()
                if patience <= 0:
                    raise ServerSilent(f"{self.server} keeps too many waiting")
                self._changed.wait(patience)
                self.require()
            ticket = next(self._tickets)
            self._waiting[ticket] = time.monotonic()
            self._changed.notify_all()
            if self._watcher is None:
                self._watcher = threading.Thread(target=self._watch, name=f"{self.server} watch", daemon=True)
                self._watcher.start()
            return ticket

    def _silence(self) -> float:
        """For how many seconds the first of those who wait has heard nothing of the server, nor has anyone else."""
        return time.monotonic() - max(next(iter(self._waiting.values())), self.heard_at)

    def _watch(self) -> None:
        while True:
            with self._changed:
                while not self._waiting:
                    self._changed.wait()
                patience = SUSPECT_SECONDS - self._silence()
            if patience > 0:
                time.sleep(patience)
            elif self._is_silent():
                self._stay_open()

    def _stay_open(self) -> None:
        log.warning("%s does not answer: nothing waits for it until it does", self.server)
        began = time.monotonic()
        self.is_open = True
        while True:
            with self._changed:
                self._changed.notify_all()
                if self._waiting:
                    self._on_silence()
            time.sleep(_PAUSE_SECONDS)
            if not self._is_silent():
                break
        self.is_open = False
        log.warning("%s answers again after %.0f s", self.server, time.monotonic() - began)

    def _is_silent(self) -> bool:
        try:
            self._probe()
        except ServerSilent:
            return True
        except Exception as error:
            log.info("%s answered its probe with %s", self.server, error)
        self.heard_at = time.monotonic()
        return False
