"""Which frame stands for a whole video."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

CANDIDATES = 3
POSTER_SIDE = 1280


@dataclass(frozen=True)
class Statistics:
    """Of one small picture. ``brightness``, ``contrast`` (standard deviation) and ``saturation`` are 0 to 255,
    ``entropy`` is bits for each pixel."""

    brightness: float
    contrast: float
    saturation: float
    entropy: float


def candidates(pictures: Sequence[Statistics]) -> list[int]:
    """Numbers of the best pictures, best first: neither dark nor washed out, rich in content, and not from the
    very beginning or end, where titles and fades are.
    """
    count = len(pictures)

    def score(number: int) -> float:
        picture = pictures[number]
        exposure = 1 - abs(picture.brightness - 118) / 140
        content = picture.entropy / 8 + min(picture.contrast, 64) / 64 + min(picture.saturation, 96) / 384
        place = number / max(1, count - 1)
        edge = 0.75 if count > 4 and (place < 0.08 or place > 0.92) else 1.0
        return max(0.05, exposure) * content * edge

    return sorted(range(count), key=score, reverse=True)[:CANDIDATES]
