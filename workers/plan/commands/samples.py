"""Take samples of a source and of what was made of it.

The source goes through the filters of the encoding commands, so that there is one truth about what an output should
be; it is entered at other places than the chunks were.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import ffmpeg

from workers.plan.commands import chunks
from workers.plan.commands.lines import Input, compiled
from workers.plan.commands.vmaf import counted, judged
from workers.plan.decisions.reference import SOUND_RATE, THUMBNAIL_SIDE, Window
from workers.plan.model.plan import VideoPlan
from workers.plan.model.rungs import Rung
from workers.plan.model.sounds import AudioPlan
from workers.plan.sizes import fit

THUMBNAILS: Final = "thumbnails.rgb"
SOUND: Final = "sound.pcm"
REFERENCE: Final = "reference.yuv"
SCORES: Final = "scores.json"
SHOWN: Final = "shown.yuv"
SIMILARITIES: Final = "ssim.txt"

_STRICT: Final = ["-y", "-loglevel", "error", "-xerror"]
"""An output must decode to its end, and there must be nothing to say about it."""


def thumbnail_size(plan: VideoPlan) -> tuple[int, int]:
    """Width and height of what is compared; each of its points stands for 8 x 8 of the picture or more."""
    best = plan.rungs[0]
    return fit(best.width, best.height, min(THUMBNAIL_SIDE, max(best.width, best.height) // 8))


def source_picture(
    source: Input, plan: VideoPlan, window: Window, quality: Sequence[int], threads: int
) -> list[str]:
    """Write a window's frames as ``THUMBNAILS``, and the frames ``quality`` of it whole as ``REFERENCE``."""
    picture = chunks.picture_of(source, plan, window.start, window.count, threads)
    if not quality:
        return compiled(_thumbnails(picture, plan))
    split = picture.split()
    whole = split[1].filter("select", _only(quality))
    reference = ffmpeg.output(whole, REFERENCE, format="rawvideo", pix_fmt="yuv420p", fps_mode="passthrough")
    return compiled(_thumbnails(split[0], plan), reference)


def source_sound(source: Input, plan: AudioPlan, window: Window) -> list[str]:
    """Write a window's sound as ``SOUND``."""
    return compiled(_sound(chunks.sound_of(source, plan, window.start, window.count), plan))


def output_picture(
    source: Input,
    plan: VideoPlan,
    rung: Rung,
    ranges: Sequence[tuple[int, int]],
    quality: Sequence[int],
    *,
    whole: str,
) -> list[str]:
    """Of a file made of some segments, write the frames ``ranges`` (first, count; counted in that file) as
    ``THUMBNAILS``, the frames ``quality`` whole as ``SHOWN``, and into ``SIMILARITIES`` how these compare with those of
    the file ``whole``, which are what ``source_picture`` wrote as ``REFERENCE``.
    """
    picture = ffmpeg.input(source.address, **source.guards)["0"]
    wanted = _within(ranges)
    if not quality:
        return [*_STRICT, *compiled(_thumbnails(picture.filter("select", wanted), plan))]
    split = picture.split()
    chosen = split[1].filter("select", _only(quality)).split()
    shown = ffmpeg.output(chosen[0], SHOWN, format="rawvideo", pix_fmt="yuv420p", fps_mode="passthrough")
    compared = ffmpeg.filter(
        [_plain(chosen[1]), _plain(_raw(whole, rung))], "ssim", stats_file=SIMILARITIES, shortest=1
    )
    similarities = ffmpeg.output(compared, "-", format="null", fps_mode="passthrough", enc_time_base="filter")
    thumbnails = _thumbnails(split[0].filter("select", wanted), plan)
    return [*_STRICT, *compiled(thumbnails, shown, similarities)]


def output_quality(rung: Rung, places: Sequence[int], *, whole: str) -> list[str]:
    """Write into ``SCORES`` how the frames ``places`` (counted in both files) of ``SHOWN`` compare with those of
    ``whole``, both as ``output_picture`` takes them.
    """
    chosen = _only(places)
    shown, reference = (_plain(_raw(name, rung).filter("select", chosen)) for name in (SHOWN, whole))
    return [*_STRICT, *compiled(judged(shown, reference, SCORES, shortest=1, feature="name=float_ssim"))]


def parse_similarities(text: str) -> list[float]:
    """Return the SSIM of light of each frame, as FFmpeg's ``ssim`` writes them: "n:1 Y:0.99 U:... (20.0)"."""
    return [float(field[2:]) for field in text.split() if field.startswith("Y:")]


def _raw(name: str, rung: Rung) -> Any:
    size = (rung.width, rung.height)
    return ffmpeg.input(name, format="rawvideo", pixel_format="yuv420p", video_size=size)["0"]


def _plain(picture: Any) -> Any:
    """Frames that match those of another side. Raw pictures say nothing of their colours, and ffmpeg would convert one
    side to match the other."""
    return counted(picture).filter("setsar", 1).filter("setparams", range="tv", colorspace="bt709")


def _only(frames: Sequence[int]) -> str:
    return "+".join(f"eq(n,{number})" for number in frames)


def output_sound(source: Input, plan: AudioPlan, ranges: Sequence[tuple[int, int]]) -> list[str]:
    """Of a file made of some segments, write the sound of the AAC frames ``ranges`` as ``SOUND``."""
    sound = ffmpeg.input(source.address, **source.guards)["0"]
    return [*_STRICT, *compiled(_sound(sound.filter("aselect", _within(ranges)), plan))]


def _within(ranges: Sequence[tuple[int, int]]) -> str:
    return "+".join(f"between(n,{first},{first + count - 1})" for first, count in ranges)


def _thumbnails(picture: Any, plan: VideoPlan) -> Any:
    small = picture.filter("scale", *thumbnail_size(plan), flags="area").filter("format", "rgb24")
    return ffmpeg.output(small, THUMBNAILS, format="rawvideo", fps_mode="passthrough")


def _sound(sound: Any, plan: AudioPlan) -> Any:
    layout = "mono" if plan.channels == 1 else "stereo"
    # Frames are taken one after another, whatever lies between them.
    sound = sound.filter("asetpts", "N/SR/TB")
    taken = sound.filter("aformat", sample_fmts="s16", sample_rates=SOUND_RATE, channel_layouts=layout)
    return ffmpeg.output(taken, SOUND, format="s16le", acodec="pcm_s16le")
