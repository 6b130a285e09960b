"""How long a source and its picture are, and whether its end is there."""

from __future__ import annotations

from dataclasses import dataclass

from workers.ffmpeg import ToolFailed
from workers.inspection.probing import read_packets, says_no
from workers.media import OpenSource
from workers.plan.commands import reading
from workers.plan.failure import MediaFailure
from workers.plan.formats.mp4_index import IndexedTrack, find_movie_box, read_index
from workers.plan.progress import Progress
from workers.plan.source import limits
from workers.plan.source.demuxers import MENDING
from workers.plan.source.packets import Packets, last_packets
from workers.plan.source.probe import AudioStream, MediaInfo, VideoStream

TAIL_SECONDS = 10.0
EDITED_CONTAINERS = ("mov",)
HEADER_SECONDS = 0.5
"""How much more than its header says a source may hold before the header counts as wrong."""

READ_THROUGH_SECONDS = 1200.0
UNINDEXED = ("mp3", "aac", "amr", "ac3", "eac3", "dts")
"""Sound without an index, whose duration is a guess from the bit rate: it is read to its end."""

UNREADABLE = "Error during demuxing: Not yet implemented"
"""What ffmpeg says, and ends well, where it cannot read on: in Ogg chains of video whose links are told apart."""


@dataclass(frozen=True)
class Index:
    """A plain index, and what it says of its tracks, which are the streams that ffprobe found."""

    movie: bytes
    tracks: tuple[IndexedTrack, ...]


def find_movie(source: OpenSource, media: MediaInfo) -> bytes | None:
    """Return the movie box of the source, if it has one with all in it."""
    if media.container not in EDITED_CONTAINERS:
        return None
    return find_movie_box(source.server.size, source.server.read)


def find_index(source: OpenSource, media: MediaInfo, movie: bytes | None) -> Index | None:
    """Return the index in ``movie``, if it is a plain one and every track of it is all there."""
    tracks = None if movie is None else read_index(movie)
    if movie is None or tracks is None or len(tracks) != media.streams:
        return None
    there = all(track.last_byte <= source.server.size for track in tracks)
    return Index(movie, tracks) if there else None


def find_extent(
    source: OpenSource, media: MediaInfo, maximum: float, index: Index | None
) -> tuple[float, float]:
    """Seconds of the presentation and of its picture; proves that the end of the source is really there."""
    declared = _declared_duration(media)
    if declared is None or media.container in UNINDEXED:
        packets = read_packets(source, media, 0.0)
        limits.check_duration(packets.end, maximum)
        return packets.end, packets.picture_end
    limits.check_duration(declared, maximum)
    packets = _last_packets(source, media, declared, index)
    limits.check_end(packets, declared)
    if 0 < packets.played_end < min(declared, packets.end) - HEADER_SECONDS:
        # Only captions, or other streams that are not played, last longer.
        declared = packets.played_end
    video = media.video
    declared_picture = video.start + video.duration if video and video.duration else declared
    # One that only claims to last beyond the end is cut there, as players do.
    if packets.last_start > declared + HEADER_SECONDS:
        limits.check_duration(packets.played_end, maximum)
        declared = packets.played_end
    if media.container not in EDITED_CONTAINERS:
        # MPEG and others give no length to a last picture. An edit list, however, may end before the packets do.
        declared = max(declared, packets.picture_end)
    return declared, packets.picture_end or declared_picture


def _last_packets(source: OpenSource, media: MediaInfo, declared: float, index: Index | None) -> Packets:
    if index:
        return last_packets(index.tracks, media)
    start = declared - TAIL_SECONDS
    packets = read_packets(source, media, start)
    # Where captions go on for long, what is played has ended before.
    while packets.end > packets.played_end == 0 < start:
        start = start / 2 if start > TAIL_SECONDS else 0.0
        packets = read_packets(source, media, start)
    return packets


def read_through(source: OpenSource, media: MediaInfo, maximum: float) -> float:
    """Seconds of a source whose timestamps start again, as ffmpeg mends them when it reads all of it."""
    reports: list[Progress] = []
    picture = media.video.index if media.video else None
    sounds = [sound.index for sound in media.sounds]
    demuxer = MENDING.get(media.container)
    try:
        finished = source.ffmpeg(
            reading.read_through(source.input, picture, sounds, demuxer),
            seconds=READ_THROUGH_SECONDS,
            progress=reports.append,
        )
    except ToolFailed as error:
        if not says_no(error):
            raise
        raise MediaFailure("duration_unknown", error.stderr_tail[-500:]) from error
    if UNREADABLE in finished.stderr_tail:
        raise MediaFailure("format_not_supported", finished.stderr_tail[-500:])
    seconds = reports[-1].out_time_seconds if reports else 0.0
    if reports and media.video:
        # The last picture has no length of its own; all of them together have.
        counted = float(reports[-1].frame / media.video.average_rate)
        seconds = counted if seconds < counted < seconds + HEADER_SECONDS else seconds
    limits.check_duration(seconds, maximum)
    return seconds


def _declared_duration(media: MediaInfo) -> float | None:
    streams: list[VideoStream | AudioStream] = [*media.sounds[:1]]
    if media.video:
        streams.append(media.video)
    return max(
        (stream.start + stream.duration for stream in streams if stream.duration), default=media.duration
    )
