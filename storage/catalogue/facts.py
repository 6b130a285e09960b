"""The contract between workers and service: what is known of a version once it is planned.

Workers write facts in the transaction in which they write the plan; the service reads nothing else of either. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from configs.words import NoticeCode

FORMAT: Final = 1
"""Number of the shape in which facts are stored. It rises with each change that another release would misread; the
keeper then writes those anew that are older."""

WAITS: Final[NoticeCode] = "flash_interactive"
"""The notice of a movie that waits for its reader."""


@dataclass(frozen=True)
class PlannedSound:
    """A sound and the number of chunks that it will have; ``described``: it tells of the picture, for those who do not
    see it."""

    name: str
    chunks: int
    described: bool = False


@dataclass(frozen=True)
class Notice:
    """What an author should know of a lesson. ``code`` is a ``NoticeCode``, or one of a newer release, of which this
    one has no sentence; ``words`` belong into the sentence."""

    code: str
    words: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class VersionFacts:
    """What players and people are told of a version; seconds and pixels.

    ``width`` and ``height`` are those of the best rung or, of sound alone, of the poster; ``source_width`` and
    ``source_height`` those of the source as it is shown, which sound alone has not, nor a ``frame_rate``.
    ``longest_segment`` is that of any rendition. ``picture_chunks`` is how many each rendition of the picture will
    have.
    """

    duration: float
    width: int
    height: int
    source_width: int | None
    source_height: int | None
    frame_rate: float | None
    loop: bool
    longest_segment: float
    picture_chunks: int | None
    sounds: tuple[PlannedSound, ...]
    decisions: tuple[str, ...] = ()
    """Why it got these renditions, for people."""
    notices: tuple[Notice, ...] = ()
    """What its author should know."""

    @property
    def is_interactive(self) -> bool:
        """Whether the source waits for its reader, so that the lesson shows only what runs by itself."""
        return any(notice.code == WAITS for notice in self.notices)

    def planned_chunks(self, rendition: str) -> int | None:
        """Return of how many chunks a rendition will be, or None if nobody planned it."""
        sounds = {sound.name: sound.chunks for sound in self.sounds}
        return sounds.get(rendition, self.picture_chunks)

    def is_described(self, rendition: str) -> bool:
        """Return whether a rendition is an audio description."""
        return any(sound.described for sound in self.sounds if sound.name == rendition)


_adapter: Final = TypeAdapter(VersionFacts)


def facts_to_json(facts: VersionFacts) -> dict[str, Any]:
    """Return the facts as the catalogue stores them."""
    return {"format": FORMAT, **asdict(facts)}


def facts_from_json(document: dict[str, Any]) -> VersionFacts | None:
    """Return the inverse of ``facts_to_json``, or None of what another release wrote in another format."""
    if document.get("format") != FORMAT:
        return None
    try:
        return _adapter.validate_python(document)
    except ValidationError:
        return None
