"""Playlists and manifests as one process renders and remembers them.

A viewer asks for the same few things again and again, and so do thousands of viewers of one lesson. What may
change (state, policy, deletion) is remembered for ``FRESH_SECONDS``; what belongs to a version and can never
change again is kept until it is pushed out.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy.orm import Session, sessionmaker

from media_service.cache import Cache, StaleIfError
from media_service.playback.access.playback_ids import FRESH_SECONDS, PLAYABLE_STATES, Playback
from media_service.playback.access.token_limits import Clip, TokenLimits
from media_service.playback.manifests import dash, hls
from media_service.playback.manifests.clips import beginning, highest
from media_service.playback.manifests.delivery import Delivery, Scope, ServiceDelivery
from media_service.playback.manifests.presentation import (
    CaptionTrack,
    ChunkRanges,
    Presentation,
    Variant,
    contiguous,
    reach,
)
from media_service.playback.manifests.storyboard import sheet_of
from storage.catalogue import chunks, mirrors, playback, renditions, tracks
from storage.catalogue.facts import VersionFacts
from storage.catalogue.models import Chunk, Rendition, Track, Version
from storage.packed_chunks import StoredChunk, unpack

LIMITED_SECONDS = 300.0
ASKED_SECONDS = 60.0
MANIFESTS = 64
"""DASH manifests that are remembered: each names all segments of a version, half a megabyte of a long lesson."""

PACKED_BYTES = 8 * 1024 * 1024
PACKED_SECONDS = 60.0
"""Packed chunks that are remembered: of half an hour 25 kB. Their playlists are, too, once they were asked for."""


@dataclass(frozen=True)
class RenderedPlaylist:
    """A playlist without its tokens (see ``hls.with_query``); ``final`` if it can never change again.

    ``scope`` is what a media playlist opens; the children of others are this service's own.
    """

    template: str
    final: bool
    scope: Scope | None = None
    etag: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "etag", hashlib.sha256(self.template.encode()).hexdigest()[:32])


_Render = Callable[[Session, Version, VersionFacts], RenderedPlaylist | None]


class Manifests:
    """Playlists and manifests of one process. Every method returns None for "no such thing"."""

    def __init__(
        self, sessions: sessionmaker[Session], delivery: Delivery, stale_if_error: StaleIfError
    ) -> None:
        self._sessions = sessions
        self._delivery = delivery
        self._growing: Cache[tuple[str, ...], RenderedPlaylist] = Cache(256, FRESH_SECONDS)
        self._final: Cache[tuple[str, ...], RenderedPlaylist] = Cache(512)
        self._manifests: Cache[tuple[str, ...], RenderedPlaylist] = Cache(MANIFESTS)
        # Apart, for there may be many clips of one lesson: they push out each other and nothing else.
        self._limited: Cache[tuple[str, ...], RenderedPlaylist] = Cache(512, LIMITED_SECONDS)
        self._ready: Cache[tuple[str, str], Version] = Cache(2_000)
        self._asked_for: Cache[str, bool] = Cache(10_000, ASKED_SECONDS)
        self._packed: Cache[str, Mapping[str, bytes]] = Cache(PACKED_BYTES, PACKED_SECONDS, weigh=_bytes_of)
        self._heights: Cache[str, Mapping[str, int]] = Cache(2_000)
        self._ranges: Cache[tuple[str, str], Sequence[ChunkRanges]] = Cache(
            256, FRESH_SECONDS, stale_if_error=stale_if_error
        )

    def master(self, of: Playback, limits: TokenLimits | None = None) -> RenderedPlaylist | None:
        """Return the multivariant playlist of the current version; None while nothing can be played.

        It names the tracks, which authors may change at any time: their revision is part of the key, so a change
        shows as soon as the playback ID is looked up again.
        """
        rendered = self._master(of.asset_id, of.version_id, limits, str(of.tracks_revision))
        if rendered is None and not self._asked_for.find(of.asset_id):
            # A copy of another platform's lesson comes sooner if somebody wants to see it.
            mirrors.ask_for(self._sessions, of.asset_id)
            self._asked_for.put(of.asset_id, True)
        return rendered

    def master_of(
        self, of: Playback, version_id: str, limits: TokenLimits | None = None
    ) -> RenderedPlaylist | None:
        """Return the multivariant playlist of another version of the asset, for those who began with it."""
        return self._master(of.asset_id, version_id, limits, None)

    def _master(
        self, asset_id: str, version_id: str, limits: TokenLimits | None, revision: str | None
    ) -> RenderedPlaylist | None:
        """Return a multivariant playlist; ``revision`` is that of its tracks, None of what is not current: that is
        remembered for a while only.
        """

        def render(session: Session, version: Version, facts: VersionFacts) -> RenderedPlaylist | None:
            ended = version.state == "ready"
            made = (renditions.qualities_of if ended else renditions.renditions_of)(session, version.id)
            found = tracks.tracks_of(session, version.id)
            shown = presentation(version, facts, made, found, max_height, named=named)
            if not hls.is_playable(shown) or not hls.has_reached(shown, start):
                return None
            return RenderedPlaylist(hls.multivariant(shown), shown.ended)

        max_height = limits.max_height if limits is not None else None
        named = limits is None or limits.alias is None
        what = ("master", str(revision), str(named))
        start = limits.clip.start if limits is not None and limits.clip is not None else 0.0
        is_limited = max_height is not None or start or revision is None
        limited = (str(max_height), str(start)) if is_limited else ()
        return self._rendered(asset_id, version_id, what, render, limited)

    def manifest(
        self, of: Playback, *, storyboard: bool, max_height: int | None = None
    ) -> RenderedPlaylist | None:
        """The DASH manifest of the current version, with or without its ``storyboard``; None until it has ended."""
        key = (of.asset_id, of.version_id, str(of.tracks_revision), str(storyboard), str(max_height))

        def render() -> RenderedPlaylist | None:
            with self._sessions() as session:
                version = playback.find_version(session, of.asset_id, of.version_id)
                if version is None or version.state != "ready" or version.facts is None:
                    return None
                made = renditions.renditions_of(session, version.id)
                found = tracks.tracks_of(session, version.id)
                shown = presentation(version, version.facts, made, found, max_height)
                image = renditions.find_image(session, version.id, "storyboard") if storyboard else None
                sheet = sheet_of(image.details, image.size) if image else None
            ranges = {rendition.name: _ranges(rendition.chunks) for rendition in made}
            return RenderedPlaylist(dash.manifest(shown, ranges, sheet), True)

        return self._manifests.get(key, render)

    def media(
        self,
        asset_id: str,
        version_id: str,
        name: str,
        limits: TokenLimits | None = None,
        *,
        watched: bool = False,
    ) -> RenderedPlaylist | None:
        """The media playlist of a rendition; None while it has no segment, and for one that ``limits`` keep back.

        Of a viewer who is ``watched`` (``Admission.is_watched``), segments stay this service's own.
        """
        clip = limits.clip if limits is not None else None
        if limits is not None and not self.is_open(asset_id, version_id, name, limits):
            return None
        delivery = ServiceDelivery() if watched else self._delivery
        scope = None if watched else Scope(asset_id, version_id, name)
        period = delivery.period(time.time())

        def render(session: Session, version: Version, facts: VersionFacts) -> RenderedPlaylist | None:
            stored = self._chunks(session, version, name)
            divided = contiguous(_ranges(stored))
            if not divided:
                return None
            shown = presentation(version, facts, (), ())
            planned = facts.planned_chunks(name)
            keys = {chunk.number: chunk.object_key for chunk in stored}

            def address(number: int) -> str:
                return delivery.address(name, number, keys[number], period)

            text = hls.media(shown, address, divided, planned, clip.touches if clip else None)
            return RenderedPlaylist(text, shown.ended, scope) if text else None

        what = ("media", name, "watched" if watched else str(period))
        limited = (str(clip.start), str(clip.end)) if clip else ()
        return self._rendered(asset_id, version_id, what, render, limited)

    def _chunks(self, session: Session, version: Version, name: str) -> Sequence[StoredChunk]:
        """Those of a rendition. Who asks for one will ask for others: what is packed is brought with it."""
        if version.state == "ready":
            packed = self._packed.find(version.id)
            if packed is None:
                packed = chunks.packed_of(session, version.id)
                self._packed.put(version.id, packed)
            if name in packed:
                return unpack(packed[name])
        found = chunks.find(session, version.id, name)
        return found.chunks if found else ()

    def is_open(self, asset_id: str, version_id: str, name: str, limits: TokenLimits) -> bool:
        """Return whether a rendition is not above the height that may be played."""
        if limits.max_height is None:
            return True
        heights = self._heights.find(version_id)
        if heights is None or name not in heights:
            with self._sessions() as session:
                if playback.find_version(session, asset_id, version_id) is None:
                    return False
                heights = playback.rendition_heights(session, version_id)
            self._heights.put(version_id, heights)
        pictures = [height for height in heights.values() if height]
        return name in heights and heights[name] <= highest(pictures, limits.max_height)

    def ranges(self, asset_id: str, version_id: str, name: str) -> Sequence[ChunkRanges]:
        """How the contiguous chunks of a rendition are divided."""

        def find() -> Sequence[ChunkRanges] | None:
            with self._sessions() as session:
                if playback.find_version(session, asset_id, version_id) is None:
                    return None
                found = chunks.find(session, version_id, name)
            return contiguous(_ranges(found.chunks)) if found else None

        return self._ranges.get((version_id, name), find) or ()

    def clip_start(self, of: Playback, clip: Clip) -> float:
        """Where on the time line a player of the clip begins: with the segment that its start lies in."""
        if clip.start == 0:
            return 0.0
        with self._sessions() as session:
            lowest = playback.first_rendition(session, of.version_id)
        return beginning(self.ranges(of.asset_id, of.version_id, lowest or ""), clip)

    def caption_playlist(self, of: Playback, version_id: str, track_id: str) -> RenderedPlaylist | None:
        """Return the media playlist of a caption track, until the track is removed or replaced."""

        def render(session: Session, version: Version, facts: VersionFacts) -> RenderedPlaylist | None:
            found = [t for t in tracks.tracks_of(session, version.id) if t.id == track_id]
            shown = presentation(version, facts, (), found)
            if not shown.captions:
                return None
            return RenderedPlaylist(hls.caption_media(shown, shown.captions[0]), shown.ended)

        what = ("caption", track_id, str(of.tracks_revision))
        return self._rendered(of.asset_id, version_id, what, render)

    def _rendered(
        self,
        asset_id: str,
        version_id: str,
        what: tuple[str, ...],
        render: _Render,
        limited: tuple[str, ...] = (),
    ) -> RenderedPlaylist | None:
        key = (asset_id, version_id, *what, *limited)
        final = self._limited if limited else self._final
        rendered = final.find(key) or self._growing.find(key)
        if rendered is not None:
            return rendered
        with self._sessions() as session:
            version = self._ready.find((asset_id, version_id)) or playback.find_version(
                session, asset_id, version_id
            )
            if version is None or version.shown_state not in PLAYABLE_STATES or version.facts is None:
                return None
            rendered = render(session, version, version.facts)
        if version.state == "ready":
            self._ready.put((asset_id, version_id), version)
        if rendered is not None:
            (final if rendered.final else self._growing).put(key, rendered)
        return rendered


def presentation(
    version: Version,
    facts: VersionFacts,
    made: Sequence[Rendition],
    found: Sequence[Track],
    max_height: int | None = None,
    *,
    named: bool = True,
) -> Presentation:
    """Return a planned version as players see it that may show pictures of ``max_height`` at most. Of one that is not
    ``named``, sounds and captions are told apart by their languages alone. The renditions of one that is ready need no
    chunks: they reach to its end."""
    ended = version.state == "ready"
    return Presentation(
        version_id=version.id,
        ended=ended,
        target_duration=hls.target_duration(facts.longest_segment),
        duration=facts.duration,
        variants=_not_higher(
            [_variant(rendition, facts, named=named, ended=ended) for rendition in made], max_height
        ),
        captions=tuple(
            CaptionTrack(t.id, t.language, t.label if named else t.language, t.automatic)
            for t in found
            if t.kind == "captions"
        ),
    )


def _not_higher(variants: Sequence[Variant], max_height: int | None) -> tuple[Variant, ...]:
    if max_height is None:
        return tuple(variants)
    limit = highest([variant.height for variant in variants if variant.height], max_height)
    return tuple(variant for variant in variants if (variant.height or 0) <= limit)


def _variant(rendition: Rendition, facts: VersionFacts, *, named: bool, ended: bool) -> Variant:
    return Variant(
        name=rendition.name,
        kind=rendition.kind,
        codecs=rendition.codecs,
        bandwidth=rendition.peak_bandwidth or rendition.planned_bandwidth,
        average_bandwidth=rendition.average_bandwidth,
        reach=facts.duration if ended else reach(_ranges(rendition.chunks)),
        width=rendition.width,
        height=rendition.height,
        frame_rate=rendition.frame_rate,
        channels=rendition.channels,
        language=rendition.language,
        label=rendition.label if named else None,
        described=facts.is_described(rendition.name),
    )


def _bytes_of(packed: Mapping[str, bytes]) -> int:
    return 1000 + sum(map(len, packed.values()))


def _ranges(divided: Iterable[Chunk | StoredChunk]) -> list[ChunkRanges]:
    return [ChunkRanges(chunk.number, chunk.init_length, tuple(chunk.segments)) for chunk in divided]
