"""What ffprobe says of a source, as a value."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from workers.plan.failure import MediaFailure
from workers.plan.languages import language_tag

HD_LINES = 720
LONGEST_TITLE = 60

CLOCK_RATE = 1000
"""Ticks of the clock of ASF, FLV and Matroska: what ffprobe calls the rate of a file that tells none."""

USUAL_RATE = Fraction(25)


@dataclass(frozen=True)
class VideoStream:
    """The picture. ``width`` and ``height`` are as shown: rotated, in square pixels, not rounded.

    ``nominal_rate`` is the lowest rate that holds all timestamps, ``average_rate`` frames by duration; they
    differ when the frame rate varies. ``start`` and ``duration`` in seconds.
    """

    index: int
    codec: str
    width: int
    height: int
    pixel_format: str
    nominal_rate: Fraction
    average_rate: Fraction
    start: float
    duration: float | None
    color_space: str = "unknown"

    @property
    def color_matrix(self) -> str:
        """How to read colours: as tagged (auto), or what players take for granted in HD (ITU-R BT.709)."""
        return (
            "bt709" if self.color_space == "unknown" and min(self.width, self.height) >= HD_LINES else "auto"
        )

    @property
    def has_alpha(self) -> bool:
        """Whether pixels may be transparent."""
        return self.pixel_format.startswith(("yuva", "gbrap", "rgba", "bgra", "argb", "abgr", "ya", "pal8"))


@dataclass(frozen=True)
class AudioStream:
    """A sound. ``language`` is a BCP 47 tag, ``title`` what the file's author wrote, as one short line."""

    index: int
    codec: str
    channels: int
    sample_rate: int
    language: str | None
    start: float
    duration: float | None
    title: str | None = None


@dataclass(frozen=True)
class MediaInfo:
    """A source. ``start`` is its first timestamp and ``duration`` its length in seconds, None if the container
    does not tell; ``streams`` counts all of them. Times of its streams count from ``start``."""

    container: str
    start: float
    duration: float | None
    streams: int
    video: VideoStream | None
    sounds: tuple[AudioStream, ...]
    """The one that plays unless a viewer chooses comes first."""

    @property
    def animated_image(self) -> bool:
        """Whether this is a GIF or its like: no sound, meant to loop."""
        return self.container in ("gif", "apng", "webp_anim")


def parse_probe(document: dict[str, Any]) -> MediaInfo:
    """Read the JSON of ``ffprobe -show_format -show_streams``. Raises ``MediaFailure``."""
    form = document.get("format") or {}
    streams = document.get("streams") or []
    pictures = [s for s in streams if s.get("codec_type") == "video" and not _is_cover(s) and s.get("width")]
    sounds = [s for s in streams if s.get("codec_type") == "audio" and _integer(s.get("channels"))]
    container = str(form.get("format_name") or "")
    if not container:
        raise MediaFailure("source_not_media", "ffprobe names no container")
    start = _number(form.get("start_time")) or 0.0
    return MediaInfo(
        container=container.split(",", maxsplit=1)[0],
        start=start,
        duration=_number(form.get("duration")),
        streams=len(streams),
        video=_video(_preferred(pictures), start) if pictures else None,
        sounds=tuple(_audio(stream, start) for stream in sorted(sounds, key=_not_preferred)),
    )


def _preferred(streams: list[dict[str, Any]]) -> dict[str, Any]:
    return min(streams, key=_not_preferred)


def _not_preferred(stream: dict[str, Any]) -> bool:
    return not (stream.get("disposition") or {}).get("default")


def _is_cover(stream: dict[str, Any]) -> bool:
    return bool((stream.get("disposition") or {}).get("attached_pic"))


def _video(stream: dict[str, Any], container_start: float) -> VideoStream:
    width, height = _shown_size(stream)
    nominal = _rate(stream.get("r_frame_rate"))
    average = _rate(stream.get("avg_frame_rate"))
    if average is None and nominal is not None and nominal >= CLOCK_RATE:
        nominal = USUAL_RATE
    return VideoStream(
        index=int(stream["index"]),
        codec=str(stream.get("codec_name") or "unknown"),
        width=width,
        height=height,
        pixel_format=str(stream.get("pix_fmt") or ""),
        nominal_rate=nominal or average or USUAL_RATE,
        average_rate=average or nominal or USUAL_RATE,
        start=(_number(stream.get("start_time")) or container_start) - container_start,
        duration=_number(stream.get("duration")),
        color_space=str(stream.get("color_space") or "unknown"),
    )


def _audio(stream: dict[str, Any], container_start: float) -> AudioStream:
    tags = stream.get("tags") or {}
    title = " ".join("".join(c if c.isprintable() else " " for c in str(tags.get("title") or "")).split())
    return AudioStream(
        index=int(stream["index"]),
        codec=str(stream.get("codec_name") or "unknown"),
        channels=int(stream["channels"]),
        sample_rate=_integer(stream.get("sample_rate")) or 48000,
        language=language_tag(tags.get("language")),
        start=(_number(stream.get("start_time")) or container_start) - container_start,
        duration=_number(stream.get("duration")),
        title=title[:LONGEST_TITLE] or None,
    )


def _shown_size(stream: dict[str, Any]) -> tuple[int, int]:
    width, height = int(stream["width"]), int(stream["height"])
    aspect = _rate(str(stream.get("sample_aspect_ratio") or "1:1").replace(":", "/"))
    if aspect and Fraction(1, 10) <= aspect <= 10:
        # Square pixels without losing detail: stretch the side that is too short.
        width, height = (round(width * aspect), height) if aspect > 1 else (width, round(height / aspect))
    rotations = [_number(side.get("rotation")) for side in stream.get("side_data_list") or []]
    turned = any(rotation and round(abs(rotation)) % 180 == 90 for rotation in rotations)
    return (height, width) if turned else (width, height)


def _rate(text: Any) -> Fraction | None:
    try:
        value = Fraction(str(text))
    except (ValueError, ZeroDivisionError):
        return None
    return value if value > 0 else None


def _number(text: Any) -> float | None:
    try:
        return float(text)
    except (TypeError, ValueError):
        return None


def _integer(text: Any) -> int:
    number = _number(text)
    return int(number) if number else 0


@dataclass(frozen=True)
class Packets:
    """What reading packets found: how many were pictures, and where pictures and everything end, in seconds
    from the source's start."""

    pictures: int
    picture_end: float
    end: float


def parse_packets(document: dict[str, Any], media: MediaInfo) -> Packets:
    """Read the JSON of ``ffprobe -show_packets`` with stream, time and duration."""
    pictures, picture_end, last = 0, 0.0, 0.0
    for packet in document.get("packets") or []:
        time = _number(packet.get("pts_time"))
        if time is None:
            continue
        end = time + (_number(packet.get("duration_time")) or 0.0) - media.start
        last = max(last, end)
        if media.video is not None and packet.get("stream_index") == media.video.index:
            pictures, picture_end = pictures + 1, max(picture_end, end)
    return Packets(pictures, picture_end, last)
