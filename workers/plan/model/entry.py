"""How a source is entered, so that its times come out right."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from workers.plan.source.demuxers import MENDING
from workers.plan.source.probe import AudioStream, MediaInfo, VideoStream

SEEKABLE_CONTAINERS = ("mov", "matroska")
"""Containers whose index finds the keyframe at or before a time."""

RECOUNTED_CONTAINERS = ("mpegts", "mpeg", "ogg", "live_flv")
"""Containers in which ffmpeg counts from the first of the streams that it is asked for, not from the first of all
(fftools/ffmpeg.c, ``correct_input_start_times``)."""

SEEK_MARGIN = 12
"""How much earlier, in seconds, other containers are entered, so that the wanted frame is surely decoded."""


@dataclass(frozen=True)
class Entry:
    """How a stream of a source is entered. ``joint_streams`` are those of a source whose timestamps start again
    somewhere: it is only read from its beginning, and all of them at once, so that their times are mended alike.
    ``start_offset`` is how many seconds after the source's start ffmpeg would begin to count if it were not told.
    ``demuxer`` is FFmpeg's, where its own choice would not do; such sources are always read from their beginning.
    """

    joint_streams: tuple[int, ...] = ()
    start_offset: float = 0.0
    demuxer: str | None = None


def entry_of(media: MediaInfo, stream: VideoStream | AudioStream, joint_streams: tuple[int, ...]) -> Entry:
    """Decide how a stream is entered; ``joint_streams`` is empty where time runs on."""
    demuxer = MENDING.get(media.container) if joint_streams else None
    if media.animation:
        demuxer = media.container
    offset = 0.0
    if (demuxer or media.container) in RECOUNTED_CONTAINERS:
        read = [each.start for each in (media.video, *media.sounds) if each and each.index in joint_streams]
        offset = max(0.0, min(read or [stream.start]))
    return Entry(joint_streams, offset, demuxer)


def seek_margin(media: MediaInfo, rate: Fraction) -> int:
    """Return how many frames earlier than wanted a source is entered."""
    return 0 if media.container in SEEKABLE_CONTAINERS else ceil(SEEK_MARGIN * rate)
