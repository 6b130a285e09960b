"""What ffprobe says of a source, as a value."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from storage.catalogue.facts import Notice
from storage.languages import language_tag
from workers.plan.failure import MediaFailure
from workers.plan.source.selection import alpha_beside, select_streams
from workers.plan.source.tracks import Embedded, parse_embedded
from workers.plan.source.values import integer, number

HD_LINES = 720
HDR_TRANSFERS = {"arib-std-b67": "hlg", "smpte2084": "pq"}
LONGEST_TITLE = 60

ROLES = ("comment", "hearing_impaired", "visual_impaired", "descriptions", "clean_effects", "karaoke")
"""Dispositions by which FFmpeg says that a sound is another one than its neighbour in the same language."""

COUNTED_FROM_ZERO = ("matroska", "asf")
"""Containers that may count their duration from time zero, wherever they start. Ogg does so for Opus alone."""

CLOCK_RATE = 1000
"""Ticks of the clock of ASF, FLV and Matroska: what ffprobe calls the rate of a file that tells none."""

USUAL_RATE = Fraction(25)

_RATE = re.compile(r"[0-9]{1,18}(?:/[0-9]{1,18})?")
"""Not all that ``Fraction`` takes: it would work out 1e999999999 to the last digit."""


_OTHER_FIELD = str.maketrans("tb", "bt")

_LOOK = re.compile(r"\[Parsed_showinfo_0 @ \w{1,20}\] n:")
_LOOKED_AT = re.compile(
    r"(?:fmt:(?P<pix_fmt>\w{1,20})|sar:(?P<aspect>\d{1,9}/\d{1,9})|s:(?P<size>\d{1,5}x\d{1,5}))"
)


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
    color_transfer: str = "unknown"
    color_primaries: str = "unknown"
    field_order: str = "unknown"
    coded_size: tuple[int, int] = (0, 0)
    dolby_vision_only: bool = False
    """Whether the colours mean nothing without Dolby's own decoder (profile 5: no compatible base layer)."""
    cropped: bool = False
    """Whether the container shows a part of the coded picture only; ``coded_size`` is that of this part."""
    alpha_index: int | None = None
    """Of a picture whose transparency is a stream of its own."""

    @property
    def color(self) -> str:
        """How light is coded: ``sdr``, ``hlg`` or ``pq`` (ITU-R BT.2100), or ``wide``: SDR in the colours of
        ITU-R BT.2020. Dolby Vision 8.4 and 8.1 are HLG and PQ with more beside it.
        """
        if not self.pixel_format.startswith("yuv") and self.pixel_format != "p010le":
            return "sdr"
        if self.color_transfer in HDR_TRANSFERS:
            return HDR_TRANSFERS[self.color_transfer]
        return "wide" if self.color_primaries == "bt2020" else "sdr"

    @property
    def turned(self) -> bool:
        """Return whether it is shown at a right angle to how it is coded."""
        coded_width, coded_height = self.coded_size
        return (self.width > self.height) != (coded_width > coded_height) and self.width != self.height

    @property
    def declared_fields(self) -> str:
        """What the header says of fields: ``progressive``, ``tff`` or ``bff`` (top or bottom shown first), or
        ``unknown``. Of ffprobe's two letters the second one is the order in which fields are shown.
        """
        if self.field_order in ("tt", "bt"):
            return "tff"
        if self.field_order in ("bb", "tb"):
            return "bff"
        return self.field_order

    @property
    def color_matrix(self) -> str:
        """How to read colours: as tagged (auto), or what players take for granted in HD (ITU-R BT.709)."""
        return (
            "bt709" if self.color_space == "unknown" and min(self.width, self.height) >= HD_LINES else "auto"
        )

    @property
    def has_alpha(self) -> bool:
        """Return whether pixels may be transparent."""
        return self.alpha_index is not None or self.pixel_format.startswith(
            ("yuva", "gbrap", "rgba", "bgra", "argb", "abgr", "ya", "pal8")
        )


@dataclass(frozen=True)
class AudioStream:
    """A sound. ``language`` is a BCP 47 tag, ``title`` what the file's author wrote, as one short line, ``roles`` those
    of ``ROLES`` that its container says it has."""

    index: int
    codec: str
    channels: int
    sample_rate: int
    language: str | None
    start: float
    duration: float | None
    title: str | None = None
    roles: tuple[str, ...] = ()


@dataclass(frozen=True)
class Animation:
    """How an animated image is played: ``rate`` is what it becomes, ``source_rate`` its own if that is constant (see
    ``plan.source.animated``). ``premultiplied``: its colours already contain their transparency."""

    rate: Fraction
    source_rate: Fraction | None
    loop: bool
    premultiplied: bool = False


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
    embedded: Embedded = Embedded()
    animation: Animation | None = None
    notices: tuple[Notice, ...] = ()
    """What its author should know: what was left out."""
    programmes: int = 1
    """How many a broadcast holds. Each has a clock of its own, and time counts by that of the one that is shown."""

    @property
    def used_streams(self) -> tuple[int, ...]:
        """Numbers of the picture and of all sounds."""
        return tuple(stream.index for stream in (self.video, *self.sounds) if stream)

    @property
    def animated_image(self) -> bool:
        """Return whether this is a GIF or its like: no sound, meant to loop."""
        return self.animation is not None or self.container in ("gif", "apng", "webp_anim", "jpegxl_anim")


def parse_probe(document: dict[str, Any]) -> MediaInfo:
    """Read the JSON of ``ffprobe -show_format -show_streams``. Raises ``MediaFailure``."""
    form = document.get("format") or {}
    streams = document.get("streams") or []
    container = str(form.get("format_name") or "")
    if not container:
        raise MediaFailure("source_not_media", "ffprobe names no container")
    container = container.split(",", maxsplit=1)[0]
    start = number(form.get("start_time")) or 0.0
    chosen = select_streams(document)
    before = start if container in COUNTED_FROM_ZERO else 0.0
    before_sound = start if container == "ogg" and _is_opus(chosen.sounds) else before
    if chosen.programmes > 1:
        start = min(
            (
                at
                for stream in (chosen.picture, *chosen.sounds)
                if (at := number((stream or {}).get("start_time"))) is not None
            ),
            default=start,
        )
    return MediaInfo(
        container=container,
        start=start,
        duration=_duration(form, before_sound),
        streams=len(streams),
        video=replace(
            _video(chosen.picture, start, before), alpha_index=alpha_beside(document, chosen.picture)
        )
        if chosen.picture
        else None,
        sounds=tuple(_audio(stream, start, before_sound) for stream in chosen.sounds),
        embedded=parse_embedded({**document, "streams": chosen.streams}, start),
        notices=chosen.notices,
        programmes=chosen.programmes,
    )


def _is_opus(sounds: Sequence[dict[str, Any]]) -> bool:
    return any(sound.get("codec_name") == "opus" for sound in sounds)


def parse_look(complaint: str) -> dict[str, Any]:
    """Read what the filter ``showinfo`` wrote of a picture (doc/filters.texi), as ffprobe would tell it; nothing where
    there was no picture."""
    line = next((line for line in complaint.splitlines() if _LOOK.match(line)), "")
    told = [match.groupdict() for word in line.split() if (match := _LOOKED_AT.fullmatch(word))]
    found = {name: value for each in told for name, value in each.items() if value}
    if found.keys() != {"pix_fmt", "aspect", "size"}:
        return {}
    width, height = map(int, found["size"].split("x"))
    aspect = found["aspect"].replace("/", ":")
    return {"pix_fmt": found["pix_fmt"], "sample_aspect_ratio": aspect, "width": width, "height": height}


def _video(stream: dict[str, Any], container_start: float, before: float) -> VideoStream:
    width, height = _shown_size(stream)
    nominal = _rate(stream.get("r_frame_rate"))
    average = _rate(stream.get("avg_frame_rate"))
    if average is None and nominal is not None and nominal >= CLOCK_RATE:
        nominal = USUAL_RATE
    if average is not None and nominal is not None and average >= CLOCK_RATE > nominal:
        # Bare DV has no clock, and nothing was averaged.
        average = nominal
    return VideoStream(
        index=int(stream["index"]),
        codec=str(stream.get("codec_name") or "unknown"),
        width=width,
        height=height,
        pixel_format=str(stream.get("pix_fmt") or ""),
        nominal_rate=nominal or average or USUAL_RATE,
        average_rate=average or nominal or USUAL_RATE,
        start=(number(stream.get("start_time")) or container_start) - container_start,
        duration=_duration(stream, before),
        color_space=str(stream.get("color_space") or "unknown"),
        color_transfer=str(stream.get("color_transfer") or "unknown"),
        color_primaries=str(stream.get("color_primaries") or "unknown"),
        coded_size=_decoded_size(stream),
        field_order=_field_order(stream),
        dolby_vision_only=any(map(_is_without_base, stream.get("side_data_list") or [])),
        cropped=_decoded_size(stream) != (int(stream["width"]), int(stream["height"])),
    )


def _field_order(stream: dict[str, Any]) -> str:
    """Return what ffprobe says; of a picture that is cropped by an odd number of lines, the fields change places."""
    told = str(stream.get("field_order") or "unknown")
    above = sum(integer(side.get("crop_top")) for side in stream.get("side_data_list") or [])
    return told.translate(_OTHER_FIELD) if above % 2 and told in ("tt", "bb", "tb", "bt") else told


def _is_without_base(side: dict[str, Any]) -> bool:
    """Return whether side data describes a Dolby Vision profile (5; 10.0 of AV1) whose picture is in Dolby's own
    colours.
    """
    return integer(side.get("dv_profile")) in (5, 10) and not integer(
        side.get("dv_bl_signal_compatibility_id")
    )


def _audio(stream: dict[str, Any], container_start: float, before: float) -> AudioStream:
    tags = stream.get("tags") or {}
    title = " ".join("".join(c if c.isprintable() else " " for c in str(tags.get("title") or "")).split())
    return AudioStream(
        index=int(stream["index"]),
        codec=str(stream.get("codec_name") or "unknown"),
        channels=int(stream["channels"]),
        sample_rate=integer(stream.get("sample_rate")) or 48000,
        language=language_tag(tags.get("language")),
        start=(number(stream.get("start_time")) or container_start) - container_start,
        duration=_duration(stream, before),
        title=title[:LONGEST_TITLE] or None,
        roles=tuple(role for role in ROLES if (stream.get("disposition") or {}).get(role)),
    )


def _decoded_size(stream: dict[str, Any]) -> tuple[int, int]:
    """Return the size of what FFmpeg's decoders give: they crop as the container says (``clap`` of QuickTime,
    PixelCrop of Matroska).
    """
    width, height = int(stream["width"]), int(stream["height"])
    for side in stream.get("side_data_list") or []:
        across = integer(side.get("crop_left")) + integer(side.get("crop_right"))
        down = integer(side.get("crop_top")) + integer(side.get("crop_bottom"))
        if 0 <= across < width and 0 <= down < height:
            width, height = width - across, height - down
    return width, height


def _shown_size(stream: dict[str, Any]) -> tuple[int, int]:
    width, height = _decoded_size(stream)
    aspect = _rate(str(stream.get("sample_aspect_ratio") or "1:1").replace(":", "/"))
    if aspect and Fraction(1, 10) <= aspect <= 10:
        # Square pixels without losing detail: stretch the side that is too short.
        width, height = (round(width * aspect), height) if aspect > 1 else (width, round(height / aspect))
    rotations = [number(side.get("rotation")) for side in stream.get("side_data_list") or []]
    # FFmpeg turns by 90 degrees what is less than one from it; ffprobe cuts fractions off.
    turned = any(rotation and int(abs(rotation)) % 180 in (89, 90) for rotation in rotations)
    return (height, width) if turned else (width, height)


def _duration(document: dict[str, Any], before: float) -> float | None:
    """Seconds that a header says, without those ``before`` the start if it seems to count them. Where it only seems
    so, packets are found after the end that it says, and believed.
    """
    duration = number(document.get("duration"))
    return duration - before if duration and 0 < before < duration else duration


def _rate(text: Any) -> Fraction | None:
    if not _RATE.fullmatch(str(text)):
        return None
    try:
        return Fraction(str(text)) or None
    except ZeroDivisionError:
        return None
