"""Find the slides of a lesson, keep what is written on them, and suggest chapters that begin with them."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from sqlalchemy.orm import Session

from configs.words import TrackKind
from storage.catalogue import renditions, tracks
from storage.catalogue.models import Asset, Rendition, Track
from storage.languages import written_language
from storage.object_slices import ObjectSlices
from storage.tracks.cue import Cue
from storage.tracks.names import CHAPTERS, SLIDES, UNKNOWN, language_name
from storage.tracks.webvtt import MEDIA_TYPE, to_webvtt
from workers import rapidocr
from workers.blame import Blame, judge
from workers.context import Publish, StepContext
from workers.ffmpeg import ToolFailed, ToolMissing
from workers.plan.commands.slides import GREYS, PAGES, TIMES, parse_times, small_greys, whole_pictures
from workers.plan.decisions.slide_text import (
    HEIGHT,
    MOST_READ,
    PAGE_BYTES,
    Written,
    parse_reading,
    written,
)
from workers.plan.decisions.slides import PICTURE_BYTES, chapters_of, find_slides, slide_name
from workers.steps.tracks import CHAPTER_LABELS
from workers.stored_chunks import TimedSegments, whole
from workers.stored_plan import plan_of
from workers.verify import OutputRejected

log = logging.getLogger(__name__)

SECONDS = 1800.0
"""Of processor time: an hour of lesson takes some two."""

_NEAR_SECONDS = 7.0
"""From one keyframe to the next: where nothing moves they are further apart, and the pictures between are decoded."""

_A_MOMENT = 0.05
"""Seconds by which a keyframe may seem to come before its segment, as numbers are rounded."""

SLIDE_LABELS = "幻灯片 Slides"


def slides(context: StepContext) -> Publish:
    """Looked for in the lowest rung. Viewers see the chapters when an author has accepted them; where
    there are others already, nothing is suggested."""
    with context.sessions() as session:
        made = renditions.renditions_of(session, context.version.id)
        told = session.get_one(Asset, context.version.asset_id).language
    rungs = [rendition for rendition in made if rendition.kind == "video"]
    greys, times = _greys(context, rungs[0])
    found = find_slides(greys, times, plan_of(context).duration)
    if not found:
        return lambda _session: None
    texts = _read(context, rungs, [times[slide.picture] for slide in found])
    log.info(
        "version %s: %d slides, %d of them read",
        context.version.id,
        len(found),
        sum(bool(text.text) for text in texts),
    )
    language = told or written_language("\n".join(text.text for text in texts)) or UNKNOWN
    chapters = _track(
        context,
        CHAPTERS,
        language,
        CHAPTER_LABELS,
        chapters_of(found, [text.title for text in texts], language),
    )
    pages = [
        Cue(round(1000 * slide.start), round(1000 * slide.end), text.text or slide_name(number, language))
        for number, (slide, text) in enumerate(zip(found, texts, strict=True), 1)
    ]
    read = (
        _track(context, SLIDES, language, SLIDE_LABELS, pages) if any(text.text for text in texts) else None
    )

    def publish(session: Session) -> None:
        tracks.suggest(session, chapters)
        if read is not None:
            tracks.add_missing(session, context.version.id, [read])

    return publish


def _greys(context: StepContext, rung: Rendition) -> tuple[list[bytes], list[float]]:
    file = ObjectSlices(context.reader, whole(rung.chunks))
    with context.tools.file(file, context.outputs) as source:
        source.ffmpeg(small_greys(source.input, keyframes=_has_near_keyframes(rung)), seconds=SECONDS)
    greys, times = context.outputs.read(GREYS), parse_times(context.outputs.read(TIMES))
    if len(greys) != len(times) * PICTURE_BYTES:
        raise OutputRejected([f"{len(greys)} bytes are not {len(times)} pictures"])
    return [greys[at : at + PICTURE_BYTES] for at in range(0, len(greys), PICTURE_BYTES)], times


def _read(context: StepContext, rungs: Sequence[Rendition], times: Sequence[float]) -> list[Written]:
    """Return what is written on the keyframes at these times; nothing where nobody can read it."""
    unread = [Written("", ())] * len(times)
    try:
        rapidocr.find_packages()
    except ToolMissing as error:
        log.info("version %s: slides are not read: %s", context.version.id, error)
        return unread
    rung = next((rung for rung in rungs if (rung.height or 0) >= HEIGHT), rungs[-1])
    wanted = times[:MOST_READ]
    try:
        numbers = _write_pages(context, rung, wanted)
        told = rapidocr.read(PAGES, context.tools, context.outputs)
    except ToolFailed as error:
        if judge(error).blame is not Blame.STEP:
            raise
        log.warning("version %s: slides are not read: %s", context.version.id, error)
        return unread
    pages = parse_reading(told, max(numbers) + 1)
    return [*written([pages[number] for number in numbers]), *unread[len(wanted) :]]


def _write_pages(context: StepContext, rung: Rendition, times: Sequence[float]) -> list[int]:
    """Write the pictures at these times; returns the number of each. Only the segments that hold them are read."""
    segments = TimedSegments(rung.chunks)
    held = sorted({segments.at(time + _A_MOMENT) for time in times})
    first, keyframes = segments.starts[held[0]], _has_near_keyframes(rung)
    with context.tools.file(segments.file(context.reader, held), context.outputs) as source:
        arguments = whole_pictures(
            source.input, [time - first for time in times], rung.frame_rate or 1.0, keyframes=keyframes
        )
        source.ffmpeg(arguments, seconds=SECONDS)
    shown = [first + time for time in parse_times(context.outputs.read(TIMES))]
    with context.outputs.open(PAGES) as pages:
        size = pages.seek(0, 2)
    if not shown or size != len(shown) * PAGE_BYTES:
        raise OutputRejected([f"{size} bytes are not {len(shown)} pictures"])
    return [min(range(len(shown)), key=lambda number: abs(shown[number] - time)) for time in times]


def _has_near_keyframes(rung: Rendition) -> bool:
    """Return whether none of its segments, each of which begins with a keyframe, is longer than pictures are apart."""
    return all(seconds <= _NEAR_SECONDS for chunk in rung.chunks for seconds, _, _ in chunk.segments)


def _track(context: StepContext, kind: TrackKind, language: str, labels: str, cues: Sequence[Cue]) -> Track:
    info = context.store(f"{kind}.vtt", to_webvtt(cues), MEDIA_TYPE)
    return Track(
        version_id=context.version.id,
        kind=kind,
        language=language,
        label=labels if language == UNKNOWN else language_name(language),
        object_key=info.key,
    )
