"""Sizes of pictures, in pixels."""

from __future__ import annotations


def fit(width: int, height: int, side: int) -> tuple[int, int]:
    """Even size of the same shape whose longer side is at most ``side``; never larger than the picture."""
    share = min(1.0, side / max(width, height))
    return even(width * share), even(height * share)


def even(length: float) -> int:
    """Return the nearest even number above zero: H.264 with 4:2:0 colour has no odd sizes."""
    return max(2, 2 * round(length / 2))
