"""A sound's waveform: a byte for each moment, so that an editor draws an hour of 72 kB and decodes nothing."""

from __future__ import annotations

import re
from typing import Final

_SILENCE: Final = -60.0
"""In dB; what is fainter rounds to 0."""

_VALUE: Final = re.compile(rb"^lavfi\.astats\.Overall\.Peak_level=(\S+)$", re.MULTILINE)


def parse_peaks(text: bytes) -> bytes:
    """Read what ``ametadata`` printed: a byte for each moment, 255 at full scale, 0 for silence and no number."""
    return bytes(_peak(value) for value in _VALUE.findall(text))


def _peak(written: bytes) -> int:
    try:
        level = float(written)
    except ValueError:
        return 0
    return round(255 * 10 ** (min(level, 0.0) / 20)) if level > _SILENCE else 0
