"""Measure a sound's peaks, of which a waveform is drawn."""

from __future__ import annotations

import ffmpeg

from storage.catalogue.file_names import PEAK_SECONDS
from workers.plan.commands.lines import Input, compiled

PEAKS = "peaks.txt"

_RATE = 8000


def measure_peaks(source: Input) -> list[str]:
    """Write the peak level of each ``PEAK_SECONDS`` of the sound, in dB of full scale, into ``PEAKS``."""
    peaks = (
        ffmpeg.input(source.address, **source.guards)["a:0"]
        .filter("aformat", sample_fmts="flt", sample_rates=_RATE, channel_layouts="mono")
        .filter("asetnsamples", n=round(_RATE * PEAK_SECONDS), p=0)
        .filter("astats", metadata=1, reset=1, measure_perchannel="none", measure_overall="Peak_level")
        .filter("ametadata", mode="print", key="lavfi.astats.Overall.Peak_level", file=PEAKS)
    )
    return compiled(ffmpeg.output(peaks, "-", format="null"))
