"""Waiting for servers that are away for a while, so that no work is given back for it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeVar

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from storage.objects import ObjectInfo, ObjectNotFound, ObjectStore, StorageError

log = logging.getLogger(__name__)

CATALOGUE_AWAY = (OperationalError, InterfaceError, PoolTimeout)
"""What is raised where the catalogue does not answer, has ended a connection, or has none free."""

RETRY_SECONDS = 60.0
"""How long a step waits for a catalogue or object storage that is away before it gives its work back."""

T = TypeVar("T")


def with_retries(action: Callable[[], T]) -> T:
    """Do what needs a server; while the server is away, try again for up to ``RETRY_SECONDS``."""
    deadline = time.monotonic() + RETRY_SECONDS
    delay = 0.2
    while True:
        try:
            return action()
        except ObjectNotFound:
            raise
        except (StorageError, *CATALOGUE_AWAY) as error:
            if time.monotonic() + delay > deadline:
                raise
            log.warning("waiting for a server that is away: %s", error)
            time.sleep(delay)
            delay = min(delay * 2, 5.0)


class Reads:
    """What was read of stored objects: ``requests`` to the object storage, ``stored`` bytes that came of them, ``kept``
    bytes that came from the own disk instead."""

    def __init__(self) -> None:
        self.requests = self.stored = self.kept = 0
        self._lock = threading.Lock()

    def count(self, *, requests: int = 0, stored: int = 0, kept: int = 0) -> None:
        """Add to what was counted."""
        with self._lock:
            self.requests += requests
            self.stored += stored
            self.kept += kept


class RetryingReader:
    """Reads an object storage that may be away for a while: what reads from here only sees a slow one. ``reads`` counts
    what it reads."""

    def __init__(self, objects: ObjectStore, reads: Reads | None = None) -> None:
        self._objects = objects
        self._reads = reads or Reads()

    def stat(self, key: str) -> ObjectInfo:
        """As ``ObjectStore.stat``."""
        self._reads.count(requests=1)
        return with_retries(lambda: self._objects.stat(key))

    def stream(self, key: str, start: int, length: int) -> Iterator[bytes]:
        """As ``ObjectStore.stream``; a connection that breaks is continued where it broke."""
        position, end = start, start + length
        while position < end:
            began = position
            self._reads.count(requests=1)
            pieces = with_retries(partial(self._objects.stream, key, position, end - position))
            try:
                for piece in pieces:
                    position += len(piece)
                    self._reads.count(stored=len(piece))
                    yield piece
            except StorageError as error:
                if position == began:
                    raise
                log.warning("reading %s again from byte %d: %s", key, position, error)
            else:
                return
