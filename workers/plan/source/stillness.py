"""Whether a picture mostly stands still, by what its own encoder spent on it."""

from __future__ import annotations

from typing import Final

from workers.plan.formats.mp4_index import SampleTable

_STILL_SHARE: Final = 0.75
"""Of the frames without keyframes: slides are turned now and then, and pointers move over them."""

_PIXELS_PER_BYTE: Final = 4000
_LEAST_BYTES: Final = 150
"""A frame like the one before takes some 70 bytes of H.264 in 1080p, a moving one of a frugal camera 1,500 in a third
of the size."""


def stands_still(table: SampleTable, pixels: int) -> bool:
    """Return whether hardly anything moves in a picture of so many ``pixels``."""
    keyframes = set(table.keyframes)
    others = [size for number, size in enumerate(table.sizes) if number not in keyframes]
    still = max(_LEAST_BYTES, pixels // _PIXELS_PER_BYTE)
    return bool(others) and sum(size <= still for size in others) >= _STILL_SHARE * len(others)
