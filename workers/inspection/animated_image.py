"""The door for GIF, APNG, animated WebP and AVIF."""

from __future__ import annotations

from storage.catalogue.facts import Notice
from workers.context import StepContext
from workers.inspection.animation import describe, list_pictures
from workers.inspection.inspected import Inspected
from workers.inspection.probing import probe
from workers.plan.failure import MediaFailure
from workers.plan.source import limits
from workers.plan.source.animated import SEQUENCES, Header
from workers.plan.source.probe import VideoStream


def inspect_animated_image(context: StepContext, header: Header) -> Inspected:
    """Inspect an animated image with this header. Raises ``MediaFailure``."""
    limits.check_canvas(header.width, header.height)
    if header.size is not None and (context.version.source_size or 0) < header.size:
        raise MediaFailure("source_truncated", f"{header.size} bytes are declared")
    stream = _moving(context, header) if header.demuxer == SEQUENCES else None
    pictures = list_pictures(context, context.source_key, header.demuxer, stream.index if stream else 0)
    if header.frames is not None and len(pictures.starts) < min(header.frames, limits.MAX_ANIMATION_FRAMES):
        raise MediaFailure(
            "source_truncated", f"{len(pictures.starts)} of {header.frames} pictures are there"
        )
    left_out = header.alpha_apart and (stream is None or stream.alpha_index is None)
    return describe(
        header.demuxer,
        pictures,
        loop=header.loop,
        background=context.version.background,
        stream=stream,
        notices=(Notice("transparency_left_out"),) if left_out else (),
    )


def _moving(context: StepContext, header: Header) -> VideoStream:
    """Return the stream that moves, among the still pictures that such a file has besides."""
    with context.tools.source(context.reader, context.source_key, context.outputs) as source:
        media = probe(source, b"")
    if media.video is None:
        raise MediaFailure("no_decodable_frames", f"no picture in a {header.demuxer}")
    return media.video
