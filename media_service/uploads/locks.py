"""Keeps the locks of all uploads that a process receives, with one statement every few seconds."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from storage.catalogue import upload_locks
from storage.catalogue.upload_locks import LOCK

log = logging.getLogger(__name__)

TICK_SECONDS: Final = LOCK.total_seconds() / 4


@dataclass(eq=False)
class Held:
    """One lock. ``heard`` tells when the last byte arrived, by ``time.monotonic``; ``lose`` is called, in another
    thread, when another request has taken the upload over."""

    upload_id: str
    owner: str
    heard: Callable[[], float]
    lose: Callable[[], object]
    is_lost: bool = False


class Locks:
    """Uploads on which bytes arrive keep others away; one that is silent may be taken over."""

    def __init__(self, sessions: sessionmaker[Session]) -> None:
        self._sessions = sessions
        self._lock = threading.Lock()
        self._held: set[Held] = set()
        self._some = threading.Event()
        self._is_running = False

    @contextmanager
    def hold(self, held: Held) -> Iterator[Held]:
        """Look after a lock that was taken before."""
        with self._lock:
            self._held.add(held)
            self._some.set()
            if not self._is_running:
                self._is_running = True
                threading.Thread(target=self._run, name="upload-locks", daemon=True).start()
        try:
            yield held
        finally:
            with self._lock:
                self._held.discard(held)
                if not self._held:
                    self._some.clear()

    def _run(self) -> None:
        while True:
            self._some.wait()
            time.sleep(TICK_SECONDS)
            with self._lock:
                held = list(self._held)
            try:
                self._look(held)
            except (
                SQLAlchemyError
            ) as error:  # a lock that runs out meanwhile is found when bytes are recorded
                log.warning("locks of %d uploads could not be renewed: %s", len(held), error)

    def _look(self, held: list[Held]) -> None:
        since = time.monotonic() - TICK_SECONDS
        active = {(one.upload_id, one.owner) for one in held if one.heard() > since}
        silent = {(one.upload_id, one.owner) for one in held} - active
        with self._sessions.begin() as session:
            kept = upload_locks.renew_all(session, active) | upload_locks.still_held(session, silent)
        for one in held:
            if (one.upload_id, one.owner) not in kept:
                one.is_lost = True
                one.lose()
