"""The door for GIF, APNG and animated WebP."""

from __future__ import annotations

from workers.context import StepContext
from workers.inspection.animation import describe, list_pictures
from workers.inspection.inspected import Inspected
from workers.plan.failure import MediaFailure
from workers.plan.source import limits
from workers.plan.source.animated import Header


def inspect_animated_image(context: StepContext, header: Header) -> Inspected:
    """Inspect an animated image with this header. Raises ``MediaFailure``."""
    limits.check_canvas(header.width, header.height)
    if header.size is not None and (context.version.source_size or 0) < header.size:
        raise MediaFailure("source_truncated", f"{header.size} bytes are declared")
    pictures = list_pictures(context, context.source_key, header.demuxer)
    if header.frames is not None and len(pictures.starts) < min(header.frames, limits.MAX_ANIMATION_FRAMES):
        raise MediaFailure(
            "source_truncated", f"{len(pictures.starts)} of {header.frames} pictures are there"
        )
    background = context.version.background
    return describe(header.demuxer, pictures, loop=header.loop, background=background)
