"""Names of the files that are made of a version, and of the steps that make them; what readers know of one. Pure."""

from __future__ import annotations

from typing import Final

VIDEO_FILE: Final = "download.mp4"
AUDIO_FILE: Final = "audio.m4a"
PEAKS_FILE: Final = "peaks.dat"

PEAK_SECONDS: Final = 0.05
"""Of how much sound each byte of that file tells."""
