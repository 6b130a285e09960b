"""The time grid of a picture: every rendition has exactly these frames, and is cut at them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from workers.plan.timing import LONGEST_CHUNK_SECONDS, Span, chunk_spans

HEAD_SECONDS = 24
"""The lowest rung runs ahead alone in the chunks that begin within this time, so that a viewer can start while the
source is tried. How far it has to run ahead of the ladder is known then (``decisions.pace``)."""


LONG_SEGMENT = 3
"""How many times as long segments are where nothing moves: a keyframe takes more there than all until the next."""

TOO_SHORT = Fraction(1, 50)
"""Seconds of sound that need no picture."""


@dataclass(frozen=True)
class TimeGrid:
    """``rate`` is frames per second, as two whole numbers. The source's own picture covers ``picture_frames`` of
    ``frames``; its last frame is held after that. The first ``head_chunks`` are those in which the lowest rung runs
    ahead.
    """

    rate: tuple[int, int]
    frames: int
    picture_frames: int
    segment_frames: int
    chunks: tuple[Span, ...]
    head_chunks: int
    long_segment_frames: int = 0
    """Frames of a segment in the chunks that begin after one of these, if nothing moves; else 0. The first ones are
    short all the same, so that a player has them at once."""

    @property
    def frame_rate(self) -> Fraction:
        """Frames per second."""
        return Fraction(*self.rate)

    @property
    def duration(self) -> float:
        """Seconds."""
        return float(self.frames / self.frame_rate)

    @property
    def segment_seconds(self) -> float:
        """Seconds of the first segments."""
        return float(self.segment_frames / self.frame_rate)

    @property
    def longest_segment_frames(self) -> int:
        """Frames of the longest segments."""
        return self.segment_of(self.chunks[-1])

    def segment_of(self, span: Span) -> int:
        """Return how many frames the segments of a chunk have, but for its last."""
        is_long = self.long_segment_frames and span.start >= self.long_segment_frames
        return self.long_segment_frames if is_long else self.segment_frames

    @property
    def segment_starts(self) -> list[int]:
        """First frames of all segments."""
        return [
            start
            for span in self.chunks
            for start in range(span.start, span.start + span.count, self.segment_of(span))
        ]


def frames_in(seconds: float, rate: Fraction, *, heard: bool = False) -> int:
    """Return how many frames cover ``seconds``, to the nearest frame and at least one. Where something is ``heard``,
    the picture stands until it is over, but for what is ``TOO_SHORT``.
    """
    spared = min(Fraction(1, 2), TOO_SHORT * rate) if heard else Fraction(1, 2)
    return max(1, ceil(seconds * rate - spared))


def make_grid(
    rate: Fraction,
    frames: int,
    segment: int,
    picture_end: float,
    *,
    one_chunk: bool,
    ahead: bool,
    still: bool = False,
) -> TimeGrid:
    """Cut ``frames`` into chunks of whole segments, or leave them in ``one_chunk``. The picture ends at ``picture_end``
    seconds. Where the lowest rung does not run ``ahead``, the grid has no head; where the picture stands ``still``,
    later segments are long.
    """
    longest = int(LONGEST_CHUNK_SECONDS * rate)
    long_segment = LONG_SEGMENT * segment if still and not one_chunk else 0
    chunks = (Span(0, 0, frames),) if one_chunk else chunk_spans(frames, segment, longest, long_segment)
    return TimeGrid(
        rate=rate.as_integer_ratio(),
        frames=frames,
        picture_frames=min(frames, max(1, round(picture_end * rate))),
        segment_frames=segment,
        chunks=chunks,
        head_chunks=_head_chunks(chunks, rate) if ahead else 0,
        long_segment_frames=long_segment,
    )


def _head_chunks(chunks: Sequence[Span], rate: Fraction) -> int:
    return sum(1 for span in chunks if span.start < HEAD_SECONDS * rate)
