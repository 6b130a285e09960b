"""What a step works with, and the heartbeat that keeps its lease."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sqlalchemy.orm import Session, sessionmaker

from configs.ladder import Ladder
from configs.settings import Settings
from storage import keys
from storage.catalogue import steps
from storage.catalogue.models import Version
from storage.catalogue.steps import Claim, StaleFence
from storage.objects import ObjectInfo, ObjectStore
from workers.block_cache import CachedReader
from workers.media import MediaTools
from workers.outputs import Outputs
from workers.put_stream import Stored, put_stream
from workers.retries import CATALOGUE_AWAY, with_retries

log = logging.getLogger(__name__)

RENEW_SECONDS = 5.0
PIECE = 1024 * 1024

Publish = Callable[[Session], None]
"""What a step leaves to be written in the transaction that completes it."""


@dataclass(frozen=True)
class StepContext:
    """One attempt at one step. ``folder`` is its private work folder, gone afterwards; tools see no more of it than
    ``outputs``. ``reader`` reads stored objects: it waits for a storage that is away,
    and keeps what will be read again."""

    claim: Claim
    version: Version
    settings: Settings
    sessions: sessionmaker[Session]
    objects: ObjectStore
    reader: CachedReader
    tools: MediaTools
    ladder: Ladder
    folder: Path
    heartbeat: Heartbeat

    def key(self, name: str) -> str:
        """Object key of an output of this attempt."""
        return keys.step_key(
            self.version.asset_id, self.version.id, self.claim.step_id, self.claim.fence, name
        )

    @property
    def outputs(self) -> Outputs:
        """Where the step's tools write."""
        return Outputs.below(self.folder)

    def store_output(self, name: str, content_type: str) -> Stored:
        """Store what a tool left under this name. Raises ``OutputRejected``."""
        with self.outputs.open(name) as file:
            return put_stream(
                self.objects, self.key(name), iter(partial(file.read, PIECE), b""), content_type
            )

    def store_file(self, name: str, path: Path, content_type: str) -> ObjectInfo:
        """Store a file that this process wrote; waits for an object storage that is away."""
        return with_retries(lambda: self.objects.put_file(self.key(name), path, content_type))

    def store(self, name: str, data: bytes, content_type: str) -> ObjectInfo:
        """Store a small output; waits for an object storage that is away."""
        return with_retries(lambda: self.objects.put(self.key(name), data, content_type))

    @property
    def source_key(self) -> str:
        """Object key of what is read: the version's source, or once it has one its stand-in."""
        key = self.version.stand_in_key or self.version.source_key
        if key is None:
            raise ValueError(f"version {self.version.id} has no source yet")
        return key


class Heartbeat:
    """Renews the lease of a step while it is at work; ``lost`` is set when another worker may have it.

    ``progress`` is what the step tells of how far it is, ``source_seconds`` of how much of the source it encodes.
    """

    def __init__(self, sessions: sessionmaker[Session], claim: Claim) -> None:
        self._sessions = sessions
        self._claim = claim
        self._stop = threading.Event()
        self.lost = threading.Event()
        self.progress = 0.0
        self.source_seconds = 0.0

    @contextmanager
    def beating(self) -> Iterator[None]:
        """Renew in the background until the block ends."""
        thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()

    def _run(self) -> None:
        while not self._stop.wait(RENEW_SECONDS):
            try:
                with self._sessions.begin() as session:
                    steps.renew(session, self._claim, self.progress)
                # Apart, for whoever ends a step locks its version first.
                with self._sessions.begin() as session:
                    steps.advance(session, self._claim.version_id)
            except StaleFence:
                self.lost.set()
                return
            except CATALOGUE_AWAY as error:
                log.warning("catalogue is away, the lease was not renewed: %s", error)
