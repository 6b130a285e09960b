"""Find the slides of a lesson, and suggest chapters that begin with them to its author."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from sqlalchemy.orm import Session

from storage.catalogue import renditions, tracks
from storage.catalogue.models import Asset, Rendition, Track
from storage.object_slices import ObjectSlices
from storage.tracks.cue import Cue
from storage.tracks.names import CHAPTERS, UNKNOWN, language_name
from storage.tracks.webvtt import MEDIA_TYPE, to_webvtt
from workers.context import Publish, StepContext
from workers.plan.commands.slides import GREYS, TIMES, keyframe_greys, parse_times
from workers.plan.decisions.slides import PICTURE_BYTES, Slide, find_slides, slide_name
from workers.retries import RetryingReader
from workers.steps.tracks import CHAPTER_LABELS
from workers.stored_chunks import whole
from workers.stored_plan import plan_of
from workers.verify import OutputRejected

log = logging.getLogger(__name__)

SECONDS = 1800.0
"""Of processor time: an hour of lesson takes some two."""


def slides(context: StepContext) -> Publish:
    """Looked for on the keyframes of the lowest rung. Viewers see the chapters when an author has accepted them; where
    there are others already, nothing is suggested."""
    with context.sessions() as session:
        made = renditions.renditions_of(session, context.version.id)
        language = session.get_one(Asset, context.version.asset_id).language or UNKNOWN
    lowest = next(rendition for rendition in made if rendition.kind == "video")
    found = find_slides(*_pictures(context, lowest), plan_of(context).duration)
    log.info("version %s: %d slides", context.version.id, len(found))
    if not found:
        return lambda _session: None
    info = context.store("slides.vtt", to_webvtt(_chapters(found, language)), MEDIA_TYPE)

    def publish(session: Session) -> None:
        label = CHAPTER_LABELS if language == UNKNOWN else language_name(language)
        chapters = Track(
            version_id=context.version.id,
            kind=CHAPTERS,
            language=language,
            label=label,
            object_key=info.key,
        )
        tracks.suggest(session, chapters)

    return publish


def _pictures(context: StepContext, rung: Rendition) -> tuple[list[bytes], list[float]]:
    file = ObjectSlices(RetryingReader(context.objects), whole(rung.chunks))
    with context.tools.file(file, context.outputs) as source:
        source.ffmpeg(keyframe_greys(source.input), seconds=SECONDS)
    greys, times = context.outputs.read(GREYS), parse_times(context.outputs.read(TIMES))
    if len(greys) != len(times) * PICTURE_BYTES:
        raise OutputRejected([f"{len(greys)} bytes are not {len(times)} pictures"])
    return [greys[at : at + PICTURE_BYTES] for at in range(0, len(greys), PICTURE_BYTES)], times


def _chapters(found: Sequence[Slide], language: str) -> list[Cue]:
    return [
        Cue(round(1000 * slide.start), round(1000 * slide.end), slide_name(number, language))
        for number, slide in enumerate(found, 1)
    ]
