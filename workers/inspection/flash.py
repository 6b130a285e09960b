"""The door for Flash movies: the video is taken out of one that only wraps it."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from workers.context import StepContext
from workers.inspection.inspected import Inspected
from workers.inspection.video_file import inspect_video_file
from workers.plan.formats import flv_writer
from workers.plan.formats.swf.wrapper import Picture, wrapped_video
from workers.retries import RetryingReader

VIDEO: Final = "video.flv"
HEAD: Final = flv_writer.header(duration=0.0, rate=0.0)
"""What a stored video begins with, but for its facts."""


def inspect_flash(context: StepContext) -> Inspected:
    """Store the video of a Flash movie, and inspect that; it stands in for the movie. Raises ``MediaFailure``."""
    return inspect_video_file(context, HEAD, _take_video(context))


def _take_video(context: StepContext) -> str:
    """Store the video of a Flash movie as Flash Video, and return its object key. Raises ``MediaFailure``."""
    path = context.folder / VIDEO
    pieces = RetryingReader(context.objects).stream(context.source_key, 0, context.version.source_size or 0)
    pictures: list[Fraction] = []
    end, shown_at = Fraction(0), -1
    with path.open("wb") as file:
        file.write(HEAD)
        for sample in wrapped_video(pieces):
            milliseconds = round(1000 * sample.time)
            if isinstance(sample, Picture):
                pictures.append(sample.time)
                # Of pictures that a frame shows together the last is seen, and all are decoded.
                shown_at = milliseconds = max(shown_at + 1, milliseconds)
                file.write(flv_writer.picture(milliseconds, sample.data, codec=sample.codec, key=sample.key))
            else:
                end = max(end, sample.end)
                file.write(flv_writer.sound(milliseconds, sample.data, sample.form))
        file.seek(0)
        file.write(_header(pictures, end))
    return context.store_file(VIDEO, path, "video/x-flv").key


def _header(pictures: list[Fraction], sound_end: Fraction) -> bytes:
    """The last picture stands as long as the others on average."""
    span = pictures[-1] - pictures[0]
    each = span / max(1, len(pictures) - 1)
    return flv_writer.header(
        duration=float(max(pictures[-1] + each, sound_end)), rate=float(1 / each) if each else 0.0
    )
