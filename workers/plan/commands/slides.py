"""Take pictures of a rendition's keyframes: small grey ones, in which slides are looked for, and whole ones to read."""

from __future__ import annotations

import re
from typing import Any, Final

import ffmpeg

from workers.plan.commands.lines import Input, compiled
from workers.plan.decisions import slide_text
from workers.plan.decisions.slides import HEIGHT, WIDTH

GREYS: Final = "greys.raw"
PAGES: Final = "pages.bgr"
TIMES: Final = "times.txt"

LEAST_SECONDS: Final = 3.5
"""From one picture to the next: a rung that was not encoded here may have keyframes by the dozen."""

_SCORE: Final = "lavfi.scene_score"
_TIME: Final = re.compile(rb"^frame:\d+ +pts:\S+ +pts_time:(\d+(?:\.\d+)?)", re.MULTILINE)


def keyframe_greys(source: Input) -> list[str]:
    """Write the keyframes into ``GREYS``, a byte a pixel, and into ``TIMES`` when they are shown. Nothing between them
    is decoded."""
    picture = (
        _keyframes(source)
        .filter("scale", WIDTH, HEIGHT, flags="area", out_range="pc")
        .filter("format", "gray")
        # Every score will do: what is printed of a frame is only what a filter has said of it.
        .filter("select", f"gte(scene,0)*(isnan(prev_selected_t)+gte(t-prev_selected_t,{LEAST_SECONDS}))")
        .filter("metadata", mode="print", key=_SCORE, file=TIMES)
    )
    return compiled(ffmpeg.output(picture, GREYS, format="rawvideo", fps_mode="passthrough"))


def whole_keyframes(source: Input) -> list[str]:
    """Write all keyframes into ``PAGES``, each of the size that is read, and into ``TIMES`` when they are shown, from
    the first on."""
    size = (slide_text.WIDTH, slide_text.HEIGHT)
    picture = (
        _keyframes(source)
        .filter("scale", *size, flags="bicubic", force_original_aspect_ratio="decrease")
        .filter("pad", *size, "(ow-iw)/2", "(oh-ih)/2")
        .filter("select", "gte(scene,0)")
        .filter("metadata", mode="print", key=_SCORE, file=TIMES)
    )
    return compiled(ffmpeg.output(picture, PAGES, format="rawvideo", pix_fmt="bgr24", fps_mode="passthrough"))


def _keyframes(source: Input) -> Any:
    return ffmpeg.input(source.address, **source.guards, skip_frame="nokey")["v:0"]


def parse_times(text: bytes) -> list[float]:
    """Return the seconds at which the pictures are shown."""
    return [float(time) for time in _TIME.findall(text)]
