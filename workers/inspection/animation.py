"""What animated images and drawn animations have in common: their pictures are listed, and described as a source."""

from __future__ import annotations

import signal
from dataclasses import replace
from fractions import Fraction

from configs.words import FailureCode
from storage.catalogue.facts import Notice
from workers.context import StepContext
from workers.ffmpeg import ToolFailed, ToolTimedOut
from workers.inspection.inspected import Inspected
from workers.plan.commands import reading
from workers.plan.failure import MediaFailure
from workers.plan.source import animated, limits
from workers.plan.source.animated import Pictures
from workers.plan.source.packets import Packets
from workers.plan.source.probe import Animation, MediaInfo, VideoStream

FRAMES = "frames.txt"
FRAMES_SECONDS = 120.0


def list_pictures(context: StepContext, key: str, demuxer: str, stream: int = 0) -> Pictures:
    """List the pictures of a stored animated image, those of ``stream``. Raises ``MediaFailure``."""
    with context.tools.source(context.reader, key, context.outputs) as source:
        arguments = reading.frames_arguments(
            source.input, demuxer, stream, limits.MAX_ANIMATION_FRAMES + 1, FRAMES
        )
        try:
            source.ffmpeg(arguments, seconds=FRAMES_SECONDS)
        except ToolTimedOut as error:
            raise MediaFailure("animation_too_complex", error.stderr_tail[-500:]) from error
        except ToolFailed as error:
            # Higher numbers are those of its errors.
            if error.returncode < 0 or 128 < error.returncode <= 128 + signal.SIGSYS:
                raise
            code: FailureCode = "source_damaged" if demuxer == animated.JPEG_XL else "source_not_media"
            raise MediaFailure(code, error.stderr_tail[-500:]) from error
    pictures = animated.parse_frames(context.outputs.read(FRAMES).decode(errors="replace"))
    if pictures is None:
        raise MediaFailure("no_decodable_frames", "not one picture")
    return pictures


def describe(
    demuxer: str,
    pictures: Pictures,
    *,
    loop: bool,
    background: int,
    drawn_at: Fraction | None = None,
    premultiplied: bool = False,
    stream: VideoStream | None = None,
    notices: tuple[Notice, ...] = (),
) -> Inspected:
    """Describe pictures as a source; ``drawn_at`` is the rate of those that were drawn, ``premultiplied`` whether
    their colours contain their transparency, ``stream`` what is known of theirs. Raises ``MediaFailure``."""
    timing, duration = animated.timing_of(pictures), float(pictures.duration)
    if drawn_at is not None:
        timing, duration = animated.constant(drawn_at), float(len(pictures.starts) / drawn_at)
    average = Fraction(len(pictures.starts)) / pictures.duration if pictures.duration else timing.rate
    media = MediaInfo(
        container=demuxer,
        start=0.0,
        duration=duration,
        streams=1,
        video=replace(
            stream or _plain_stream(demuxer, pictures),
            nominal_rate=timing.rate,
            average_rate=average,
            start=0.0,
            duration=duration,
        ),
        sounds=(),
        animation=Animation(timing.rate, timing.source_rate, loop, premultiplied=premultiplied),
        notices=notices,
    )
    limits.check_streams(media)
    limits.check_animation(media, Packets(len(pictures.starts), duration, duration))
    limits.check_animation_duration(duration)
    return Inspected(media, duration, duration, background=background)


def _plain_stream(demuxer: str, pictures: Pictures) -> VideoStream:
    """Describe the only stream of a file. Any picture of it may have transparent pixels, whatever the first one
    says."""
    rate = Fraction(limits.MAX_FRAME_RATE)  # its own is found by the times of its pictures
    return VideoStream(0, demuxer, pictures.width, pictures.height, "rgba", rate, rate, 0.0, None)
