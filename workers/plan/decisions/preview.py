"""Which moments of a video show best what it is like, and how they become a moving picture."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from workers.plan.formats.cmaf import Fragment

PIECES: Final = 3
PIECE_SECONDS: Final = 1.0
BOX: Final = (320, 568)
"""Largest width and height."""

LARGEST: Final = 500_000
"""Most bytes of a preview."""


@dataclass(frozen=True)
class Piece:
    """``count`` frames of a segment from its frame ``start``, in the order in which they are shown. ``activity`` is
    comparable between pieces of one rendition."""

    segment: int
    start: int
    count: int
    activity: float


@dataclass(frozen=True)
class Attempt:
    """How a preview is encoded: how many pieces, WebP quality (0 to 100), pictures per second."""

    pieces: int
    quality: int
    rate: float


ATTEMPTS: Final = (
    Attempt(PIECES, 60, 12),
    Attempt(PIECES, 35, 10),
    Attempt(PIECES, 10, 8),
    Attempt(1, 10, 8),
)
"""Tried in turn until one is small enough."""


def liveliest(segments: Iterable[Fragment], piece_frames: int) -> tuple[Piece, ...]:
    """Return the ``PIECES`` pieces in which most happens, liveliest first; ``piece_frames`` long where the segments
    are.

    Judged by what the encoder spent: the median of a piece's frames, so that neither a keyframe nor a slide that is
    turned counts for motion. An encoder that holds quality constant spends next to nothing where nothing moves.
    """
    pieces = [
        piece for number, fragment in enumerate(segments) for piece in _pieces(number, fragment, piece_frames)
    ]
    return tuple(sorted(pieces, key=lambda piece: (-piece.activity, piece.segment, piece.start))[:PIECES])


def _pieces(number: int, fragment: Fragment, piece_frames: int) -> list[Piece]:
    shown = sorted(zip(fragment.presentation_times, fragment.samples, strict=True), key=lambda item: item[0])
    pieces = []
    for start in range(0, len(shown), piece_frames):
        samples = [sample for _time, sample in shown[start : start + piece_frames]]
        spent = [sample.size for sample in samples if not sample.keyframe]
        pieces.append(
            Piece(number, start, len(samples), float(median(spent)) * len(samples) if spent else 0.0)
        )
    return pieces


def frames_shown(pieces: Sequence[Piece], lengths: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """First and last frame of each piece, counted over the segments in ``lengths`` alone: their numbers and numbers
    of frames, in order."""
    first: dict[int, int] = {}
    total = 0
    for number, frames in lengths:
        first[number] = total
        total += frames
    return sorted(
        (begin, begin + piece.count - 1) for piece in pieces for begin in [first[piece.segment] + piece.start]
    )
