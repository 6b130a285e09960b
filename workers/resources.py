"""What a worker process is made of: clients and tools, built once by ``workers.main`` and inherited by the
child that RQ forks for each job."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from configs.ladder import Ladder
from configs.settings import Settings
from configs.words import Lane
from storage.measures import Measures
from storage.objects import ObjectStore
from workers.block_cache import BlockCache
from workers.media import MediaTools


@dataclass(frozen=True)
class Resources:
    """``lanes`` are those that this worker serves, the most urgent first; ``wake`` relays the outbox; ``work_folder``
    is where steps have their temporary folders; ``measures`` tell operators how work goes."""

    lanes: Sequence[Lane]
    settings: Settings
    ladder: Ladder
    engine: Engine
    sessions: sessionmaker[Session]
    objects: ObjectStore
    tools: MediaTools
    work_folder: Path
    wake: Callable[[], None]
    measures: Measures

    @property
    def blocks(self) -> BlockCache:
        """What the workers of this machine have read of stored objects."""
        return BlockCache(self.work_folder / "blocks", self.settings.source_cache_bytes)


_resources: list[Resources] = []


def install(new: Resources) -> None:
    """Make ``new`` what the jobs of this process work with."""
    _resources[:] = [new]


def resources() -> Resources:
    """Return what ``install`` was given. RQ calls jobs by name, so they cannot be handed anything."""
    return _resources[0]
