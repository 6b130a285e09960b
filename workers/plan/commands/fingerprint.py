"""Take the fingerprint of a sound, by which another recording of the same is found."""

from __future__ import annotations

from typing import Any

import ffmpeg

from workers.plan.commands.lines import Input, compiled

FINGERPRINT = "sound.fingerprint"


def take_fingerprint(source: Input) -> list[str]:
    """Write Chromaprint's numbers for the whole sound into ``FINGERPRINT``, 32 bits each as this machine has them."""
    return compiled(fingerprinted(ffmpeg.input(source.address, **source.guards)["a:0"]))


def fingerprinted(sound: Any, **limits: float) -> Any:
    """The output that does so, of what ``limits`` (ffmpeg's options) leave of the sound."""
    options = {"format": "chromaprint", "fp_format": "raw", "ac": 1, "ar": 11_025}
    return ffmpeg.output(sound, FINGERPRINT, **options, **limits)
