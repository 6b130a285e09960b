"""Write down what is said in a lesson: captions that are marked as made by a machine until somebody looks at them."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy.orm import Session

from storage.catalogue import renditions, tracks
from storage.catalogue.facts import Notice
from storage.catalogue.models import Asset, Rendition, Track, Version
from storage.languages import language_tag, primary
from storage.tracks.cue import MAX_CUES
from storage.tracks.names import CAPTIONS, UNKNOWN, automatic_name
from storage.tracks.webvtt import MEDIA_TYPE, to_webvtt
from workers.context import Publish, StepContext
from workers.ffmpeg import ToolMissing
from workers.plan.commands.speech import SOUND, stretch_of_sound
from workers.plan.decisions.caption_lines import captions_of
from workers.plan.decisions.speech import (
    SAMPLE_BYTES,
    SAMPLE_RATE,
    STRETCH,
    Heard,
    Window,
    language_of,
    parse_heard,
    parse_speech,
    spoken_of,
    windows_of,
)
from workers.plan.failure import MediaFailure
from workers.speech_engine import Listener, Told, find_engine
from workers.stored_chunks import TimedSegments
from workers.verify import OutputRejected

log = logging.getLogger(__name__)

SOUND_SECONDS: Final = 1800.0
"""Of processor time for taking one stretch of sound out, which takes some five."""

MOST_LOST: Final = 5
"""Windows in a row of which a model makes nothing: then it will make nothing of the others."""


@dataclass(frozen=True)
class _Heard:
    """What was heard of a lesson, each with its window, and how many samples were lost."""

    windows: tuple[tuple[Window, Heard], ...]
    lost: int


def transcribe(context: StepContext) -> Publish:
    """The default sound is heard, as viewers hear it. A lesson with captions in its language keeps those; where nobody
    speaks, there are none.
    """
    with context.sessions() as session:
        made = renditions.renditions_of(session, context.version.id)
        lesson_language = session.get_one(Asset, context.version.asset_id).language
        sound = next(rendition for rendition in made if rendition.kind == "audio")
        wanted = language_tag(sound.language) or lesson_language or UNKNOWN
        if tracks.has_captions(session, context.version.id, wanted):
            log.info("version %s has captions of %s", context.version.id, wanted)
            return lambda _session: None
    try:
        engine = find_engine(context.settings.model_dir)
    except ToolMissing as error:
        raise MediaFailure("speech_model_unusable", str(error)) from error
    expected = "" if wanted == UNKNOWN else primary(wanted)
    found = _hear(context, sound, Listener(engine, expected, context.tools, context.outputs))
    language = language_of([heard for _, heard in found.windows], wanted)
    said = [spoken for window, heard in found.windows if (spoken := spoken_of(window, heard)) is not None]
    cues = captions_of(said, language)[:MAX_CUES]
    log.info(
        "version %s: %d windows of %s, %d captions, %.0f s lost",
        context.version.id,
        len(found.windows),
        language,
        len(cues),
        found.lost / SAMPLE_RATE,
    )
    track = None
    if cues:
        info = context.store(f"{CAPTIONS}.vtt", to_webvtt(cues), MEDIA_TYPE)
        track = Track(
            version_id=context.version.id,
            kind=CAPTIONS,
            language=language,
            label=automatic_name(language),
            object_key=info.key,
        )

    def publish(session: Session) -> None:
        if track is not None and tracks.add_automatic(session, track) and found.lost:
            _note(session, context.version.id, found.lost)

    return publish


def _note(session: Session, version_id: str, lost: int) -> None:
    version = session.get_one(Version, version_id, with_for_update=True)
    if version.facts is not None:
        notice = Notice("captions_incomplete", {"seconds": str(max(1, round(lost / SAMPLE_RATE)))})
        version.facts = replace(version.facts, notices=(*version.facts.notices, notice))


def _hear(context: StepContext, sound: Rendition, listener: Listener) -> _Heard:
    """Hear a lesson stretch by stretch: of each there is no more than its sound, a file of some 40 MB."""
    segments = TimedSegments(sound.chunks)
    length, at, lost = round(segments.starts[-1] * SAMPLE_RATE), 0, 0
    heard: list[tuple[Window, Heard]] = []
    while at < length:
        samples = _write_stretch(context, segments, at)
        is_last = samples < STRETCH or at + samples >= length
        told = listener.find_speech(SOUND)
        _check(told)
        if told.error is not None:
            raise told.error
        windows, after = windows_of(parse_speech(told.lines, samples), samples, is_last=is_last)
        for window, each in _texts(listener, windows):
            if each is None:
                lost += window.end - window.start
            else:
                heard.append((window.moved(at), each))
        if is_last:
            break
        at += after
        context.heartbeat.progress = at / length
    return _Heard(tuple(heard), lost)


def _texts(listener: Listener, windows: Sequence[Window]) -> Iterator[tuple[Window, Heard | None]]:
    """Yield what is said in each window; None of one with which the engine came to no end, nor of one of which it told
    nonsense. After such a one it begins anew.

    Raises ``MediaFailure`` where that goes on and on.
    """
    in_a_row = 0
    while windows:
        told = listener.write_down(SOUND, windows)
        _check(told)
        heard = parse_heard(told.lines)[: len(windows)]
        yield from zip(windows, heard, strict=False)
        windows = windows[len(heard) :]
        if not windows:
            return
        if told.error is None:
            raise OutputRejected([f"of {len(windows)} windows nothing was told"])
        in_a_row = 1 if heard else in_a_row + 1
        log.warning("a window is left out: %s", told.error)
        if in_a_row >= MOST_LOST:
            raise MediaFailure("speech_model_unusable", f"it comes to no end: {told.error}")
        yield windows[0], None
        windows = windows[1:]


def _check(told: Told) -> None:
    if not told.opened:
        raise MediaFailure("speech_model_unusable", f"it cannot be opened: {told.error}")


def _write_stretch(context: StepContext, segments: TimedSegments, at: int) -> int:
    """Write the sound from the sample ``at`` on; returns how many samples. Only the segments that hold it are read, and
    the one that follows."""
    first, last = segments.at(at / SAMPLE_RATE), segments.at((at + STRETCH) / SAMPLE_RATE)
    file = segments.file(context.reader, range(first, min(last + 2, len(segments))))
    context.outputs.remove(SOUND)
    with context.tools.file(file, context.outputs) as source:
        skipped = max(0, at - round(segments.starts[first] * SAMPLE_RATE))
        source.ffmpeg(stretch_of_sound(source.input, skipped), seconds=SOUND_SECONDS)
    with context.outputs.open(SOUND, STRETCH * SAMPLE_BYTES) as written:
        return written.seek(0, 2) // SAMPLE_BYTES
