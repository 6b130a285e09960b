"""What limits leave of a version: the renditions, segments and bytes that may be played. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from media_service.playback.access.token_limits import Clip
from media_service.playback.manifests.presentation import ChunkRanges
from storage.packed_chunks import Segment


def highest(heights: Sequence[int], max_height: int) -> int:
    """Return the height up to which renditions may be played: the lowest always may, or nothing could be."""
    return max([max_height, *sorted(heights)[:1]])


def covered(
    chunks: Sequence[ChunkRanges], clip: Clip | None
) -> list[tuple[ChunkRanges, tuple[Segment, ...]]]:
    """Each of the contiguous ``chunks`` that the clip touches, with those of its segments that it touches."""
    found, at = [], 0.0
    for chunk in chunks:
        segments = []
        for segment in chunk.segments:
            if clip is None or clip.touches(at, at + segment.duration):
                segments.append(segment)
            at += segment.duration
        if segments:
            found.append((chunk, tuple(segments)))
    return found


def open_bytes(chunks: Sequence[ChunkRanges], clip: Clip, number: int) -> list[tuple[int, int]]:
    """First and one past the last byte of what may be read of chunk ``number``: the initialization segment, without
    which nothing plays, and the segments that the clip touches.
    """
    windows = [(0, chunk.init_length) for chunk in chunks if chunk.number == number]
    for chunk, segments in covered(chunks, clip):
        if chunk.number == number:
            last = segments[-1]
            windows.append((segments[0].offset, last.offset + last.length))
    return windows


def beginning(chunks: Sequence[ChunkRanges], clip: Clip) -> float:
    """Where on the version's time line the first segment of the clip begins, in seconds."""
    at = 0.0
    for segment in (segment for chunk in chunks for segment in chunk.segments):
        if clip.touches(at, at + segment.duration):
            return at
        at += segment.duration
    return at
