"""FFmpeg command lines: composed with ``ffmpeg-python``, compiled to argument lists, run elsewhere.

Nothing a user wrote stands in them: inputs are addresses that the sandbox gives, streams are numbers. Outputs
are plain file names in the tool's working directory.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any, cast

import ffmpeg

from workers.plan.plan import AudioPlan, Plan, Rung, VideoPlan
from workers.plan.timing import AAC_FRAME, SAMPLE_RATE, Span

PREROLL_FRAMES = 8
"""AAC frames encoded before a chunk's first and dropped: the encoder has then settled on what it heard before."""

BACKGROUND = "white"
"""What shows through transparent pixels."""

WAVE_RATE = 100
WAVE = "0x6aa5ff"
WAVE_GROUND = "0x10151c"

FRAGMENT_FLAGS = "+frag_keyframe+empty_moov+default_base_moof+negative_cts_offsets+skip_trailer"

TILES = "tiles.mjpeg"
AUDIO = "audio.mp4"


@dataclass(frozen=True)
class Input:
    """Where the tool finds a source: an address inside the sandbox, and the options that guard it."""

    address: str
    guards: Mapping[str, Any]


def video_ticks(plan: VideoPlan) -> tuple[int, int]:
    """The timescale of every video rendition, and the ticks of one frame."""
    numerator, denominator = plan.rate
    factor = 1 if numerator >= 10_000 else 1000
    return numerator * factor, denominator * factor


def encode_video(
    source: Input,
    plan: VideoPlan,
    span: Span,
    rungs: Sequence[Rung],
    *,
    tiles: bool,
    threads: int,
) -> list[str]:
    """Encode one chunk: one decode feeds all ``rungs`` (best first), each scaled from the one before.

    Writes ``{rung.name}.mp4`` for each rung and, with ``tiles``, the storyboard's pictures as ``TILES``. The
    picture is brought to the constant rate first, so that every chunk has exactly its frames whatever the
    source's timestamps; a source that ends early repeats its last frame.
    """
    picture = _picture(source, plan, span.start, span.count, threads)
    outputs = []
    for position, rung in enumerate(rungs):
        picture = _scaled(picture, plan, rung, first=position == 0)
        wanted_again = position < len(rungs) - 1 or tiles
        if wanted_again:
            split = picture.split()
            picture, encoded = split[0], split[1]
        else:
            encoded = picture
        outputs.append(ffmpeg.output(encoded, f"{rung.name}.mp4", **_x264(plan, rung, threads)))
    if tiles:
        sampled = picture.filter("select", f"not(mod(n+{span.start},{plan.tile_every}))")
        sampled = sampled.filter("scale", plan.tile_width, plan.tile_height, **_JPEG_COLOURS)
        outputs.append(
            ffmpeg.output(sampled, TILES, format="mjpeg", vcodec="mjpeg", fps_mode="passthrough", **_JPEG)
        )
    return _compile(*outputs)


def encode_audio(source: Input, plan: AudioPlan, span: Span) -> list[str]:
    """Encode one chunk of the sound into ``AUDIO``.

    Chunks join without a seam: each starts on the version's grid of AAC frames, is encoded from
    ``PREROLL_FRAMES`` earlier, and the frames before its first, the encoder's priming included, are dropped.
    """
    preroll = min(PREROLL_FRAMES, span.start)
    sound = sound_of(source, plan, span.start - preroll, preroll + span.count)
    segment_seconds = plan.segment_frames * AAC_FRAME / SAMPLE_RATE
    return _compile(
        ffmpeg.output(
            sound,
            AUDIO,
            acodec="aac",
            **{"b:a": f"{plan.bit_rate}k", "bsf:a": f"noise=drop=lt(n\\,{preroll + 1})"},
            frag_duration=int(segment_seconds * 1_000_000) - 1000,
            movflags="+empty_moov+default_base_moof+skip_trailer",
            format="mp4",
            **_REPRODUCIBLE,
        )
    )


def picture_of(source: Input, plan: VideoPlan, start: int, count: int, threads: int) -> Any:
    """``count`` frames from ``start`` on as ``encode_video`` gives them to the best rung's encoder."""
    return _scaled(_picture(source, plan, start, count, threads), plan, plan.rungs[0], first=True)


def sound_of(source: Input, plan: AudioPlan, start: int, count: int) -> Any:
    """``count`` AAC frames from ``start`` on as ``encode_audio`` gives them to the encoder."""
    entry = start * AAC_FRAME / SAMPLE_RATE
    options: dict[str, Any] = dict(source.guards)
    if entry > 0:
        options["ss"] = f"{entry:.6f}"
    return (
        ffmpeg.input(source.address, **options)[str(plan.stream)]
        .filter("aresample", SAMPLE_RATE, **{"async": 1}, first_pts=0)
        .filter("aformat", sample_fmts="fltp", channel_layouts="mono" if plan.channels == 1 else "stereo")
        .filter("apad")
        .filter("atrim", end_sample=count * AAC_FRAME)
    )


def extract_frame(
    source: Input, plan: VideoPlan, time: float, size: tuple[int, int], output: str
) -> list[str]:
    """Write the frame shown at ``time`` (seconds) as a JPEG of ``size``."""
    options: dict[str, Any] = dict(source.guards)
    if time > 0:
        options["ss"] = f"{time:.6f}"
    picture = ffmpeg.input(source.address, **options)[str(plan.stream)]
    if plan.flatten_alpha:
        picture = _flatten(picture)
    picture = picture.filter("scale", *size, in_color_matrix=plan.color_matrix, **_JPEG_COLOURS)
    return _compile(
        ffmpeg.output(
            picture.filter("setsar", 1), output, format="mjpeg", vcodec="mjpeg", **{"frames:v": 1}, **_JPEG
        )
    )


def draw_wave(source: Input, plan: Plan, output: str) -> list[str]:
    """Write a JPEG of the sound's wave, loudest where it is widest; the whole sound is read.

    The drawing filter keeps all it is given, so it gets the envelope at ``WAVE_RATE`` values a second.
    """
    width, height = plan.width, plan.height
    envelope = (
        ffmpeg.input(source.address, **source.guards)[str(plan.sounds[0].stream)]
        .filter("aformat", sample_fmts="flt", sample_rates=8000, channel_layouts="mono")
        .filter("aeval", "abs(val(0))", c="same")
        .filter("aresample", WAVE_RATE)
        .filter("aeval", "1.4*val(0)|-1.4*val(0)", c="stereo")
    )
    wave = envelope.filter(
        "showwavespic", s=f"{width}x{height // 2}", colors=f"{WAVE}|{WAVE}", scale="sqrt", draw="full"
    )
    ground = ffmpeg.input(f"color=c={WAVE_GROUND}:s={width}x{height}", f="lavfi")
    picture = ffmpeg.filter([ground, wave], "overlay", y=height // 4, shortest=0).filter(
        "scale", width, height, **_JPEG_COLOURS
    )
    return _compile(
        ffmpeg.output(picture, output, format="mjpeg", vcodec="mjpeg", **{"frames:v": 1}, **_JPEG)
    )


def probe_arguments(source: Input) -> list[str]:
    """ffprobe: container and streams as JSON."""
    return [*_options(source), "-show_format", "-show_streams", "-of", "json", source.address]


def packets_arguments(source: Input, start: float = 0.0) -> list[str]:
    """ffprobe: times of all packets from about ``start`` (seconds) to the end, as JSON; read, not decoded."""
    entries = "packet=stream_index,pts_time,duration_time"
    interval = ["-read_intervals", f"{start:.3f}%"] if start > 0 else []
    return [*_options(source), "-show_entries", entries, "-of", "json=c=1", *interval, source.address]


_REPRODUCIBLE = {"map_metadata": -1, "map_chapters": -1, "fflags": "+bitexact", "flags": "+bitexact"}
_JPEG_COLOURS = {"out_color_matrix": "bt601", "out_range": "pc"}
"""JPEG files know no other colours (JFIF, ITU-T T.871)."""

_JPEG = {"q:v": 3, "pix_fmt": "yuvj420p", "strict": "unofficial", **_REPRODUCIBLE}


def _picture(source: Input, plan: VideoPlan, start: int, count: int, threads: int) -> Any:
    """``count`` frames of the version's grid from ``start`` on, as the source shows them."""
    rate = f"{plan.rate[0]}/{plan.rate[1]}"
    entry = _entry_frame(plan, start)
    # The picture's size may change in the middle: scaling follows it, while new filters would count anew.
    options: dict[str, Any] = {**source.guards, "threads": threads, "reinit_filter": 0}
    if entry > 0:
        options["ss"] = f"{float(entry / plan.frame_rate):.6f}"
        # Keep what lies between the keyframe and the chunk: a frame shown for minutes may begin there.
        options["noaccurate_seek"] = None
    picture = ffmpeg.input(source.address, **options)[str(plan.stream)]
    picture = picture.filter("fps", fps=rate, start_time=0).filter("tpad", stop=-1, stop_mode="clone")
    picture = picture.filter("trim", start_frame=start - entry, end_frame=start - entry + count)
    return _flatten(picture) if plan.flatten_alpha else picture


def _entry_frame(plan: VideoPlan, start: int) -> int:
    """The frame at which the source is entered: a margin before the first, and before the last picture."""
    if len(plan.chunks) == 1:
        # Encoded from the beginning, and of some formats it is not known that they can be entered elsewhere.
        return 0
    last_second = plan.picture_frames - ceil(plan.frame_rate)
    return max(0, min(start, last_second) - plan.margin_frames)


def _x264(plan: VideoPlan, rung: Rung, threads: int) -> dict[str, Any]:
    timescale, _ticks = video_ticks(plan)
    return {
        "vcodec": "libx264",
        "preset": plan.preset,
        "crf": f"{rung.quality:g}",
        "maxrate": f"{rung.maximum}k",
        "bufsize": f"{rung.buffer}k",
        "profile:v": "high",
        "threads": threads,
        # Keyframes at the same frames in every rung and nowhere else (Apple HLS authoring specification 6.10).
        "g": plan.segment_frames,
        "keyint_min": plan.segment_frames,
        "sc_threshold": 0,
        "colorspace": "bt709",
        "color_primaries": "bt709",
        "color_trc": "bt709",
        "color_range": "tv",
        "fps_mode": "passthrough",
        "video_track_timescale": timescale,
        "movflags": FRAGMENT_FLAGS,
        "format": "mp4",
        **_REPRODUCIBLE,
    }


def _scaled(picture: Any, plan: VideoPlan, rung: Rung, *, first: bool) -> Any:
    # Even sizes are not quite the picture's shape, and scale would say so in a sample aspect ratio that depends on
    # the rung above: chunks that begin with different rungs would differ in their initialization segment.
    if not first:
        return picture.filter("scale", rung.width, rung.height).filter("setsar", 1)
    colours = {"in_color_matrix": plan.color_matrix, "out_color_matrix": "bt709", "out_range": "tv"}
    return (
        picture.filter("scale", rung.width, rung.height, **colours)
        .filter("setsar", 1)
        .filter("format", "yuv420p")
    )


def _flatten(picture: Any) -> Any:
    split = picture.filter("format", "rgba").split()
    ground = split[0].filter("drawbox", color=BACKGROUND, t="fill", replace=1)
    return ffmpeg.filter([ground, split[1]], "overlay", format="auto")


def _compile(*outputs: Any) -> list[str]:
    """The arguments after the program's name."""
    stream = outputs[0] if len(outputs) == 1 else ffmpeg.merge_outputs(*outputs)
    return cast("list[str]", stream.compile())[1:]


def _options(source: Input) -> list[str]:
    return [part for name, value in source.guards.items() for part in (f"-{name}", str(value))]
