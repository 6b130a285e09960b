"""Pictures for people: frames, the wave of a sound, a moving preview."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import ceil
from typing import Final

import ffmpeg

from storage.catalogue.pictures import PictureType
from workers.plan.commands.frames import on_grid, to_bt709
from workers.plan.commands.lines import JPEG, JPEG_COLOURS, REPRODUCIBLE, Input, compiled
from workers.plan.model.plan import Plan, VideoPlan
from workers.plan.source.allowlist import guarded_input_options
from workers.plan.timing import Span

WAVE_RATE = 100
"""Least values a second of a sound's drawn envelope."""

SOUND_RATE = 8000

WAVE = "0x6aa5ff"


WAVE_GROUND = "0x10151c"


PREVIEW = "preview.webp"


def extract_frame(
    source: Input, plan: VideoPlan, time: float, size: tuple[int, int], output: str
) -> list[str]:
    """Write the frame that renditions show at ``time`` (seconds) as a JPEG of ``size``."""
    number = min(int(time * plan.grid.frame_rate + Fraction(1, 100)), plan.grid.frames - 1)
    picture, _opened = on_grid(source, plan, Span(0, number, 1), None)
    if plan.treatment.color == "sdr":
        picture = picture.filter("scale", *size, in_color_matrix=plan.treatment.color_matrix, **JPEG_COLOURS)
    else:
        picture = to_bt709(picture, plan, *size).filter("scale", *size, **JPEG_COLOURS)
    return compiled(
        ffmpeg.output(
            picture.filter("setsar", 1), output, format="mjpeg", vcodec="mjpeg", **{"frames:v": 1}, **JPEG
        )
    )


def draw_wave(source: Input, plan: Plan, output: str) -> list[str]:
    """Write a JPEG of the sound's wave, loudest where it is widest; the whole sound is read.

    The drawing filter keeps all it is given, so it gets the envelope only: at ``WAVE_RATE`` values a second, but at
    least one for each column of the picture, or it would draw nothing.
    """
    width, height = plan.width, plan.height
    rate = min(SOUND_RATE, max(WAVE_RATE, ceil(2 * width / plan.duration)))
    envelope = (
        ffmpeg.input(source.address, **source.guards)[str(plan.sounds[0].stream)]
        .filter("aformat", sample_fmts="flt", sample_rates=SOUND_RATE, channel_layouts="mono")
        .filter("aeval", "abs(val(0))", c="same")
        .filter("aresample", rate)
        .filter("aeval", "1.4*val(0)|-1.4*val(0)", c="stereo")
    )
    wave = envelope.filter(
        "showwavespic", s=f"{width}x{height // 2}", colors=f"{WAVE}|{WAVE}", scale="sqrt", draw="full"
    )
    ground = ffmpeg.input(f"color=c={WAVE_GROUND}:s={width}x{height}", f="lavfi")
    picture = ffmpeg.filter([ground, wave], "overlay", y=height // 4, shortest=0).filter(
        "scale", width, height, **JPEG_COLOURS
    )
    return compiled(ffmpeg.output(picture, output, format="mjpeg", vcodec="mjpeg", **{"frames:v": 1}, **JPEG))


_READERS: Final[Mapping[PictureType, tuple[str, str]]] = {
    "image/jpeg": ("jpeg_pipe", "mjpeg"),
    "image/png": ("png_pipe", "png"),
    "image/webp": ("webp_pipe", "webp"),
}
"""Demuxer and decoder of pictures: what else FFmpeg finds in one is refused."""


def read_picture(source: Input, kind: PictureType, background: int, side: int, output: str) -> list[str]:
    """Write a picture that somebody sent, upright, on ``background`` (0xRRGGBB) and with no side longer than ``side``,
    as a JPEG."""
    demuxer, decoder = _READERS[kind]
    guards = {**guarded_input_options(), "format_whitelist": demuxer, "codec_whitelist": decoder}
    within = {"force_original_aspect_ratio": "decrease", "force_divisible_by": 2}
    layers = (
        ffmpeg.input(source.address, f=demuxer, **guards)["v:0"]
        .filter("scale", f"min({side},iw)", f"min({side},ih)", **within)
        .filter("format", "rgba")
        .split()
    )
    ground = layers[0].filter("drawbox", color=f"0x{background:06x}", t="fill", replace=1)
    picture = ffmpeg.filter([ground, layers[1]], "overlay", format="auto").filter("scale", **JPEG_COLOURS)
    return compiled(
        ffmpeg.output(
            picture.filter("setsar", 1), output, format="mjpeg", vcodec="mjpeg", **{"frames:v": 1}, **JPEG
        )
    )


def preview(
    source: Input,
    frames: Sequence[tuple[int, int]],
    *,
    rate: float,
    shown_rate: float,
    size: tuple[int, int],
    quality: int,
) -> list[str]:
    """Write the ``frames`` (first and last of each piece) of a rendition with ``rate`` frames per second as the
    animation ``PREVIEW``, which shows ``shown_rate`` and loops for ever."""
    wanted = "+".join(f"between(n,{first},{last})" for first, last in frames)
    picture = (
        ffmpeg.input(source.address, **source.guards)["v:0"]
        .filter("select", wanted)
        .filter("setpts", f"N/({rate:.6f}*TB)")
        .filter("fps", fps=f"{shown_rate:.6f}", start_time=0)
        # WebP files know no other colours (RFC 9649, section 2.3).
        .filter("scale", *size, in_color_matrix="bt709", out_color_matrix="bt601", out_range="tv")
        .filter("setsar", 1)
        .filter("format", "yuv420p")
    )
    return compiled(
        ffmpeg.output(
            picture,
            PREVIEW,
            format="webp",
            vcodec="libwebp_anim",
            loop=0,
            **{"q:v": quality},
            compression_level=4,
            fps_mode="passthrough",
            **REPRODUCIBLE,
        )
    )
