"""Take small grey pictures of a rendition's keyframes, in which slides are looked for."""

from __future__ import annotations

import re
from typing import Final

import ffmpeg

from workers.plan.commands.lines import Input, compiled
from workers.plan.decisions.slides import HEIGHT, WIDTH

GREYS: Final = "greys.raw"
TIMES: Final = "times.txt"

LEAST_SECONDS: Final = 3.5
"""From one picture to the next: a rung that was not encoded here may have keyframes by the dozen."""

_SCORE: Final = "lavfi.scene_score"
_TIME: Final = re.compile(rb"^frame:\d+ +pts:\S+ +pts_time:(\d+(?:\.\d+)?)", re.MULTILINE)


def keyframe_greys(source: Input) -> list[str]:
    """Write the keyframes into ``GREYS``, a byte a pixel, and into ``TIMES`` when they are shown. Nothing between them
    is decoded."""
    picture = (
        ffmpeg.input(source.address, **source.guards, skip_frame="nokey")["v:0"]
        .filter("scale", WIDTH, HEIGHT, flags="area", out_range="pc")
        .filter("format", "gray")
        # Every score will do: what is printed of a frame is only what a filter has said of it.
        .filter("select", f"gte(scene,0)*(isnan(prev_selected_t)+gte(t-prev_selected_t,{LEAST_SECONDS}))")
        .filter("metadata", mode="print", key=_SCORE, file=TIMES)
    )
    return compiled(ffmpeg.output(picture, GREYS, format="rawvideo", fps_mode="passthrough"))


def parse_times(text: bytes) -> list[float]:
    """Return the seconds at which the pictures are shown."""
    return [float(time) for time in _TIME.findall(text)]
