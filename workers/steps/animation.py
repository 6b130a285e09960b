"""Look at animated images and Lottie animations."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from workers import lottie
from workers.context import StepContext
from workers.ffmpeg import ToolFailed, ToolTimedOut
from workers.patience import patiently
from workers.plan.commands import reading
from workers.plan.failure import MediaFailure
from workers.plan.source import animated, limits
from workers.plan.source.animated import Header, Pictures
from workers.plan.source.lottie import check_size, plan_drawing
from workers.plan.source.packets import Packets
from workers.plan.source.probe import Animation, MediaInfo, VideoStream
from workers.programs.draw_lottie import OUTPUT

FRAMES = "frames.txt"
FRAMES_SECONDS = 120.0
DRAWN_AS = "apng"


@dataclass(frozen=True)
class Inspected:
    """A source that can become a stream; ``duration`` and ``picture_end`` in seconds."""

    media: MediaInfo
    duration: float
    picture_end: float


def read_header(context: StepContext, head: bytes) -> Header | None:
    """The header of an animated image that starts with ``head``; None for any other source."""
    if not head.startswith((b"GIF8", b"\x89PNG", b"RIFF")):
        return None
    return animated.read_header(
        patiently(lambda: context.objects.get(context.source_key, 0, animated.HEADER_BYTES))
    )


def inspect_image(context: StepContext, header: Header) -> Inspected:
    """What a GIF, APNG or animated WebP becomes. Raises ``MediaFailure``."""
    limits.check_canvas(header.width, header.height)
    if header.size is not None and (context.version.source_size or 0) < header.size:
        raise MediaFailure("source_truncated", f"{header.size} bytes are declared")
    pictures = _pictures(context, context.source_key, header.demuxer)
    if header.frames is not None and len(pictures.starts) < min(header.frames, limits.MAX_ANIMATION_FRAMES):
        raise MediaFailure(
            "source_truncated", f"{len(pictures.starts)} of {header.frames} pictures are there"
        )
    return _inspected(header.demuxer, pictures, loop=header.loop)


def inspect_lottie(context: StepContext, head: bytes) -> tuple[Inspected, str]:
    """Draw a Lottie animation; also returns the object key of the drawing. Raises ``MediaFailure``."""
    check_size(head, context.version.source_size or 0)
    source = context.folder / "source"
    source.write_bytes(patiently(lambda: context.objects.get(context.source_key)))
    output = context.outputs.folder
    means, cancelled = context.tools.means, context.tools.cancelled.is_set
    found = lottie.look(source, means, output, cancelled)
    drawing = plan_drawing(found)
    lottie.draw(source, drawing, means, output, cancelled)
    stored = context.store_output(OUTPUT, "image/apng")
    pictures = _pictures(context, stored.key, DRAWN_AS)
    return _inspected(DRAWN_AS, pictures, loop=found.loop, drawn_at=drawing.rate), stored.key


def _pictures(context: StepContext, key: str, demuxer: str) -> Pictures:
    with context.tools.source(context.objects, key, context.outputs) as source:
        arguments = reading.frames_arguments(source.input, demuxer, limits.MAX_ANIMATION_FRAMES + 1, FRAMES)
        try:
            source.ffmpeg(arguments, seconds=FRAMES_SECONDS)
        except ToolTimedOut as error:
            raise MediaFailure("animation_too_complex", error.stderr_tail[-500:]) from error
        except ToolFailed as error:
            if error.returncode < 0 or error.returncode > 128:
                raise
            raise MediaFailure("source_not_media", error.stderr_tail[-500:]) from error
    pictures = animated.parse_frames(context.outputs.read(FRAMES).decode(errors="replace"))
    if pictures is None:
        raise MediaFailure("no_decodable_frames", "not one picture")
    return pictures


def _inspected(
    demuxer: str, pictures: Pictures, *, loop: bool, drawn_at: Fraction | None = None
) -> Inspected:
    timing, duration = animated.timing_of(pictures), float(pictures.duration)
    if drawn_at is not None:
        timing, duration = animated.constant(drawn_at), float(len(pictures.starts) / drawn_at)
    average = Fraction(len(pictures.starts)) / pictures.duration if pictures.duration else timing.rate
    media = MediaInfo(
        container=demuxer,
        start=0.0,
        duration=duration,
        streams=1,
        video=VideoStream(
            index=0,
            codec=demuxer,
            width=pictures.width,
            height=pictures.height,
            # Any picture of such a file may have transparent pixels, whatever the first one says.
            pixel_format="rgba",
            nominal_rate=timing.rate,
            average_rate=average,
            start=0.0,
            duration=duration,
        ),
        sounds=(),
        animation=Animation(timing.rate, timing.source_rate, loop, premultiplied=drawn_at is not None),
    )
    limits.check_streams(media)
    limits.check_animation(media, Packets(len(pictures.starts), duration, duration))
    limits.check_animation_duration(duration)
    return Inspected(media, duration, duration)
