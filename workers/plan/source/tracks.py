"""Captions and chapters that a source brings along: what is used of them, and the step that takes them out."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

from pydantic import TypeAdapter

from storage.catalogue.new_steps import NewStep
from storage.tracks.cue import Cue
from storage.tracks.names import distinct, embedded_language, language_name
from storage.tracks.text import one_line

TEXT_CODECS: Final = ("subrip", "srt", "ass", "ssa", "mov_text", "webvtt", "text")
"""Subtitles that are text. The others are pictures of text, which nobody can read out of them."""

MAX_CHAPTERS: Final = 1000
MAX_TITLE: Final = 200


@dataclass(frozen=True)
class TextStream:
    """A stream of captions. No two of a source have the same ``language`` (BCP 47)."""

    index: int
    language: str
    label: str


@dataclass(frozen=True)
class Chapter:
    """Times in milliseconds from the source's start."""

    start: int
    end: int
    title: str


@dataclass(frozen=True)
class Embedded:
    """What a source brings along."""

    texts: tuple[TextStream, ...] = ()
    chapters: tuple[Chapter, ...] = ()


_adapter = TypeAdapter(Embedded)


def parse_embedded(document: dict[str, Any], start: float) -> Embedded:
    """Read the JSON of ``ffprobe -show_streams -show_chapters``; ``start`` is the source's first timestamp (s)."""
    return Embedded(_texts(document.get("streams") or []), _chapters(document.get("chapters") or [], start))


def track_steps(embedded: Embedded) -> list[NewStep]:
    """Return the step that takes tracks out of the source, if there are any.

    It travels with the bulk of encoding, which is emptied last: first segments never wait for it.
    """
    if not embedded.texts and not embedded.chapters:
        return []
    return [NewStep(kind="tracks", name="tracks", params=asdict(embedded), optional=True)]


def embedded_from_json(params: dict[str, Any]) -> Embedded:
    """Return what ``track_steps`` put into the step."""
    return _adapter.validate_python(params)


def chapter_cues(chapters: tuple[Chapter, ...]) -> tuple[Cue, ...]:
    """Chapters as cues, in order of time."""
    cues = [Cue(c.start, c.end, c.title) for c in chapters if 0 <= c.start < c.end and c.title]
    return tuple(sorted(cues, key=lambda cue: cue.start))


def _texts(streams: list[dict[str, Any]]) -> tuple[TextStream, ...]:
    found: list[TextStream] = []
    texts = [s for s in streams if s.get("codec_type") == "subtitle" and s.get("codec_name") in TEXT_CODECS]
    # Forced subtitles are the few lines in another language, of use only where there are no whole ones.
    for stream in sorted(texts, key=lambda s: bool((s.get("disposition") or {}).get("forced"))):
        tags = {str(name).lower(): str(value) for name, value in (stream.get("tags") or {}).items()}
        title = one_line(tags.get("title", ""))[:MAX_TITLE]
        language = embedded_language(tags.get("language"), title)
        taken = {text.language for text in found}
        if language in taken and (stream.get("disposition") or {}).get("forced"):
            continue
        language = distinct(language, taken)
        found.append(TextStream(int(stream["index"]), language, title or language_name(language)))
    return tuple(found)


def _chapters(chapters: list[dict[str, Any]], start: float) -> tuple[Chapter, ...]:
    found = []
    for number, chapter in enumerate(chapters[:MAX_CHAPTERS], 1):
        tags = {str(name).lower(): str(value) for name, value in (chapter.get("tags") or {}).items()}
        title = one_line(tags.get("title", ""))[:MAX_TITLE] or str(number)
        try:
            times = [round((float(chapter[name]) - start) * 1000) for name in ("start_time", "end_time")]
        except (KeyError, ValueError, OverflowError):
            continue
        found.append(Chapter(max(0, times[0]), times[1], title))
    return tuple(found)
