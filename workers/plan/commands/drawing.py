"""What a browser has drawn, and the sound that was heard meanwhile, become a film without loss."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Final

import ffmpeg

from workers.plan.commands.lines import compiled

FILM: Final = "drawn.mkv"
FILM_HEAD: Final = b"\x1a\x45\xdf\xa3"
"""What such a file begins with: Matroska's EBML."""


def join_drawing(
    pictures: str | None, sound: str | None, rate: Fraction, count: int, sample_rate: int
) -> list[str]:
    """Write ``FILM`` of the first ``count`` pictures of an APNG, shown at ``rate``, and of ``sound`` in 16 bits;
    without ``pictures`` of as much sound alone."""
    streams, coding = [], dict[str, Any]()
    if pictures is not None:
        streams.append(ffmpeg.input(pictures, format="apng"))
        coding |= {
            "c:v": "ffv1",
            "level": 3,
            "slicecrc": 1,
            "pix_fmt": "bgr0",
            "fps_mode": "cfr",
            "r": str(rate),
        }
    if sound is not None:
        streams.append(ffmpeg.input(sound, format="s16le", sample_rate=sample_rate, ch_layout="stereo"))
        coding["c:a"] = "flac"
    return compiled(ffmpeg.output(*streams, FILM, format="matroska", t=float(count / rate), **coding))
