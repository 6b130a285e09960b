"""What was drawn and heard of a source that a browser plays becomes a film, which is inspected in its place."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Final

from configs.words import FailureCode
from storage.catalogue.facts import Notice
from workers import browser
from workers.browser import Easel, Played
from workers.context import StepContext
from workers.ffmpeg import ToolMissing, run_ffmpeg
from workers.inspection.inspected import Inspected
from workers.inspection.video_file import inspect_video_file
from workers.media import ENCODE_MEMORY
from workers.plan.commands.drawing import FILM, FILM_HEAD, join_drawing
from workers.plan.failure import MediaFailure
from workers.programs.draw_page import OUTPUT, SAMPLE_RATE, SOUND
from workers.sandbox import Limits

MAX_PLAYED_BYTES: Final = 64 * 1024 * 1024
JOIN_SECONDS: Final = 1800


def fetch_source(context: StepContext, too_large: FailureCode) -> Path:
    """Return a copy of the source. Raises ``MediaFailure``."""
    size = context.version.source_size or 0
    if size > MAX_PLAYED_BYTES:
        raise MediaFailure(too_large, f"{size} bytes")
    source = context.folder / "source"
    with source.open("wb") as file:
        file.writelines(context.reader.whole(context.source_key, size))
    return source


def easel_for(context: StepContext) -> Easel:
    """Return where a browser draws. Raises ``MediaFailure`` where there is none."""
    tools = context.tools
    try:
        program = browser.find_browser(context.settings, tools.means)
    except ToolMissing as error:
        raise MediaFailure("browser_missing", str(error)) from error
    return Easel(program, tools.means, context.outputs.folder, tools.cancelled.is_set)


def inspect_film(context: StepContext, played: Played, rate: Fraction, notices: list[Notice]) -> Inspected:
    """Make a film of what was played at ``rate`` pictures per second, store and inspect it; of a sound beside which
    nothing was seen, the sound alone."""
    tools = context.tools
    pictures, sound = None if played.plain else OUTPUT, SOUND if played.heard else None
    join = join_drawing(pictures, sound, rate, played.pictures, SAMPLE_RATE)
    run_ffmpeg(
        tools.tools,
        join,
        means=tools.means,
        limits=Limits(cpu_seconds=JOIN_SECONDS, memory_bytes=ENCODE_MEMORY, niceness=tools.niceness),
        output=context.outputs.folder,
        cancelled=tools.cancelled.is_set,
    )
    stored = context.store_output(FILM, "video/x-matroska")
    found = inspect_video_file(context, FILM_HEAD, stored.key)
    return replace(found, media=replace(found.media, notices=(*found.media.notices, *notices)))
