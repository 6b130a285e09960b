"""The chunks of a rendition that is finished, as one value: of half an hour 4 kB, where rows take 30. Pure.

The number of the format and that of the chunks; the SHA-256 of each, which nothing makes shorter; then all else in
columns, as JSON, deflated. Who writes another format has to let a release pass that reads it before.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import accumulate, chain
from operator import add
from typing import Any, Final, NamedTuple

_FORMAT: Final = 1
_HEAD: Final = struct.Struct(">BI")
_HASH_BYTES: Final = 32
_PLAIN: Final = ("number", "object_key", "size", "init_length", "init_sha256", "frames")


class Segment(NamedTuple):
    """``duration`` in seconds; ``offset`` and ``length`` in bytes of the chunk's object."""

    duration: float
    offset: int
    length: int


_segment = partial(tuple.__new__, Segment)


class StoredChunk(NamedTuple):
    """A chunk as the catalogue knows it: ``storage.catalogue.models.Chunk`` without its rendition."""

    number: int
    object_key: str
    size: int
    sha256: str
    init_length: int
    init_sha256: str
    frames: int
    segments: Sequence[Segment]


class UnknownPacking(ValueError):
    """Not what ``pack`` of this release makes, or not any more: damaged."""


def pack(chunks: Sequence[StoredChunk]) -> bytes:
    """Return what ``unpack`` makes the same chunks of."""
    segments = [segment for chunk in chunks for segment in chunk.segments]
    columns: dict[str, list[Any]] = {name: [getattr(chunk, name) for chunk in chunks] for name in _PLAIN}
    columns["segments"] = [len(chunk.segments) for chunk in chunks]
    columns["duration"] = [segment.duration for segment in segments]
    # Mostly 8: what stands before a segment and belongs to none.
    columns["skipped"] = list(chain.from_iterable(_skipped(chunk.segments) for chunk in chunks))
    columns["length"] = [segment.length for segment in segments]
    hashes = b"".join(bytes.fromhex(chunk.sha256) for chunk in chunks)
    said = json.dumps(columns, separators=(",", ":")).encode()
    return _HEAD.pack(_FORMAT, len(chunks)) + hashes + zlib.compress(said, 9)


def unpack(packed: bytes) -> list[StoredChunk]:
    """Return the chunks. Raises ``UnknownPacking``; damage to a hash shows where objects are compared with it."""
    try:
        return _unpacked(packed)
    except (struct.error, zlib.error, ValueError, LookupError, TypeError) as error:
        raise UnknownPacking(f"packed chunks cannot be read: {error}") from error


def _unpacked(packed: bytes) -> list[StoredChunk]:
    form, count = _HEAD.unpack_from(packed)
    if form != _FORMAT:
        raise UnknownPacking(f"chunks are packed in format {form}, this release knows {_FORMAT}")
    begin = _HEAD.size + count * _HASH_BYTES
    columns = json.loads(zlib.decompress(packed[begin:]))
    hashes = [packed[at : at + _HASH_BYTES].hex() for at in range(_HEAD.size, begin, _HASH_BYTES)]
    rows = zip(*(columns[name] for name in _PLAIN), hashes, _segments(columns), strict=True)
    return [
        StoredChunk._make((number, key, size, sha256, init_length, init_sha256, frames, segments))
        for number, key, size, init_length, init_sha256, frames, sha256, segments in rows
    ]


def _skipped(segments: Sequence[Segment]) -> Iterator[int]:
    end = 0
    for segment in segments:
        yield segment.offset - end
        end = segment.offset + segment.length


def _segments(columns: dict[str, list[Any]]) -> Iterator[tuple[Segment, ...]]:
    """Those of one chunk after the other."""
    durations, skipped, lengths = columns["duration"], columns["skipped"], columns["length"]
    ends = list(accumulate(columns["segments"]))
    for begin, end in zip((0, *ends), ends, strict=False):
        # Each begins so many bytes behind the one before. Players wait for this, so C does it.
        steps = map(add, skipped[begin:end], (0, *lengths[begin:end]))
        yield tuple(
            map(_segment, zip(durations[begin:end], accumulate(steps), lengths[begin:end], strict=False))
        )
