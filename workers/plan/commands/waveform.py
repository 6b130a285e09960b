"""Measure a sound's peaks, of which a waveform is drawn, and how it sounds."""

from __future__ import annotations

import ffmpeg

from storage.catalogue.file_names import PEAK_SECONDS
from storage.fingerprints import SOUND_SECONDS
from workers.plan.commands.fingerprint import fingerprinted
from workers.plan.commands.lines import Input, compiled

PEAKS = "peaks.txt"

_RATE = 8000


def measure_sound(source: Input) -> list[str]:
    """Write the peak level of each ``PEAK_SECONDS`` of the sound, in dB of full scale, into ``PEAKS``, and the
    fingerprint of its first ``SOUND_SECONDS`` into ``FINGERPRINT``."""
    sound = ffmpeg.input(source.address, **source.guards)["a:0"]
    peaks = (
        sound.filter("aformat", sample_fmts="flt", sample_rates=_RATE, channel_layouts="mono")
        .filter("asetnsamples", n=round(_RATE * PEAK_SECONDS), p=0)
        .filter("astats", metadata=1, reset=1, measure_perchannel="none", measure_overall="Peak_level")
        .filter("ametadata", mode="print", key="lavfi.astats.Overall.Peak_level", file=PEAKS)
    )
    return compiled(ffmpeg.output(peaks, "-", format="null"), fingerprinted(sound, t=SOUND_SECONDS))
