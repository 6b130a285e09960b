"""Playback IDs, and what each plays now, as one process remembers them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session, sessionmaker

from media_service.cache import Cache, StaleIfError
from storage.catalogue import playback
from storage.catalogue.facts import VersionFacts
from storage.catalogue.models import Asset, PlaybackId, Version

FRESH_SECONDS = 1.0
"""How long a process goes by what it knew: a deletion, another state or policy counts after it."""

PLAYABLE_STATES = ("playable", "ready")


@dataclass(frozen=True)
class Picture:
    """The planned picture; sizes in pixels, ``duration`` in seconds. Of sound alone it is the poster, which has no
    ``frame_rate``."""

    width: int
    height: int
    frame_rate: float | None
    duration: float


@dataclass(frozen=True)
class Playback:
    """A playback ID and the version that it plays now. ``state`` is what viewers meet (``Version.shown_state``);
    ``picture`` is None until there is a plan."""

    id: str
    policy: str
    title: str
    asset_id: str
    organization_id: str
    version_id: str
    state: str
    kind: str | None
    failure_code: str | None
    picture: Picture | None
    failure_words: Mapping[str, str] | None = None
    tracks_revision: int = 0
    loop: bool = False
    origins: str = "any"

    @property
    def is_playable(self) -> bool:
        """Whether there is a manifest."""
        return self.state in PLAYABLE_STATES


class PlaybackIds:
    """Playback IDs at most ``FRESH_SECONDS`` old."""

    def __init__(self, sessions: sessionmaker[Session], stale_if_error: StaleIfError) -> None:
        self._sessions = sessions
        self._known: Cache[str, Playback] = Cache(10_000, FRESH_SECONDS, stale_if_error=stale_if_error)

    def find(self, playback_id: str) -> Playback | None:
        """Return the playback ID, unless it is unknown or its asset is deleted."""
        return self._known.get(playback_id, lambda: self._ask(playback_id))

    def _ask(self, playback_id: str) -> Playback | None:
        with self._sessions() as session:
            found = playback.find_playback(session, playback_id)
        return describe(*found) if found else None


def describe(playback_id: PlaybackId, asset: Asset, version: Version) -> Playback:
    """Return the rows of a playback ID as one value."""
    facts = version.facts
    return Playback(
        id=playback_id.id,
        policy=playback_id.policy,
        title=asset.title,
        asset_id=asset.id,
        organization_id=asset.organization_id,
        version_id=version.id,
        state=version.shown_state,
        kind=version.kind,
        failure_code=version.failure_code,
        failure_words=version.failure_words,
        picture=_picture(facts) if facts else None,
        tracks_revision=version.tracks_revision,
        loop=facts.loop if facts else version.kind == "animation",
        origins=playback_id.origins,
    )


def _picture(facts: VersionFacts) -> Picture:
    return Picture(facts.width, facts.height, facts.frame_rate, facts.duration)
