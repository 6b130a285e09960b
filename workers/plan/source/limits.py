"""What is refused before anything is decoded."""

from __future__ import annotations

from datetime import timedelta

from workers.plan.failure import MediaFailure
from workers.plan.source.allowlist import MAX_PIXELS, MAX_STREAMS
from workers.plan.source.packets import Packets
from workers.plan.source.probe import MediaInfo

MAX_ANIMATION_PIXELS = 4096 * 4096
MAX_ANIMATION_FRAMES = 20_000
MAX_ANIMATION_SECONDS = 1800
"""An animated image cannot be entered in its middle, so it is encoded in one piece."""

MAX_FRAME_RATE = 300
"""Slow-motion phones record 240; more is no recording of anything a viewer could see."""

MAX_SAMPLE_RATE = 768_000
"""The highest rate that any recorder has; filters allocate by it."""

MISSING_SECONDS = 1.0
MISSING_SHARE = 0.05
"""What may be missing at the end of a source: headers round, and recorders stop untidily."""

MAX_ANIMATION_DECODED_PIXELS = 8_000_000_000
"""Pixels of all frames of an animated image together: 4,000 frames of 1080p, about two minutes at 30 fps."""


def check_streams(media: MediaInfo) -> None:
    """Refuse by what the header says. Raises ``MediaFailure``."""
    if media.streams > MAX_STREAMS:
        raise MediaFailure("too_many_streams", f"{media.streams} streams")
    fastest = max((sound.sample_rate for sound in media.sounds), default=0)
    if fastest > MAX_SAMPLE_RATE:
        raise MediaFailure("source_damaged", f"sound of {fastest} samples per second")
    if media.video is None:
        if not media.sounds:
            raise MediaFailure("no_picture", "no stream of any use")
        return
    if media.video.dolby_vision_only:
        raise MediaFailure("dolby_vision_only", "Dolby Vision without a compatible base layer")
    if media.animated_image:
        check_canvas(media.video.width, media.video.height)
    if media.video.width * media.video.height > MAX_PIXELS:
        raise MediaFailure("picture_too_large", f"{media.video.width}x{media.video.height}")
    if not media.animated_image and min(media.video.nominal_rate, media.video.average_rate) > MAX_FRAME_RATE:
        raise MediaFailure("frame_rate_too_high", f"{float(media.video.average_rate):g} frames per second")


def check_canvas(width: int, height: int) -> None:
    """Refuse the canvas of an animated image. Raises ``MediaFailure``."""
    if width * height > MAX_ANIMATION_PIXELS:
        raise MediaFailure("animation_too_large", f"{width}x{height}")


def check_animation_duration(duration: float) -> None:
    """Refuse an animated image that lasts too long. Raises ``MediaFailure``."""
    check_duration(duration, MAX_ANIMATION_SECONDS)


def check_duration(duration: float, maximum: float) -> None:
    """Refuse what is too long or has no duration at all. Raises ``MediaFailure``."""
    if duration > maximum:
        longest = str(timedelta(seconds=round(maximum)))
        raise MediaFailure("duration_too_long", f"{duration:.0f} s, at most {longest}", limit=longest)
    if duration <= 0:
        raise MediaFailure("no_decodable_frames", "the duration is zero")


def check_end(packets: Packets, declared: float) -> None:
    """Refuse a source whose end is not there; ``packets`` are its last, ``declared`` what its header says, in
    seconds. Raises ``MediaFailure``.
    """
    missing = declared - packets.end
    if missing > max(MISSING_SECONDS, MISSING_SHARE * declared):
        raise MediaFailure(
            "source_truncated", f"ends {missing:.1f} s before the {declared:.1f} s that its header says"
        )


def check_animation(media: MediaInfo, packets: Packets) -> None:
    """Refuse an animated image that does not move, or is small on disk and endless to decode. Raises
    ``MediaFailure``.
    """
    if media.video is None:
        return
    if media.animated_image and packets.pictures == 1:
        raise MediaFailure("source_is_image", f"one picture in a {media.container}")
    decoded = packets.pictures * media.video.width * media.video.height
    if packets.pictures > MAX_ANIMATION_FRAMES or decoded > MAX_ANIMATION_DECODED_PIXELS:
        raise MediaFailure(
            "too_many_frames", f"{packets.pictures} frames of {media.video.width}x{media.video.height}"
        )
