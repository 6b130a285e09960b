"""Reading back what is stored of a rendition: its samples' index, without their bytes, and the bytes as one file."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from storage.catalogue.models import Chunk
from storage.object_slices import ObjectSlices, Reader, Slice
from workers.plan.formats.cmaf import Fragment, MalformedMp4, Track, boxes, read_fragment
from workers.plan.formats.mp4_writer import Movie, Samples

HEAD_BYTES = 8 * 1024
"""What is read of a segment at first: more than its ``moof`` box has, if it is of some 4 seconds."""


@dataclass(frozen=True)
class StoredSegment:
    """A media segment. ``whole`` is where it lies, ``media`` where the bytes of its samples lie."""

    fragment: Fragment
    whole: Slice
    media: Slice


def initialization(objects: Reader, chunks: Sequence[Chunk]) -> tuple[Slice, bytes]:
    """Return where the initialization segment lies, and its ``moov`` box; it is the same in all chunks.

    Raises ``MalformedMp4``.
    """
    place = Slice(chunks[0].object_key, 0, chunks[0].init_length)
    data = _read(objects, place)
    moov = next((data[box.start : box.end] for box in boxes(data) if box.kind == b"moov"), None)
    if moov is None:
        raise MalformedMp4("no moov box")
    return place, moov


def segments(objects: Reader, chunks: Sequence[Chunk], track: Track) -> Iterator[StoredSegment]:
    """Yield the segments in order; of each only the head is read. Raises ``MalformedMp4``."""
    for chunk in chunks:
        for _seconds, offset, length in chunk.segments:
            yield _segment(objects, Slice(chunk.object_key, offset, length), track)


def whole(chunks: Sequence[Chunk]) -> list[Slice]:
    """Where a rendition lies that tools can read: its initialization segment once, and all media segments."""
    head = Slice(chunks[0].object_key, 0, chunks[0].init_length)
    media = [
        Slice(chunk.object_key, start, length) for chunk in chunks for _, start, length in chunk.segments
    ]
    return [head, *media]


class TimedSegments:
    """The media segments of a rendition by their times: ``starts`` are the seconds at which they begin, and at which
    the last one ends."""

    def __init__(self, chunks: Sequence[Chunk]) -> None:
        self._head, *self._places = whole(chunks)
        lengths = (seconds for chunk in chunks for seconds, _, _ in chunk.segments)
        self.starts = [0.0, *accumulate(lengths)]

    def __len__(self) -> int:
        return len(self._places)

    def at(self, time: float) -> int:
        """Return the number of the one that holds a time in seconds, or of the nearest where none does."""
        return max(0, min(bisect_right(self.starts, time), len(self)) - 1)

    def file(self, objects: Reader, numbers: Iterable[int]) -> ObjectSlices:
        """Some of them as a file that tools can read."""
        return ObjectSlices(objects, [self._head, *(self._places[number] for number in numbers)])


def gather(objects: Reader, chunks: Sequence[Chunk]) -> tuple[Samples, list[Slice]]:
    """All samples of a rendition, and where those of each segment lie. Raises ``MalformedMp4``."""
    _place, moov = initialization(objects, chunks)
    samples = Samples(moov)
    media: list[Slice] = []
    for segment in segments(objects, chunks, samples.track):
        place = segment.media
        follows = bool(media) and media[-1].key == place.key
        samples.add(segment.fragment, place.start - media[-1].start - media[-1].length if follows else None)
        media.append(place)
    return samples, media


def media_of(movie: Movie, media: Sequence[Sequence[Slice]]) -> Iterator[Slice]:
    """Where everything behind the head of a movie lies, in order; ``media`` are the segments' by track."""
    tracks = [iter(places) for places in media]
    last: Slice | None = None
    for run in movie.runs:
        place = next(tracks[run.track])
        if place.length != run.size:
            raise MalformedMp4("the samples are not where they should be")
        if last is not None and run.gap:
            last = Slice(last.key, last.start, last.length + run.gap + run.size)
            continue
        if last is not None:
            yield last
        last = place
    if last is not None:
        yield last


def _segment(objects: Reader, place: Slice, track: Track) -> StoredSegment:
    head = _read(objects, Slice(place.key, place.start, min(HEAD_BYTES, place.length)))
    size = int.from_bytes(head[:4], "big")
    if head[4:8] != b"moof" or size + 8 > place.length:
        raise MalformedMp4("a segment does not begin with a moof box")
    if size + 8 > len(head):
        head = _read(objects, Slice(place.key, place.start, size + 8))
    fragment = read_fragment(head[:size], track)
    media = Slice(place.key, place.start + size + 8, place.length - size - 8)
    if (
        head[size + 4 : size + 8] != b"mdat"
        or int.from_bytes(head[size : size + 4], "big") != media.length + 8
        or sum(sample.size for sample in fragment.samples) != media.length
    ):
        raise MalformedMp4("a segment does not hold what its moof box says")
    return StoredSegment(fragment, place, media)


def _read(objects: Reader, place: Slice) -> bytes:
    return b"".join(objects.stream(place.key, place.start, place.length))
