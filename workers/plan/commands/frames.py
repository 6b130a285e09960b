"""From a source to the frames of its renditions: whole, upright in time, in the colours of ITU-R BT.709."""

from __future__ import annotations

from math import ceil
from typing import Any

import ffmpeg

from workers.plan.commands.lines import Input, entered, options_of
from workers.plan.model.plan import VideoPlan
from workers.plan.model.rungs import Rung
from workers.plan.timing import Span

HDR_WHITE = 203


HDR_PEAK = 1000
"""Light of white paper and of the brightest highlights in HDR, in cd/m² (ITU-R BT.2408, BT.2100). White and all that
is darker keeps its contrast, what is brighter is pressed into the little room that SDR has above."""


_TRANSFER = {"hlg": "arib-std-b67", "pq": "smpte2084"}


def on_grid(source: Input, plan: VideoPlan, span: Span, threads: int | None) -> tuple[Any, Any]:
    """Return the frames of a span as they are shown: whole pictures, at the constant rate, with nothing shining
    through; and the opened source.
    """
    entry = _entry_frame(plan, span.start)
    # The picture's size may change in the middle: scaling follows it, while new filters would count anew.
    options: dict[str, Any] = {**entered(plan, float(entry / plan.grid.frame_rate)), "reinit_filter": 0}
    if plan.entry.joint_streams:
        # Theora's decoder cannot take up the headers of a joined recording while several threads are at work.
        options["threads"] = 1
    elif threads is not None:
        options["threads"] = threads
    if entry > 0:
        # Keep what lies between the keyframe and the chunk: a frame shown for minutes may begin there.
        options["noaccurate_seek"] = None
    opened = ffmpeg.input(source.address, **options_of(source, plan), **options)
    picture = _at_constant_rate(whole_pictures(opened, plan), plan)
    picture = picture.filter(
        "trim", start_frame=span.start - entry, end_frame=span.start - entry + span.count
    )
    return flatten(picture, plan) if plan.treatment.flatten_alpha else picture, opened


def opened_picture(opened: Any, stream: int, alpha: int | None) -> Any:
    """Return a picture of an opened source, with its transparency where that is a stream of its own, ``alpha``."""
    picture = opened[str(stream)]
    return picture if alpha is None else ffmpeg.filter([picture, opened[str(alpha)]], "alphamerge")


def scaled(picture: Any, plan: VideoPlan, rung: Rung, *, first: bool) -> Any:
    """Return the picture at the size of ``rung``; the ``first`` rung is scaled from the source, in other colours."""
    # Even sizes are not quite the picture's shape, and scale would say so in a sample aspect ratio that depends on
    # the rung above: chunks that begin with different rungs would differ in their initialization segment.
    if not first:
        return picture.filter("scale", rung.width, rung.height).filter("setsar", 1)
    if plan.treatment.color != "sdr":
        return to_bt709(picture, plan, rung.width, rung.height).filter("setsar", 1)
    colours = {"in_color_matrix": plan.treatment.color_matrix, "out_color_matrix": "bt709", "out_range": "tv"}
    return (
        picture.filter("scale", rung.width, rung.height, **colours)
        .filter("setsar", 1)
        .filter("format", "yuv420p")
    )


def whole_pictures(opened: Any, plan: VideoPlan) -> Any:
    """Return the pictures of an opened source, made of fields if it has some."""
    picture = opened_picture(opened, plan.stream, plan.alpha_stream)
    if plan.treatment.fields == "progressive":
        return picture
    # The deinterlacer ends where the size changes; where it does not, this filter passes pictures on untouched.
    picture = picture.filter("scale", *plan.treatment.coded_size)
    return picture.filter("bwdif", mode="send_frame", parity=plan.treatment.fields, deint="all")


def flatten(picture: Any, plan: VideoPlan) -> Any:
    """Return the picture with the plan's background behind what is transparent."""
    return laid_on(picture, plan.treatment.background, premultiplied=plan.treatment.premultiplied)


def laid_on(picture: Any, background: int, *, premultiplied: bool) -> Any:
    """Return the picture with ``background`` (0xRRGGBB) behind what is transparent."""
    picture = picture.filter("format", "rgba")
    if premultiplied:
        picture = picture.filter("setparams", alpha_mode="premultiplied")
    split = picture.split()
    ground = split[0].filter("drawbox", color=f"0x{background:06x}", t="fill", replace=1)
    return ffmpeg.filter([ground, split[1]], "overlay", format="auto")


def to_bt709(picture: Any, plan: VideoPlan, width: int, height: int) -> Any:
    """Scale a picture of other light or colours, and bring it to ITU-R BT.709 in 8 bits."""
    if plan.treatment.color == "wide":
        wide = {"p": "bt709", "t": "bt709", "m": "bt709", "r": "tv"}
        return picture.filter("zscale", width, height, **wide).filter("format", "yuv420p")
    coded = {"tin": _TRANSFER[plan.treatment.color], "pin": "bt2020", "min": "bt2020nc"}
    curve: dict[str, Any] = {"param": 0.3}
    if plan.treatment.keeps_hue:
        curve = {"param": 0.5, "desat": 0}
        if plan.treatment.color == "hlg":
            # What HLG's display adds goes by the light of all three colours together (ITU-R BT.2100), not of each.
            coded["agamma"] = "0"
    return (
        picture.filter("zscale", width, height, **coded, t="linear", npl=HDR_WHITE, p="bt709")
        .filter("format", "gbrpf32le")
        .filter("tonemap", "mobius", **curve, peak=f"{HDR_PEAK / HDR_WHITE:.3f}")
        .filter("zscale", t="bt709", m="bt709", r="tv")
        .filter("format", "yuv420p")
    )


def _entry_frame(plan: VideoPlan, start: int) -> int:
    """Return the frame at which the source is entered: a margin before the first, and before the last picture."""
    if len(plan.grid.chunks) == 1:
        # Encoded from the beginning, and of some formats it is not known that they can be entered elsewhere.
        return 0
    last_second = plan.grid.picture_frames - ceil(plan.grid.frame_rate)
    return max(0, min(start, last_second) - plan.margin_frames)


def _at_constant_rate(picture: Any, plan: VideoPlan) -> Any:
    if plan.source_rate:
        numerator, denominator = plan.source_rate
        picture = picture.filter("setpts", f"N*{denominator}/({numerator}*TB)")
    rate = f"{plan.grid.rate[0]}/{plan.grid.rate[1]}"
    return picture.filter("fps", fps=rate, start_time=0).filter("tpad", stop=-1, stop_mode="clone")
