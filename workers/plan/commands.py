"""FFmpeg command lines: composed with ``ffmpeg-python``, compiled to argument lists, run elsewhere.

Nothing a user wrote stands in them: inputs are addresses that the sandbox gives, streams are numbers. Outputs
are plain file names in the tool's working directory.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import Any, cast

import ffmpeg

from workers.plan.look import PIECE_FRAMES
from workers.plan.plan import AudioPlan, Plan, Rung, VideoPlan
from workers.plan.quality import MEASURED_EVERY
from workers.plan.readers import reader_options
from workers.plan.timing import AAC_FRAME, SAMPLE_RATE, Span

PREROLL_FRAMES = 8
"""AAC frames encoded before a chunk's first and dropped: the encoder has then settled on what it heard before."""

HDR_WHITE = 203
HDR_PEAK = 1000
"""Light of white paper and of the brightest highlights in HDR, in cd/m² (ITU-R BT.2408, BT.2100). White and all that
is darker keeps its contrast, what is brighter is pressed into the little room that SDR has above."""

_TRANSFER = {"hlg": "arib-std-b67", "pq": "smpte2084"}

WAVE_RATE = 100
WAVE = "0x6aa5ff"
WAVE_GROUND = "0x10151c"

FRAGMENT_FLAGS = "+frag_keyframe+empty_moov+default_base_moof+negative_cts_offsets+skip_trailer"

TILES = "tiles.mjpeg"
PIECE = "piece-{}.txt"
AUDIO = "audio.mp4"
PREVIEW = "preview.webp"


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
    picture, opened = _on_grid(source, plan, span, threads)
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
    return _compile(*outputs, *_beside(opened, plan))


def encode_pieces(
    source: Input, plan: VideoPlan, pieces: Sequence[Span], rungs: Sequence[Rung], threads: int
) -> list[str]:
    """Encode short pieces of the source, one after the other, into ``{rung.name}.mp4`` for each rung."""
    picture = _joined_pieces(source, plan, pieces)
    outputs = []
    for position, rung in enumerate(rungs):
        picture = _scaled(picture, plan, rung, first=position == 0)
        encoded = picture
        if position < len(rungs) - 1:
            split = picture.split()
            picture, encoded = split[0], split[1]
        settings = {**_x264(plan, rung, threads), "g": pieces[0].count, "keyint_min": pieces[0].count}
        outputs.append(ffmpeg.output(encoded, f"{rung.name}.mp4", **settings))
    return _compile(*outputs)


def compare_pieces(
    source: Input,
    plan: VideoPlan,
    pieces: Sequence[Span],
    rungs: Sequence[Rung],
    *,
    below: bool,
    threads: int,
) -> list[str]:
    """Measure what ``encode_pieces`` wrote: for each rung its VMAF at its own size as ``{rung.name}.json``, and with
    ``below`` for each but the last that of the next smaller one scaled up to it, as ``{rung.name}-below.json``.
    """
    picture = _joined_pieces(source, plan, pieces)
    rate = f"{plan.rate[0]}/{plan.rate[1]}"
    outputs = []
    smaller: Any = None
    # From the smallest up, so that each is at hand for the one above it.
    references = []
    for position, rung in enumerate(rungs):
        picture = _scaled(picture, plan, rung, first=position == 0)
        shared = _counted(picture, rate).split()
        references.append(shared)
        picture = shared[2]
    for rung, reference in zip(reversed(rungs), reversed(references), strict=True):
        file = ffmpeg.input(f"{rung.name}.mp4", protocol_whitelist="file", format_whitelist="mov", threads=1)
        written = _counted(file["v"], rate).split()
        outputs.append(_vmaf(written[0], reference[0], f"{rung.name}.json", threads))
        if smaller is not None:
            scaled = smaller.filter("scale", rung.width, rung.height, flags="bicubic")
            outputs.append(_vmaf(scaled, reference[1], f"{rung.name}-below.json", threads))
        smaller = written[1] if below else None
    return _compile(*outputs)


def _counted(picture: Any, rate: str) -> Any:
    """The same frames with times that only count them, so that both sides of a comparison match."""
    return picture.filter("settb", expr="AVTB").filter("setpts", f"N/({rate})/TB")


def _vmaf(distorted: Any, reference: Any, log: str, threads: int) -> Any:
    measured = ffmpeg.filter(
        [distorted, reference],
        "libvmaf",
        log_fmt="json",
        log_path=log,
        n_subsample=MEASURED_EVERY,
        n_threads=threads,
    )
    return ffmpeg.output(measured, "-", format="null", fps_mode="passthrough")


def _joined_pieces(source: Input, plan: VideoPlan, pieces: Sequence[Span]) -> Any:
    """The pieces of the source, each from the keyframe before its start: nothing is decoded in vain."""
    rate = f"{plan.rate[0]}/{plan.rate[1]}"
    streams = []
    for piece in pieces:
        options: dict[str, Any] = {**source.guards, "threads": 1, "reinit_filter": 0}
        if piece.start > 0:
            options["ss"] = f"{float(piece.start / plan.frame_rate):.6f}"
            options["noaccurate_seek"] = None
        picture = _whole_pictures(ffmpeg.input(source.address, **options)[str(plan.stream)], plan)
        picture = picture.filter("setpts", "PTS-STARTPTS")
        picture = picture.filter("fps", fps=rate, start_time=0).filter("tpad", stop=-1, stop_mode="clone")
        picture = picture.filter("trim", end_frame=piece.count).filter("setpts", "PTS-STARTPTS")
        streams.append(_flatten(picture, plan) if plan.flatten_alpha else picture)
    return streams[0] if len(streams) == 1 else ffmpeg.concat(*streams, v=1, a=0)


def encode_audio(source: Input, plan: AudioPlan, span: Span) -> list[str]:
    """Encode one chunk of the sound into ``AUDIO``.

    Chunks join without a seam: each starts on the version's grid of AAC frames, is encoded from
    ``PREROLL_FRAMES`` earlier, and the frames before its first, the encoder's priming included, are dropped.
    """
    preroll = min(PREROLL_FRAMES, span.start)
    sound, opened = _sound_of(source, plan, span.start - preroll, preroll + span.count)
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
        ),
        *_beside(opened, plan),
    )


def picture_of(source: Input, plan: VideoPlan, start: int, count: int, threads: int) -> Any:
    """``count`` frames from ``start`` on as ``encode_video`` gives them to the best rung's encoder."""
    picture, _opened = _on_grid(source, plan, Span(0, start, count), threads)
    return _scaled(picture, plan, plan.rungs[0], first=True)


def sound_of(source: Input, plan: AudioPlan, start: int, count: int) -> Any:
    """``count`` AAC frames from ``start`` on as ``encode_audio`` gives them to the encoder."""
    return _sound_of(source, plan, start, count)[0]


def _sound_of(source: Input, plan: AudioPlan, start: int, count: int) -> tuple[Any, Any]:
    entry = _entered(plan, start * AAC_FRAME / SAMPLE_RATE)
    opened = ffmpeg.input(source.address, **_options_of(source, plan), **entry)
    sound = (
        opened[str(plan.stream)]
        .filter("aselect", f"not(gt(t,{_latest_sound(count)}))")
        # Six channels are added up so that they never exceed what two can hold.
        .filter("aresample", SAMPLE_RATE, **{"async": 1}, first_pts=0, rematrix_maxval=1)
        .filter("aformat", sample_fmts="fltp", channel_layouts="mono" if plan.channels == 1 else "stereo")
        .filter("apad")
        .filter("atrim", end_sample=count * AAC_FRAME)
    )
    return sound, opened


def extract_frame(
    source: Input, plan: VideoPlan, time: float, size: tuple[int, int], output: str
) -> list[str]:
    """Write the frame that renditions show at ``time`` (seconds) as a JPEG of ``size``."""
    number = min(int(time * plan.frame_rate + Fraction(1, 100)), plan.frames - 1)
    picture, _opened = _on_grid(source, plan, Span(0, number, 1), None)
    if plan.color == "sdr":
        picture = picture.filter("scale", *size, in_color_matrix=plan.color_matrix, **_JPEG_COLOURS)
    else:
        picture = _to_bt709(picture, plan, *size).filter("scale", *size, **_JPEG_COLOURS)
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
    return _compile(
        ffmpeg.output(
            picture,
            PREVIEW,
            format="webp",
            vcodec="libwebp_anim",
            loop=0,
            **{"q:v": quality},
            compression_level=4,
            fps_mode="passthrough",
            **_REPRODUCIBLE,
        )
    )


def extract_texts(source: Input, streams: Mapping[int, str], most_bytes: int) -> list[str]:
    """Write text subtitles as SRT, each of ``streams`` (by its index) into the file that is named for it.

    SRT keeps milliseconds and the text as it is; files end after ``most_bytes`` (about).
    """
    medium = ffmpeg.input(source.address, **source.guards)
    outputs = [
        ffmpeg.output(medium[str(index)], name, scodec="subrip", format="srt", fs=most_bytes, **_REPRODUCIBLE)
        for index, name in streams.items()
    ]
    return _compile(*outputs)


def look_at_pictures(source: Input, stream: int, starts: Sequence[float], *, fields: bool) -> list[str]:
    """Decode ``PIECE_FRAMES`` pictures from about each of ``starts`` (seconds) and write into ``PIECE`` what was seen:
    of ``fields`` the counts of ``idet``, else the pictures that differ from the one before.
    """
    outputs = []
    for number, start in enumerate(starts):
        options: dict[str, Any] = {**source.guards, "reinit_filter": 0}
        if start > 0:
            options |= {"ss": f"{start:.3f}", "noaccurate_seek": None}
        picture = ffmpeg.input(source.address, **options)[str(stream)]
        picture = picture.filter("trim", end_frame=PIECE_FRAMES)
        name = PIECE.format(number)
        if fields:
            picture = picture.filter("idet").filter("metadata", mode="print", file=name)
            outputs.append(ffmpeg.output(picture, "-", format="null"))
        else:
            picture = picture.filter("settb", "1/1000").filter("setpts", "N")
            picture = picture.filter("mpdecimate", hi=64 * 6, lo=64 * 3, frac=0.1)
            outputs.append(
                ffmpeg.output(
                    picture, name, format="framecrc", fps_mode="passthrough", enc_time_base="1/1000"
                )
            )
    return _compile(*outputs)


def read_through(source: Input, picture: int | None, sounds: Sequence[int], demuxer: str | None) -> list[str]:
    """Read streams to their end, timestamps mended where they start again, and throw them away.

    The sound is decoded, for where links of a chain meet its packets tell of absurd lengths.
    """
    opened = ffmpeg.input(source.address, **source.guards, **reader_options(demuxer))
    pictures = _thrown_away(opened, [] if picture is None else [picture])
    heard = [ffmpeg.output(opened[str(sound)], "-", format="null") for sound in sounds]
    return _compile(*pictures, *heard)


def probe_arguments(source: Input) -> list[str]:
    """ffprobe: container, streams and chapters as JSON."""
    shown = ("-show_format", "-show_streams", "-show_chapters")
    return [*_options(source), *shown, "-of", "json", source.address]


def packets_arguments(source: Input, start: float = 0.0) -> list[str]:
    """ffprobe: times of all packets from about ``start`` (seconds) to the end, as JSON; read, not decoded."""
    entries = "packet=stream_index,pts_time,dts_time,duration_time"
    interval = ["-read_intervals", f"{start:.3f}%"] if start > 0 else []
    return [*_options(source), "-show_entries", entries, "-of", "json=c=1", *interval, source.address]


def frames_arguments(source: Input, demuxer: str, most: int, output: str) -> list[str]:
    """Write the times of an animated image's pictures, at most ``most``, for ``animated.parse_frames``; read, not
    decoded. FFmpeg and not ffprobe, so that the one that decodes them says when they are shown."""
    picture = ffmpeg.input(source.address, **source.guards, **reader_options(demuxer))["v:0"]
    return _compile(ffmpeg.output(picture, output, c="copy", format="framecrc", **{"frames:v": most}))


_REPRODUCIBLE = {"map_metadata": -1, "map_chapters": -1, "fflags": "+bitexact", "flags": "+bitexact"}
_JPEG_COLOURS = {"out_color_matrix": "bt601", "out_range": "pc"}
"""JPEG files know no other colours (JFIF, ITU-T T.871)."""

_JPEG = {"q:v": 3, "pix_fmt": "yuvj420p", "strict": "unofficial", **_REPRODUCIBLE}


def _latest_sound(frames: int) -> int:
    """Seconds from the entry beyond which no frame is believed: the resampler fills a gap all at once, and a single
    wild timestamp would have it allocate hours. Far enough for the frame that ends the chunk to pass.
    """
    return ceil(frames * AAC_FRAME / SAMPLE_RATE) + 60


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
        # Or the picture parameter set would depend on the rate factor, and chunks of one rendition could not be joined.
        "x264-params": "stitchable=1",
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
    if plan.color != "sdr":
        return _to_bt709(picture, plan, rung.width, rung.height).filter("setsar", 1)
    colours = {"in_color_matrix": plan.color_matrix, "out_color_matrix": "bt709", "out_range": "tv"}
    return (
        picture.filter("scale", rung.width, rung.height, **colours)
        .filter("setsar", 1)
        .filter("format", "yuv420p")
    )


def _entered(plan: VideoPlan | AudioPlan, entry: float) -> dict[str, Any]:
    """Options that open a source at ``entry`` seconds, and have times count from where the source starts."""
    options = {"ss": f"{entry:.6f}"} if entry > 0 else {}
    if plan.late > entry:
        options["itsoffset"] = f"{plan.late - entry:.6f}"
    return options


def _on_grid(source: Input, plan: VideoPlan, span: Span, threads: int | None) -> tuple[Any, Any]:
    """The frames of a span as they are shown: whole pictures, at the constant rate, with nothing shining through;
    and the opened source.
    """
    entry = _entry_frame(plan, span.start)
    # The picture's size may change in the middle: scaling follows it, while new filters would count anew.
    options: dict[str, Any] = {**_entered(plan, float(entry / plan.frame_rate)), "reinit_filter": 0}
    if plan.together:
        # Theora's decoder cannot take up the headers of a joined recording while several threads are at work.
        options["threads"] = 1
    elif threads is not None:
        options["threads"] = threads
    if entry > 0:
        # Keep what lies between the keyframe and the chunk: a frame shown for minutes may begin there.
        options["noaccurate_seek"] = None
    opened = ffmpeg.input(source.address, **_options_of(source, plan), **options)
    picture = _at_constant_rate(_whole_pictures(opened[str(plan.stream)], plan), plan)
    picture = picture.filter(
        "trim", start_frame=span.start - entry, end_frame=span.start - entry + span.count
    )
    return _flatten(picture, plan) if plan.flatten_alpha else picture, opened


def _whole_pictures(picture: Any, plan: VideoPlan) -> Any:
    if plan.fields == "progressive":
        return picture
    # The deinterlacer ends where the size changes; where it does not, this filter passes pictures on untouched.
    picture = picture.filter("scale", *plan.coded_size)
    return picture.filter("bwdif", mode="send_frame", parity=plan.fields, deint="all")


def _beside(opened: Any, plan: VideoPlan | AudioPlan) -> list[Any]:
    """Outputs that make ffmpeg read the other streams of a source whose timestamps start again."""
    return _thrown_away(opened, [stream for stream in plan.together if stream != plan.stream])


def _thrown_away(opened: Any, streams: Sequence[int]) -> list[Any]:
    if not streams:
        return []
    return [ffmpeg.output(*(opened[str(stream)] for stream in streams), "-", format="null", c="copy")]


def _to_bt709(picture: Any, plan: VideoPlan, width: int, height: int) -> Any:
    """Scale a picture of other light or colours, and bring it to ITU-R BT.709 in 8 bits."""
    if plan.color == "wide":
        wide = {"p": "bt709", "t": "bt709", "m": "bt709", "r": "tv"}
        return picture.filter("zscale", width, height, **wide).filter("format", "yuv420p")
    coded = {"tin": _TRANSFER[plan.color], "pin": "bt2020", "min": "bt2020nc"}
    return (
        picture.filter("zscale", width, height, **coded, t="linear", npl=HDR_WHITE, p="bt709")
        .filter("format", "gbrpf32le")
        .filter("tonemap", "mobius", param=0.3, peak=f"{HDR_PEAK / HDR_WHITE:.3f}")
        .filter("zscale", t="bt709", m="bt709", r="tv")
        .filter("format", "yuv420p")
    )


def _at_constant_rate(picture: Any, plan: VideoPlan) -> Any:
    if plan.source_rate:
        numerator, denominator = plan.source_rate
        picture = picture.filter("setpts", f"N*{denominator}/({numerator}*TB)")
    rate = f"{plan.rate[0]}/{plan.rate[1]}"
    return picture.filter("fps", fps=rate, start_time=0).filter("tpad", stop=-1, stop_mode="clone")


def _flatten(picture: Any, plan: VideoPlan) -> Any:
    picture = picture.filter("format", "rgba")
    if plan.premultiplied:
        picture = picture.filter("setparams", alpha_mode="premultiplied")
    split = picture.split()
    ground = split[0].filter("drawbox", color=f"0x{plan.background:06x}", t="fill", replace=1)
    return ffmpeg.filter([ground, split[1]], "overlay", format="auto")


def _options_of(source: Input, plan: VideoPlan | AudioPlan) -> dict[str, Any]:
    return {**source.guards, **reader_options(plan.demuxer)}


def _compile(*outputs: Any) -> list[str]:
    """The arguments after the program's name."""
    stream = outputs[0] if len(outputs) == 1 else ffmpeg.merge_outputs(*outputs)
    return cast("list[str]", stream.compile())[1:]


def _options(source: Input) -> list[str]:
    return [part for name, value in source.guards.items() for part in (f"-{name}", str(value))]
