"""Names of the files that are made of a version, and of the steps that make them. Pure."""

from __future__ import annotations

from typing import Final

VIDEO_FILE: Final = "download.mp4"
AUDIO_FILE: Final = "audio.m4a"
