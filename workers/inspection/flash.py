"""The door for Flash movies: the video is taken out of one that only wraps it, others are played by a browser."""

from __future__ import annotations

from fractions import Fraction
from functools import partial
from typing import Final

from storage.catalogue.facts import WAITS, Notice
from workers.browser import draw_flash
from workers.context import PIECE, StepContext
from workers.inspection.inspected import Inspected, LeftToBrowser
from workers.inspection.played import easel_for, fetch_source, inspect_film
from workers.inspection.video_file import inspect_video_file
from workers.plan.failure import MediaFailure
from workers.plan.formats import flv_writer
from workers.plan.formats.swf.outline import outline
from workers.plan.formats.swf.wrapper import NOT_SUPPORTED, Picture, wrapped_video
from workers.plan.source.flash import plan_movie

VIDEO: Final = "video.flv"
HEAD: Final = flv_writer.header(duration=0.0, rate=0.0)
"""What a stored video begins with, but for its facts."""


def inspect_flash(context: StepContext, *, by_browser: bool) -> Inspected:
    """Store the video of a Flash movie, or ``by_browser`` what is seen and heard when it plays, and inspect that; it
    stands in for the movie. Raises ``MediaFailure``, and ``LeftToBrowser`` of a movie that only a browser plays."""
    if by_browser:
        return _inspect_played(context)
    try:
        video = _take_video(context)
    except MediaFailure as failure:
        if failure.code != NOT_SUPPORTED:
            raise
        raise LeftToBrowser from failure
    return inspect_video_file(context, HEAD, video)


def _inspect_played(context: StepContext) -> Inspected:
    source = fetch_source(context, "flash_too_large")
    with source.open("rb") as file:
        movie = outline(iter(partial(file.read, PIECE), b""))
    drawing = plan_movie(movie)
    played = draw_flash(easel_for(context), source, drawing)
    if played.plain and not played.heard:
        raise MediaFailure("flash_blank", f"{played.pictures} pictures of one colour")
    notices = [Notice("flash_sound_alone")] if played.plain else []
    if movie.waits:
        notices.append(Notice(WAITS))
    if drawing.cut or played.broken:
        notices.append(Notice("flash_cut_off", {"seconds": f"{float(played.pictures / drawing.rate):.0f}"}))
    return inspect_film(context, played, drawing.rate, notices)


def _take_video(context: StepContext) -> str:
    """Store the video of a Flash movie as Flash Video, and return its object key. Raises ``MediaFailure``."""
    path = context.folder / VIDEO
    pieces = context.reader.stream(context.source_key, 0, context.version.source_size or 0)
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
