"""Read a source to learn about it, or to take texts out of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import ffmpeg

from workers.plan.commands.frames import laid_on, opened_picture
from workers.plan.commands.lines import REPRODUCIBLE, Input, compiled, guard_options, thrown_away
from workers.plan.source.allowlist import naming_options
from workers.plan.source.animated import JPEG_XL
from workers.plan.source.cadence import PIECE_FRAMES
from workers.plan.source.demuxers import reader_options
from workers.plan.source.probe import VideoStream

PIECE = "piece-{}.txt"


def probe_arguments(source: Input, refused: Collection[str] = ()) -> list[str]:
    """ffprobe: container, streams and chapters as JSON, also of streams whose decoders were ``refused`` before."""
    shown = ("-show_format", "-show_programs", "-show_streams", "-show_chapters")
    return [*_guards(source, refused), *shown, "-of", "json", source.address]


def look_at_stream(source: Input, stream: int) -> list[str]:
    """Decode the first picture of ``stream`` and say what it is like, for ``parse_look``."""
    picture = ffmpeg.input(source.address, **source.guards)[str(stream)].filter("showinfo", checksum=0)
    return ["-loglevel", "info", *compiled(ffmpeg.output(picture, "-", format="null", **{"frames:v": 1}))]


def packets_arguments(
    source: Input, start: float = 0.0, refused: Collection[str] = (), *, seconds: float | None = None
) -> list[str]:
    """ffprobe: times of all packets from about ``start`` (seconds) to the end, or for so many ``seconds``, as JSON;
    read, not decoded. Those of streams too whose decoders were ``refused`` before."""
    entries = "packet=stream_index,pts_time,dts_time,duration_time,flags"
    interval: list[str] = []
    if start > 0 or seconds is not None:
        begin, length = f"{start:.3f}" if start > 0 else "", "" if seconds is None else f"+{seconds:g}"
        interval = ["-read_intervals", f"{begin}%{length}"]
    return [*_guards(source, refused), "-show_entries", entries, "-of", "json=c=1", *interval, source.address]


def _guards(source: Input, refused: Collection[str]) -> list[str]:
    return guard_options(replace(source, guards={**source.guards, **naming_options(refused)}))


def frames_arguments(source: Input, demuxer: str, stream: int, most: int, output: str) -> list[str]:
    """Write the times of an animated image's pictures, at most ``most``, for ``animated.parse_frames``; read, not
    decoded where that tells them. FFmpeg and not ffprobe, so that the one that decodes them says when they are shown.
    """
    picture = ffmpeg.input(source.address, **source.guards, **reader_options(demuxer))[str(stream)]
    # A first picture that is blended over nothing is no keyframe, and would not be copied.
    listed = {"format": "framecrc", "frames:v": most}
    if demuxer != JPEG_XL:
        return compiled(ffmpeg.output(picture, output, c="copy", copyinkf=None, **listed))
    # Of a file that is cut off its decoder says without end that there is more.
    return [
        "-xerror",
        *compiled(ffmpeg.output(picture, output, fps_mode="passthrough", enc_time_base="demux", **listed)),
    ]


def read_through(source: Input, picture: int | None, sounds: Sequence[int], demuxer: str | None) -> list[str]:
    """Read streams to their end, timestamps mended where they start again, and throw them away.

    The sound is decoded, for where links of a chain meet its packets tell of absurd lengths.
    """
    opened = ffmpeg.input(source.address, **source.guards, **reader_options(demuxer))
    pictures = thrown_away(opened, [] if picture is None else [picture])
    heard = [ffmpeg.output(opened[str(sound)], "-", format="null") for sound in sounds]
    return compiled(*pictures, *heard)


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
    return compiled(*outputs)


def measure_on_ground(
    source: Input,
    demuxer: str | None,
    video: VideoStream,
    *,
    starts: Sequence[float],
    most: int,
    ground: int,
    premultiplied: bool,
) -> list[str]:
    """Decode at most ``most`` pictures from about each of ``starts`` (seconds) and write into ``PIECE`` the extremes of
    their light and colour when they lie on ``ground`` (0xRRGGBB), for ``ground.shows_something``."""
    outputs = []
    for number, start in enumerate(starts):
        options: dict[str, Any] = {**source.guards, **reader_options(demuxer), "reinit_filter": 0}
        if start > 0:
            options |= {"ss": f"{start:.3f}", "noaccurate_seek": None}
        opened = ffmpeg.input(source.address, **options)
        picture = opened_picture(opened, video.index, video.alpha_index).filter("trim", end_frame=most)
        picture = laid_on(picture, ground, premultiplied=premultiplied).filter("format", "yuv444p")
        picture = picture.filter("signalstats").filter("metadata", mode="print", file=PIECE.format(number))
        outputs.append(ffmpeg.output(picture, "-", format="null"))
    return compiled(*outputs)


def extract_texts(source: Input, streams: Mapping[int, str], most_bytes: int) -> list[str]:
    """Write text subtitles as SRT, each of ``streams`` (by its index) into the file that is named for it.

    SRT keeps milliseconds and the text as it is; files end after ``most_bytes`` (about).
    """
    medium = ffmpeg.input(source.address, **source.guards)
    outputs = [
        ffmpeg.output(medium[str(index)], name, scodec="subrip", format="srt", fs=most_bytes, **REPRODUCIBLE)
        for index, name in streams.items()
    ]
    return compiled(*outputs)
