"""Starts: how often a playlist is fetched that a play begins with, so that players of any kind are seen.

Whoever answers a playlist waits for nothing: it is counted in memory, and a thread brings the counts to Redis once a
second. While Redis is away they stay, for they are numbers and take no room.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from typing import Any, Final, NamedTuple

from configs.words import StartKind
from media_service.learning.senders import suspicion_of
from storage.beat_stream import BeatsRefused, BeatTaker
from storage.ids import new_id
from storage.learning.starts import StartCount, to_text

log = logging.getLogger(__name__)

_EVERY_SECONDS: Final = 1.0
_AT_ONCE: Final = 500


class _Start(NamedTuple):
    asset_id: str
    organization_id: str
    partner_id: str
    kind: StartKind


class Starts:
    """The counts of one process."""

    def __init__(self, stream: BeatTaker) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self._counts: Counter[_Start] = Counter()
        self._left: list[str] = []
        self._running = False

    def count(self, asset_id: str, organization_id: str, partner_id: str, environ: dict[str, Any]) -> None:
        """One play begins, perhaps."""
        suspicion = suspicion_of(environ)
        kind: StartKind = "start" if suspicion is None or suspicion == "limited" else suspicion
        with self._lock:
            self._counts[_Start(asset_id, organization_id, partner_id, kind)] += 1
            if not self._running:
                self._running = True
                threading.Thread(target=self._run, name="starts", daemon=True).start()

    def bring(self) -> None:
        """Bring the counts to Redis, under the same names if they have to be brought again."""
        with self._lock:
            counts, self._counts = self._counts, Counter()
        now = int(time.time() * 1000)
        found = [StartCount(new_id(), now, *start, number) for start, number in counts.items()]
        self._left += [to_text(found[first : first + _AT_ONCE]) for first in range(0, len(found), _AT_ONCE)]
        try:
            while self._left:
                self._stream.append(self._left[0])
                del self._left[0]
        except BeatsRefused as error:
            log.debug("starts are kept for later: %s", error)

    def _run(self) -> None:
        while True:
            time.sleep(_EVERY_SECONDS)
            self.bring()
