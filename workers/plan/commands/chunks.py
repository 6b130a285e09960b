"""Encode a chunk of the picture or the sound."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import Any, Final

import ffmpeg

from workers.plan.commands.encoders import device_options, encoded
from workers.plan.commands.frames import on_grid, scaled
from workers.plan.commands.lines import (
    JPEG,
    JPEG_COLOURS,
    REPRODUCIBLE,
    Input,
    beside,
    compiled,
    entered,
    options_of,
    steady,
)
from workers.plan.decisions.loudness import PEAK_LIMIT
from workers.plan.model.plan import VideoPlan
from workers.plan.model.rungs import Rung
from workers.plan.model.sounds import AudioPlan
from workers.plan.timing import AAC_FRAME, SAMPLE_RATE, Span

PREROLL_FRAMES = 8
"""AAC frames encoded before a chunk's first and dropped: the encoder has then settled on what it heard before."""


SETTLING_SECONDS = 10
"""How much earlier than that the sound is entered: a correction that is under way is over by then."""

FOLLOWING: Final = {"async": 1, "min_comp": 0.003, "max_soft_comp": 0.005, "min_hard_comp": 0.02}
"""How sound follows the source's clock where samples and timestamps drift apart (libswresample/swresample.c,
``swr_next_pts``): from 3 ms on, more than which rounded timestamps never are, it is stretched by so little that nobody
hears it; beyond 20 ms, where recordings were joined or something is lost, silence fills the gap or an overlap goes."""


TILES = "tiles.mjpeg"


def encode_video(
    source: Input,
    plan: VideoPlan,
    span: Span,
    rungs: Sequence[Rung],
    *,
    tiles: bool,
    threads: int,
    sounds: Sequence[AudioPlan] = (),
    node: str | None = None,
) -> list[str]:
    """Encode one chunk: one decode feeds all ``rungs`` (best first), each scaled from the one before.

    Writes ``{rung.name}.mp4`` for each rung and, with ``tiles``, the storyboard's pictures as ``TILES``; of the
    first chunk also that of ``sounds`` as ``encode_audio`` does, so that the source is read once for both. The
    picture is brought to the constant rate first, so that every chunk has exactly its frames whatever the
    source's timestamps; a source that ends early repeats its last frame. ``node`` is the graphics device for rungs that
    are encoded on one.
    """
    picture, opened = on_grid(source, plan, span, threads)
    outputs = []
    for position, rung in enumerate(rungs):
        picture = scaled(picture, plan, rung, first=position == 0)
        if position < len(rungs) - 1 or tiles:
            split = picture.split()
            picture, wanted = split[0], split[1]
        else:
            wanted = picture
        outputs.append(encoded(wanted, plan, rung, threads, plan.grid.segment_of(span)))
    if tiles:
        sampled = picture.filter("select", f"not(mod(n+{span.start},{plan.storyboard.tile_every}))")
        sampled = sampled.filter(
            "scale", plan.storyboard.tile_width, plan.storyboard.tile_height, **JPEG_COLOURS
        )
        outputs.append(
            ffmpeg.output(sampled, TILES, format="mjpeg", vcodec="mjpeg", fps_mode="passthrough", **JPEG)
        )
    for sound in sounds:
        count = sound.chunks[0].count
        outputs.append(_aac(_sound_on_grid(opened, sound, 0, count + 1), sound, 0, count))
    return [*device_options(rungs, node), *compiled(*outputs, *beside(opened, plan))]


def encode_audio(source: Input, plan: AudioPlan, span: Span) -> list[str]:
    """Encode one chunk of the sound into ``{plan.name}.mp4``.

    Chunks join without a seam: each starts on the version's grid of AAC frames and is encoded from
    ``PREROLL_FRAMES`` earlier to one frame later, for every frame overlaps with the next (ISO/IEC 14496-3, 4.6.11). The
    frames before its first, the encoder's priming included, and after its last are dropped.
    """
    preroll = min(PREROLL_FRAMES, span.start)
    sound, opened = _sound_of(source, plan, span.start - preroll, preroll + span.count + 1)
    return compiled(_aac(sound, plan, preroll, span.count), *beside(opened, plan))


def picture_of(source: Input, plan: VideoPlan, start: int, count: int, threads: int) -> Any:
    """``count`` frames from ``start`` on as ``encode_video`` gives them to the best rung's encoder."""
    picture, _opened = on_grid(source, plan, Span(0, start, count), threads)
    return scaled(picture, plan, plan.rungs[0], first=True)


def sound_of(source: Input, plan: AudioPlan, start: int, count: int) -> Any:
    """``count`` AAC frames from ``start`` on as ``encode_audio`` gives them to the encoder."""
    return _sound_of(source, plan, start, count)[0]


def mixed(sound: Any, plan: AudioPlan) -> Any:
    """Return a stream of the sound in the channels and at the rate of its renditions."""
    return sound.filter("aresample", SAMPLE_RATE, rematrix_maxval=_most(plan)).filter(
        "aformat", sample_fmts="fltp", channel_layouts=_layout(plan)
    )


def steadily_mixed(opened: Any, stream: int, plan: AudioPlan) -> Any:
    """Return ``mixed`` of a ``stream`` of the one source that a command opens, whatever form it has when."""
    return steady(opened, stream, _in_form(plan))


def joined(parts: Sequence[Any]) -> Any:
    """Return the one sound of which these are the channels."""
    return ffmpeg.filter(parts, "join", inputs=2, channel_layout="stereo") if len(parts) > 1 else parts[0]


def _layout(plan: AudioPlan) -> str:
    """Channels of each stream."""
    return "mono" if plan.channels == 1 or len(plan.streams) > 1 else "stereo"


def _most(plan: AudioPlan) -> int:
    """Most that channels may add up to: what two can hold, or all that ITU-R BS.775 adds, whose peaks are limited."""
    return 1 if plan.downmix == "attenuated" else 8


def levelled(sound: Any, plan: AudioPlan) -> Any:
    """Return the sound as loud as planned. The limiter needs less time to forget what it heard than ``PREROLL_FRAMES``
    last, so chunks still join sample by sample. Lossy sources that were recorded too loud decode to more than full
    scale: it is cut off as any player would, for FFmpeg's AAC encoder makes such sound up to 5 dB fainter.
    """
    if plan.gain:
        sound = sound.filter("volume", f"{plan.gain:g}dB", precision="float")
    if plan.limited:
        limit = f"{10 ** (PEAK_LIMIT / 20):.6f}"
        return sound.filter("alimiter", limit=limit, attack=5, release=50, level=0, latency=1)
    return sound.filter("asoftclip", type="hard")


def _sound_of(source: Input, plan: AudioPlan, start: int, count: int) -> tuple[Any, Any]:
    early = min(start, ceil(SETTLING_SECONDS * SAMPLE_RATE / AAC_FRAME))
    entry = entered(plan, (start - early) * AAC_FRAME / SAMPLE_RATE)
    opened = ffmpeg.input(source.address, **options_of(source, plan), **entry)
    return _sound_on_grid(opened, plan, early, early + count), opened


def _sound_on_grid(opened: Any, plan: AudioPlan, start: int, end: int) -> Any:
    """AAC frames from ``start`` to ``end``, counted from where the source was opened."""
    parts = [_on_clock(opened, stream, plan, end) for stream in plan.streams]
    sound = levelled(joined(parts), plan)
    # Times are counted: where an overlap goes they would be a sample off, and so would be the packets' lengths.
    return sound.filter("atrim", start_sample=start * AAC_FRAME, end_sample=end * AAC_FRAME).filter(
        "asetpts", "N"
    )


def _on_clock(opened: Any, stream: int, plan: AudioPlan, end: int) -> Any:
    """Return a stream of the sound, at first up to ``end`` AAC frames and then silent."""
    believed = f"aselect='not(gt(t,{_latest_sound(end)}))'"
    # Nobody could tell what form nothing has, where a sound is over before the chunk begins.
    sound = steady(opened, stream, f"{believed},{_in_form(plan)},apad=pad_len=1")
    return sound.filter("aresample", SAMPLE_RATE, **FOLLOWING, first_pts=0).filter("apad")


def _in_form(plan: AudioPlan) -> str:
    form = f"aformat=sample_fmts=flt:channel_layouts={_layout(plan)}"
    return f"aresample={SAMPLE_RATE}:rematrix_maxval={_most(plan)},{form}"


def _aac(sound: Any, plan: AudioPlan, preroll: int, count: int) -> Any:
    """Encode; of the packets only ``count`` are kept after those of the preroll and of the encoder's priming."""
    segment_seconds = plan.segment_frames * AAC_FRAME / SAMPLE_RATE
    return ffmpeg.output(
        sound,
        f"{plan.name}.mp4",
        acodec="aac",
        **{
            "b:a": f"{plan.bit_rate}k",
            "bsf:a": f"noise=drop=not(between(n\\,{preroll + 1}\\,{preroll + count}))",
        },
        frag_duration=int(segment_seconds * 1_000_000) - 1000,
        movflags="+empty_moov+default_base_moof+skip_trailer",
        format="mp4",
        **REPRODUCIBLE,
    )


def _latest_sound(frames: int) -> int:
    """Seconds from the entry beyond which no frame is believed: the resampler fills a gap all at once, and a single
    wild timestamp would have it allocate hours. Far enough for the frame that ends the chunk to pass.
    """
    return ceil(frames * AAC_FRAME / SAMPLE_RATE) + 60
