"""Captions and chapters of a lesson, as its page tells them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from media_service.cache import Cache
from media_service.reference_text import Language
from media_service.services import services
from storage.catalogue.models import Track
from storage.objects import StorageError
from storage.tracks.cue import Cue
from storage.tracks.read import read

log = logging.getLogger(__name__)

_MOST_KEPT: Final = 100_000
"""Cues that a process remembers."""

# By the ID of the track: what it holds never changes.
_cues: Cache[str, Sequence[Cue]] = Cache(_MOST_KEPT, weigh=lambda cues: len(cues) + 1)


@dataclass(frozen=True)
class Spoken:
    """``captions`` are all languages that there are, ``chosen`` is the one of ``cues``."""

    captions: Sequence[Track]
    chosen: Track | None
    cues: Sequence[Cue]
    chapters: Sequence[Cue]


def spoken(found: Sequence[Track], asked: str | None, language: Language) -> Spoken:
    """What is said in a version with these tracks, in the language that was ``asked`` for if there is that one, else in
    the reader's.

    Without the object storage a page still tells all else, so what it holds is missing then.
    """
    captions = [track for track in found if track.kind == "captions"]
    chosen = choose(captions, asked, language)
    chapters = choose([track for track in found if track.kind == "chapters"], asked, language)
    return Spoken(captions, chosen, _read(chosen), _read(chapters))


def choose(found: Sequence[Track], asked: str | None, language: Language) -> Track | None:
    """The track in the language asked for, in the reader's, or the first one."""

    def fit(track: Track) -> int:
        if track.language == asked:
            return 0
        return 1 if track.language.split("-")[0].lower() == language else 2

    return min(found, key=fit, default=None)


def _read(track: Track | None) -> Sequence[Cue]:
    if track is None:
        return ()
    try:
        return _cues.get(track.id, lambda: _ask(track)) or ()
    except StorageError as error:
        log.warning("captions of a page are left out: %s", error)
        return ()


def _ask(track: Track) -> Sequence[Cue]:
    return read(b"".join(services().objects.stream(track.object_key))).cues
