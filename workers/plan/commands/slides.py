"""Take pictures of a rendition: small grey ones, in which slides are looked for, and whole ones to read."""

from __future__ import annotations

import re
from collections.abc import Sequence
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


def small_greys(source: Input, *, keyframes: bool) -> list[str]:
    """Write pictures into ``GREYS``, a byte a pixel, and into ``TIMES`` when they are shown. With ``keyframes`` nothing
    between those is decoded: they have to be near enough to each other."""
    picture = (
        _opened(source, keyframes=keyframes)
        .filter("select", f"isnan(prev_selected_t)+gte(t-prev_selected_t,{LEAST_SECONDS})")
        .filter("scale", WIDTH, HEIGHT, flags="area", out_range="pc")
        .filter("format", "gray")
    )
    return compiled(ffmpeg.output(_timed(picture), GREYS, format="rawvideo", fps_mode="passthrough"))


def whole_pictures(source: Input, times: Sequence[float], frame_rate: float, *, keyframes: bool) -> list[str]:
    """Write pictures into ``PAGES``, each of the size that is read, and into ``TIMES`` when they are shown, from the
    first of the source on: with ``keyframes`` all of those, else those of the ``times``."""
    size = (slide_text.WIDTH, slide_text.HEIGHT)
    picture = _opened(source, keyframes=keyframes)
    if not keyframes:
        near = 0.5 / frame_rate
        # Counted from the first picture, whatever time the source gives it.
        picture = picture.filter("setpts", "PTS-STARTPTS").filter(
            "select", "+".join(f"between(t,{time - near:.5f},{time + near:.5f})" for time in times)
        )
    picture = picture.filter("scale", *size, flags="bicubic", force_original_aspect_ratio="decrease").filter(
        "pad", *size, "(ow-iw)/2", "(oh-ih)/2"
    )
    return compiled(
        ffmpeg.output(_timed(picture), PAGES, format="rawvideo", pix_fmt="bgr24", fps_mode="passthrough")
    )


def _opened(source: Input, *, keyframes: bool) -> Any:
    return ffmpeg.input(source.address, **source.guards, skip_frame="nokey" if keyframes else "default")[
        "v:0"
    ]


def _timed(picture: Any) -> Any:
    # Every score will do: what is printed of a frame is only what a filter has said of it.
    return picture.filter("select", "gte(scene,0)").filter("metadata", mode="print", key=_SCORE, file=TIMES)


def parse_times(text: bytes) -> list[float]:
    """Return the seconds at which the pictures are shown."""
    return [float(time) for time in _TIME.findall(text)]
