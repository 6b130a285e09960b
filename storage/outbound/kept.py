"""Connections that stay open between two requests to the same origin: for whoever asks it for many things in a row."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, Generic, Protocol, TypeVar

IDLE_SECONDS: Final = 4.0
"""How long one may wait for its next request: most servers close theirs after five."""

Origin = tuple[str, str, int]


class Closable(Protocol):
    """A connection, as far as it is kept here."""

    def close(self) -> None:
        """End it."""


Connection = TypeVar("Connection", bound=Closable)


@dataclass
class KeptConnections(Generic[Connection]):
    """Those that nobody uses at the moment, by the origin whose address was judged when they were opened. Safe to share
    between threads. ``with`` closes them."""

    _idle: dict[Origin, list[tuple[float, Connection]]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, origin: Origin) -> Connection | None:
        """The one that waited for the shortest time; none that waited for too long."""
        late: list[Connection] = []
        found = None
        with self._lock:
            waiting = self._idle.get(origin, [])
            while waiting and found is None:
                since, connection = waiting.pop()
                if time.monotonic() - since < IDLE_SECONDS:
                    found = connection
                else:
                    late.append(connection)
        _close(late)
        return found

    def give(self, origin: Origin, connection: Connection) -> None:
        """Let others have it."""
        with self._lock:
            self._idle.setdefault(origin, []).append((time.monotonic(), connection))

    def close(self) -> None:
        """End all of them."""
        with self._lock:
            everything = [connection for waiting in self._idle.values() for _, connection in waiting]
            self._idle.clear()
        _close(everything)

    def __enter__(self) -> KeptConnections[Connection]:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _close(connections: list[Connection]) -> None:
    for connection in connections:
        with suppress(OSError):
            connection.close()
