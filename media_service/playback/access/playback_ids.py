"""Playback IDs, and what each plays now, as one process remembers them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.orm import Session, sessionmaker

from media_service.cache import Cache, StaleIfError
from media_service.playback.access.references import PlayedThere
from storage.catalogue import playback
from storage.catalogue.facts import VersionFacts
from storage.catalogue.models import Asset, PlaybackId, Version
from storage.catalogue.pictures import POSTER
from storage.catalogue.publication import is_published
from storage.catalogue.visibility import shared_with

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
    """A playback ID and the version that it plays now. ``policy`` is what counts: a public one of an asset that is not
    public wants a token, too. ``state`` is what viewers meet (``Version.shown_state``); ``picture`` is None until there
    is a plan."""

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
    is_interactive: bool = False
    """Whether its source waits for its reader."""
    origins: str = "any"
    poster: str = POSTER
    """Name of the image that stands for it."""
    is_hidden: bool = False
    """Whether it plays for nobody but those who keep it: it is private, or not published."""
    shared_with: frozenset[str] = frozenset()
    """Organizations whose own keys open it, and those of all below them, beside its owner's and those above."""

    played_there: PlayedThere | None = None
    """Of a reference: what plays it at its origin."""

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


class OtherVersions:
    """Versions that are not current, as those play them who began with them."""

    def __init__(self, sessions: sessionmaker[Session], stale_if_error: StaleIfError) -> None:
        self._sessions = sessions
        self._known: Cache[tuple[str, str], Version] = Cache(
            1_000, FRESH_SECONDS, stale_if_error=stale_if_error
        )

    def find(self, of: Playback, version_id: str) -> Playback | None:
        """Return what ``of`` would be if this version of its asset were current; None if it has no such version."""

        def ask() -> Version | None:
            with self._sessions() as session:
                return playback.find_version(session, of.asset_id, version_id)

        version = self._known.get((of.asset_id, version_id), ask)
        return None if version is None else replace(of, **_of_version(version))


def describe(playback_id: PlaybackId, asset: Asset, version: Version) -> Playback:
    """Return the rows of a playback ID as one value."""
    return Playback(
        id=playback_id.id,
        # Judged here and not with each request: what is remembered is as fresh as everything else of it.
        policy="public" if playback_id.policy == asset.effective_visibility == "public" else "signed",
        title=asset.title,
        asset_id=asset.id,
        organization_id=asset.organization_id,
        origins=playback_id.origins,
        is_hidden=asset.effective_visibility == "private" or not is_published(asset),
        shared_with=shared_with(asset),
        **_of_version(version),
    )


def _of_version(version: Version) -> dict[str, Any]:
    facts = version.facts
    return {
        "version_id": version.id,
        "state": version.shown_state,
        "kind": version.kind,
        "failure_code": version.failure_code,
        "failure_words": version.failure_words,
        "picture": _picture(facts) if facts else None,
        "tracks_revision": version.tracks_revision,
        "poster": version.poster,
        "loop": facts.loop if facts else version.kind == "animation",
        "is_interactive": facts is not None and facts.is_interactive,
        "played_there": PlayedThere(version.origin_link_id, version.origin_playback_id)
        if version.origin_playback_id is not None
        else None,
    }


def _picture(facts: VersionFacts) -> Picture:
    return Picture(facts.width, facts.height, facts.frame_rate, facts.duration)
