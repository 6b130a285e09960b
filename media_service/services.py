"""What the views work with: built once by the composition root, found on the application."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from flask import current_app
from sqlalchemy.orm import Session, sessionmaker

from configs.settings import Settings
from media_service.job_queue import Wake
from storage.beat_stream import BeatTaker, NoBeats
from storage.counters import Counters
from storage.measures import Measures
from storage.objects import ObjectStore
from storage.once import OnceUnknown
from storage.outbound.client import Outbound

AdmitPlay = Callable[[str, str, int], bool]
"""Viewer, player, most players: whether this one may play."""


CountStart = Callable[[str, str, str, dict[str, Any]], None]
"""Asset, its organization, partner (or an empty text), request: a playlist is answered that a play begins with."""


TakeOnce = Callable[[str, int], bool]
"""Name, seconds: whether nobody has taken the name within so many seconds. Raises ``OnceUnknown`` where that cannot be
told."""


def _nobody_knows(_name: str, _seconds: int) -> bool:
    raise OnceUnknown("nothing remembers what was taken")


def _count_nothing(_asset_id: str, _organization_id: str, _partner_id: str, _environ: dict[str, Any]) -> None:
    return None


def _any_number(_viewer: str, _player: str, _limit: int) -> bool:
    return True


@dataclass(frozen=True)
class Services:
    """Clients of one web process. ``sessions`` opens catalogue transactions: ``with services.sessions.begin() as s:``.

    ``wake`` has the outbox relayed after a commit; it neither waits nor raises, for the keeper relays what it could
    not. ``check_queue`` raises if the queue does not take what is sent. ``counters`` are shared with the other
    processes; ``admit_play`` counts players (``storage.plays``). ``catalogue_heard_at`` tells when the catalogue
    last answered this process, by the monotonic clock. ``count_workers`` tells how many live workers take from each
    lane; it raises if the queue does not answer. ``measures`` are what metrics are made of. ``beats`` takes what
    players tell; ``count_start`` counts playlists that plays begin with, and neither waits nor raises. ``take_once``
    remembers for all processes what must not come a second time. ``outbound`` is the one way to strangers.
    """

    settings: Settings
    sessions: sessionmaker[Session]
    objects: ObjectStore
    wake: Wake
    check_queue: Callable[[], None]
    counters: Counters = field(default_factory=Counters)
    admit_play: AdmitPlay = _any_number
    count_workers: Callable[[], Mapping[str, int]] = dict
    catalogue_heard_at: Callable[[], float] = time.monotonic
    measures: Measures = field(default_factory=Measures)
    beats: BeatTaker = field(default_factory=NoBeats)
    count_start: CountStart = _count_nothing
    take_once: TakeOnce = _nobody_knows
    outbound: Outbound = field(default_factory=Outbound)


def services() -> Services:
    """Return the services of the application that handles the current request."""
    return cast("Services", current_app.extensions["lessonstream"])
