"""Where a source ends, by its packets or its index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from workers.plan.formats.mp4_index import IndexedTrack
from workers.plan.source.probe import MediaInfo
from workers.plan.source.values import integer, number

DISCARDED = "D"
"""ffprobe's flag of a packet that is decoded and not shown."""


@dataclass(frozen=True)
class Packets:
    """What reading packets found: how many were pictures, and where pictures, what is played, and everything end, in
    seconds from the source's start. ``last_start`` is where the last of what is played begins."""

    pictures: int
    picture_end: float
    end: float
    played_end: float = 0.0
    last_start: float = 0.0


def parse_packets(document: dict[str, Any], media: MediaInfo) -> Packets:
    """Read the JSON of ``ffprobe -show_packets`` with stream, time, duration and flags. What an edit list leaves out is
    there, but nobody sees or hears it.
    """
    pictures, picture_end, last, played, last_start = 0, 0.0, 0.0, 0.0, 0.0
    delays: dict[int, float] = {}
    for packet in document.get("packets") or []:
        stream = integer(packet.get("stream_index"))
        shown, decoded = number(packet.get("pts_time")), number(packet.get("dts_time"))
        if shown is not None and decoded is not None:
            delays[stream] = max(delays.get(stream, 0.0), shown - decoded)
        elif shown is None and decoded is not None:
            # Program streams and AVI tell of some packets only when they are decoded.
            shown = decoded + delays.get(stream, 0.0)
        if shown is None:
            continue
        end = shown + (number(packet.get("duration_time")) or 0.0) - media.start
        last = max(last, end)
        if DISCARDED in str(packet.get("flags")):
            continue
        if stream in media.used_streams:
            played, last_start = max(played, end), max(last_start, shown - media.start)
        if media.video is not None and stream == media.video.index:
            pictures, picture_end = pictures + 1, max(picture_end, end)
    return Packets(pictures, picture_end, last, played, last_start)


def shown_rate(document: dict[str, Any], stream: int) -> Fraction | None:
    """Return how many pictures of ``stream`` there are in a second of the packets in ffprobe's JSON; None of fewer than
    two."""
    times = sorted(
        time
        for packet in document.get("packets") or []
        if integer(packet.get("stream_index")) == stream
        and (time := number(packet.get("pts_time"))) is not None
    )
    if len(times) < 2 or times[-1] <= times[0]:
        return None
    return Fraction((len(times) - 1) / (times[-1] - times[0])).limit_denominator(1001)


def last_packets(tracks: Sequence[IndexedTrack], media: MediaInfo) -> Packets:
    """Return what ffprobe would find in the packets, with the streams of ``media`` in the order of ``tracks``."""
    ends = [track.end - media.start for track in tracks]
    picture = media.video.index if media.video else None
    return Packets(
        pictures=0 if picture is None else tracks[picture].samples,
        picture_end=0.0 if picture is None else ends[picture],
        end=max(ends),
        played_end=max(ends[index] for index in media.used_streams),
        last_start=max(tracks[index].last_start - media.start for index in media.used_streams),
    )
