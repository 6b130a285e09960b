"""Take captions and chapters out of a source. Nothing in them can make the version fail: what is bad is left out."""

from __future__ import annotations

import logging

from storage.catalogue import tracks as catalogue
from storage.catalogue.models import Track
from storage.tracks.cue import MAX_BYTES
from storage.tracks.names import CAPTIONS, CHAPTERS, UNKNOWN
from storage.tracks.read import read
from storage.tracks.webvtt import MEDIA_TYPE, to_webvtt
from workers.blame import Blame, judge
from workers.context import Publish, StepContext
from workers.ffmpeg import ToolFailed, ToolTimedOut
from workers.plan.commands import reading
from workers.plan.source.tracks import TextStream, chapter_cues, embedded_from_json
from workers.verify import OutputRejected

log = logging.getLogger(__name__)

ALL_SECONDS = 1200.0
"""Processor time for taking texts out: they lie between the pictures, so most containers are read as a whole."""

CHAPTER_LABELS = "章节 Chapters"


def tracks(context: StepContext) -> Publish:
    """Captions for each text stream and one track of chapters, where the author has not sent the same already."""
    version = context.version
    embedded = embedded_from_json(context.claim.params)
    made: list[Track] = []
    if cues := chapter_cues(embedded.chapters):
        info = context.store("chapters.vtt", to_webvtt(cues), MEDIA_TYPE)
        made.append(_track(version.id, CHAPTERS, UNKNOWN, CHAPTER_LABELS, info.key))
    _extract(context, embedded.texts)
    for text in embedded.texts:
        if data := _cleaned(context, text):
            info = context.store(f"captions-{text.index}.vtt", data, MEDIA_TYPE)
            made.append(_track(version.id, CAPTIONS, text.language, text.label, info.key))
    return lambda session: catalogue.add_missing(session, version.id, made)


def _extract(context: StepContext, texts: tuple[TextStream, ...]) -> None:
    """Write all texts in one pass; if the tool gives up on that, each in one of its own."""
    if not texts:
        return
    left = ALL_SECONDS
    tries = [texts, *((text,) for text in texts if len(texts) > 1)]
    with context.tools.source(context.reader, context.source_key, context.outputs) as source:
        for streams in tries:
            if left < 1:
                return
            names = {text.index: _file_name(text) for text in streams}
            arguments = reading.extract_texts(source.input, names, MAX_BYTES)
            try:
                left -= source.ffmpeg(arguments, seconds=left).cpu_seconds
            except ToolFailed as error:
                if judge(error).blame is not Blame.STEP:
                    raise
                # What it has written by now would be captions that end in the middle.
                for name in names.values():
                    context.outputs.remove(name)
                log.warning("version %s: texts %s: %s", context.version.id, list(names), error)
                if isinstance(error, ToolTimedOut):
                    return
                left -= error.cpu_seconds
            else:
                if streams == texts:
                    return


def _cleaned(context: StepContext, text: TextStream) -> bytes | None:
    try:
        written = context.outputs.find(_file_name(text), MAX_BYTES)
    except OutputRejected as error:
        log.warning("version %s: text %d is left out: %s", context.version.id, text.index, error)
        return None
    if not written or len(written) == MAX_BYTES:
        log.warning("version %s: text %d is left out, empty or too long", context.version.id, text.index)
        return None
    reading = read(written)
    if reading.faults:
        first = reading.faults[0]
        log.warning(
            "version %s: text %d: %s in line %d", context.version.id, text.index, first.code, first.line
        )
    return to_webvtt(reading.cues) if reading.cues else None


def _file_name(text: TextStream) -> str:
    return f"{text.index}.srt"


def _track(version_id: str, kind: str, language: str, label: str, key: str) -> Track:
    return Track(version_id=version_id, kind=kind, language=language, label=label, object_key=key)
