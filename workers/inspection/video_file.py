"""The door for video files, and for sound alone: what FFmpeg reads itself."""

from __future__ import annotations

from dataclasses import replace

from storage.catalogue.facts import Notice
from workers.context import StepContext
from workers.inspection.cadence import look_at_pictures
from workers.inspection.extent import Index, find_extent, find_index, find_movie, read_through
from workers.inspection.inspected import Inspected
from workers.inspection.probing import probe, read_rate
from workers.media import OpenSource
from workers.plan.failure import MediaFailure
from workers.plan.formats.joined import holds_another
from workers.plan.formats.mp4_index import (
    SampleTable,
    is_encrypted,
    is_fragmented,
    is_joined,
    read_samples,
)
from workers.plan.model.passthrough import has_constant_rate
from workers.plan.source import clock, limits
from workers.plan.source.probe import MediaInfo
from workers.plan.source.protection import SCRAMBLED_CONTAINERS, is_scrambled, places
from workers.plan.timing import is_constant


def inspect_video_file(context: StepContext, head: bytes, stand_in_key: str | None = None) -> Inspected:
    """Inspect the source, or what stands in for it, which starts with ``head``. Raises ``MediaFailure``."""
    with context.tools.source(context.reader, stand_in_key or context.source_key, context.outputs) as source:
        media = probe(source, head)
        _refuse_scrambled(source, media)
        limits.check_streams(media)
        if holds_another(media.container, source.server.size, source.server.read):
            media = replace(media, notices=(*media.notices, Notice("other_files_left_out")))
        found = measure(source, media, context.settings.max_duration)
    return replace(found, background=context.version.background, stand_in_key=stand_in_key)


def measure(source: OpenSource, media: MediaInfo, maximum: float) -> Inspected:
    """Find out what headers do not tell, or tell wrongly. Raises ``MediaFailure``, also of what is longer than
    ``maximum`` seconds.
    """
    untimed = media.programmes > 1 or media.container in clock.UNTIMED
    if untimed or clock.restarts(media.container, source.server.size, source.server.read):
        duration = read_through(source, media, maximum)
        findings = replace(look_at_pictures(source, media, 0.0), restarts=True)
        return Inspected(media, duration, duration, findings)
    movie = find_movie(source, media)
    if movie is not None and is_encrypted(movie):
        raise MediaFailure("source_encrypted", "a track is encrypted")
    index = find_index(source, media, movie)
    if movie is not None and is_fragmented(movie):
        media = _with_counted_rate(source, media)
    duration, picture_end = find_extent(source, media, maximum, index)
    findings = look_at_pictures(source, media, duration)
    if movie is not None and is_joined(movie):
        findings = replace(findings, restarts=True)
    return Inspected(media, duration, picture_end, findings, _picture_samples(media, index))


def _with_counted_rate(source: OpenSource, media: MediaInfo) -> MediaInfo:
    """Return the same source, with the average rate that it has. Of fragments that hold a picture each, ffprobe does
    not know how long they are, and its average is several times too high.
    """
    video = media.video
    if video is None or is_constant(video.nominal_rate, video.average_rate):
        return media
    rate = read_rate(source, video.index)
    return media if rate is None else replace(media, video=replace(video, average_rate=rate))


def _refuse_scrambled(source: OpenSource, media: MediaInfo) -> None:
    if media.container not in SCRAMBLED_CONTAINERS:
        return
    for at in places(source.server.size):
        piece = source.server.read(at, min(clock.WINDOW, source.server.size - at))
        if is_scrambled(media.container, piece):
            raise MediaFailure("source_encrypted", f"a scrambled {media.container} stream, at byte {at}")


def _picture_samples(media: MediaInfo, index: Index | None) -> SampleTable | None:
    """Return the place and size of each frame, if the rate is constant: the source's own encoding might be served."""
    if (
        index is None
        or media.video is None
        or not has_constant_rate(media.video, index.tracks[media.video.index])
    ):
        return None
    return read_samples(index.movie, media.video.index)
