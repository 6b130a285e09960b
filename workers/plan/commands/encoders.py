"""Encode the picture of a rung: by x264, SVT-AV1 or graphics hardware, in segments that join."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ffmpeg

from configs.words import HardwareEncoder
from workers.plan.commands.lines import REPRODUCIBLE
from workers.plan.model.encoders import ENCODERS
from workers.plan.model.plan import VideoPlan
from workers.plan.model.rungs import Rung

FRAGMENT_FLAGS = "+frag_keyframe+empty_moov+default_base_moof+negative_cts_offsets+skip_trailer"

AV1_PRESET = 10
"""The slowest of SVT-AV1's presets that takes hardly more processor time than x264's veryfast."""

MOST_OF_HARDWARE = 60_000
"""kbit/s and kbit: some more is what H.264 allows up to level 4.2, and a driver may refuse what no level of its own
allows. Trials name far more for a maximum that is none."""


def video_ticks(plan: VideoPlan) -> tuple[int, int]:
    """Return the timescale of every video rendition, and the ticks of one frame."""
    numerator, denominator = plan.grid.rate
    factor = 1 if numerator >= 10_000 else 1000
    return numerator * factor, denominator * factor


def encoded(picture: Any, plan: VideoPlan, rung: Rung, threads: int, segment: int) -> Any:
    """Return the output that writes ``{rung.name}.mp4``, in segments of so many frames."""
    if rung.encoder != "software":
        for step in ENCODERS[rung.encoder].upload:
            picture = picture.filter(*step)
    return ffmpeg.output(picture, f"{rung.name}.mp4", **_options(plan, rung, threads, segment))


def device_options(rungs: Sequence[Rung], node: str | None) -> list[str]:
    """Options that open the graphics device at ``node``, before all others, if one of these rungs is encoded on it."""
    devices = {ENCODERS[rung.encoder].device for rung in rungs if rung.encoder != "software"}
    named = [device.format(node=node) for device in devices if device]
    return [part for device in named for part in ("-init_hw_device", device, "-filter_hw_device", "gpu")]


def _options(plan: VideoPlan, rung: Rung, threads: int, segment: int) -> dict[str, Any]:
    timescale, _ticks = video_ticks(plan)
    return {
        "maxrate": f"{rung.maxrate}k",
        "bufsize": f"{rung.bufsize}k",
        **_encoder(plan, rung, threads, segment),
        # Keyframes at the same frames in every rung and nowhere else (Apple HLS authoring specification 6.10).
        "g": segment,
        "colorspace": "bt709",
        "color_primaries": "bt709",
        "color_trc": "bt709",
        "color_range": "tv",
        "fps_mode": "passthrough",
        "video_track_timescale": timescale,
        "movflags": FRAGMENT_FLAGS,
        "format": "mp4",
        **REPRODUCIBLE,
    }


def _encoder(plan: VideoPlan, rung: Rung, threads: int, segment: int) -> dict[str, Any]:
    if rung.encoder != "software":
        return _hardware(rung.encoder, rung)
    if rung.codec == "av1":
        return _svt_av1(rung, threads, segment)
    return _x264(plan, rung, threads, segment)


def _x264(plan: VideoPlan, rung: Rung, threads: int, segment: int) -> dict[str, Any]:
    return {
        "vcodec": "libx264",
        "preset": plan.preset,
        "profile:v": "high",
        # Or the picture parameter set would depend on the rate factor, and chunks of one rendition could not be joined.
        "x264-params": "stitchable=1",
        "threads": threads,
        "keyint_min": segment,
        "sc_threshold": 0,
        "crf": f"{rung.crf:g}",
    }


def _svt_av1(rung: Rung, threads: int, segment: int) -> dict[str, Any]:
    return {
        "vcodec": "libsvtav1",
        "preset": AV1_PRESET,
        "svtav1-params": f"keyint={segment}:scd=0:lp={threads}",
        "crf": f"{rung.crf:g}",
    }


def _hardware(name: HardwareEncoder, rung: Rung) -> dict[str, Any]:
    encoder, maximum = ENCODERS[name], min(rung.maxrate, MOST_OF_HARDWARE)
    return {
        "vcodec": encoder.codec,
        **encoder.options,
        encoder.factor: f"{encoder.asked(rung.crf):g}",
        # The quality decides, up to the maximum. One that is the same would mean a constant bit rate.
        "b:v": f"{maximum - 1}k",
        "maxrate": f"{maximum}k",
        "bufsize": f"{min(rung.bufsize, MOST_OF_HARDWARE)}k",
    }
