"""A sound that is not in the lesson's own file, as one any player takes: stored chunks joined, with an index. Pure."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Final

from media_service.offline.layout import Piece, Stored

_TIMESCALE: Final = 48_000
"""That of the track itself, for which FFmpeg takes the index's."""

_STARTS_WITH_SAP: Final = 0x90000000
"""Each segment begins with an access point of type 1."""


@dataclass(frozen=True)
class SoundChunk:
    """One stored chunk: ``segments`` are seconds, offset and length in bytes."""

    key: str
    init_length: int
    segments: Sequence[tuple[float, int, int]]


def joined(chunks: Sequence[SoundChunk]) -> tuple[Piece, ...]:
    """The initialization segment of the first chunk, an index by which players seek, and all segments in order."""
    stored = []
    spans: list[tuple[float, int]] = []
    for chunk in chunks:
        seconds, offsets, lengths = zip(*chunk.segments, strict=True)
        end = offsets[-1] + lengths[-1]
        # What stands between two segments (a free box) counts as the end of the first one.
        spans += zip(seconds, (later - earlier for earlier, later in pairwise([*offsets, end])), strict=True)
        stored.append(Stored(chunk.key, end - offsets[0], offsets[0]))
    return (Stored(chunks[0].key, chunks[0].init_length), _segment_index(spans), *stored)


def _segment_index(spans: Sequence[tuple[float, int]]) -> bytes:
    """The box ``sidx`` of what follows it (ISO/IEC 14496-12, section 8.16.3); ``spans`` are seconds and bytes."""
    ends = [round(end * _TIMESCALE) for end in accumulate((seconds for seconds, _ in spans), initial=0.0)]
    references = b"".join(
        struct.pack(">III", size, end - start, _STARTS_WITH_SAP)
        for (_, size), (start, end) in zip(spans, pairwise(ends), strict=True)
    )
    body = struct.pack(">IIIIIHH", 0, 1, _TIMESCALE, 0, 0, 0, len(spans)) + references
    return struct.pack(">I4s", 8 + len(body), b"sidx") + body
