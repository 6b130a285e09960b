"""A version as players see it, from which playlists and manifests are rendered. Pure.

Every child URI that needs one ends with ``SUFFIX``, a character that can occur nowhere else; ``with_query`` puts the
playback token, or the edge's signature, there. What leads to playlists begins with ``FOLDER``, so that the token can
stand there instead, and all that such a playlist names is short.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from storage.packed_chunks import Segment

SUFFIX = "\x00"
FOLDER = "\x01"


@dataclass(frozen=True)
class ChunkRanges:
    """How one chunk's object is divided: the initialization segment is its first ``init_length`` bytes."""

    number: int
    init_length: int
    segments: tuple[Segment, ...]


@dataclass(frozen=True)
class Variant:
    """One rendition as the multivariant playlist shows it.

    Bit rates in bit/s; ``reach`` in seconds is how far its contiguous segments go. ``codecs`` is None until
    there is a first chunk.
    """

    name: str
    kind: str
    codecs: str | None
    bandwidth: int
    average_bandwidth: int | None
    reach: float
    width: int | None = None
    height: int | None = None
    frame_rate: float | None = None
    channels: int | None = None
    language: str | None = None
    label: str | None = None
    described: bool = False
    """Whether it is a sound that tells of the picture."""


@dataclass(frozen=True)
class CaptionTrack:
    """Captions in one language; ``label`` is what people choose by. Those that are ``automatic`` a machine wrote."""

    id: str
    language: str
    label: str
    automatic: bool = False


@dataclass(frozen=True)
class Presentation:
    """A version as players see it. ``ended`` is True once nothing will be added.

    ``variants`` lists video from the lowest up, then sound. ``target_duration`` and ``duration`` are in seconds.
    """

    version_id: str
    ended: bool
    target_duration: int
    duration: float
    variants: tuple[Variant, ...]
    captions: tuple[CaptionTrack, ...] = ()


def contiguous(chunks: Sequence[ChunkRanges]) -> tuple[ChunkRanges, ...]:
    """Return the chunks from number 0 up to the first that is missing: what can be played without a hole."""
    ordered = sorted(chunks, key=lambda chunk: chunk.number)
    return tuple(chunk for _, chunk in takewhile(lambda pair: pair[0] == pair[1].number, enumerate(ordered)))


def reach(chunks: Sequence[ChunkRanges]) -> float:
    """How many seconds can be played from the beginning without a hole."""
    return sum(segment.duration for chunk in contiguous(chunks) for segment in chunk.segments)


def with_query(template: str, query: str, folder: str = "") -> str:
    """Return a rendered playlist with ``query`` (``?token=...`` or nothing) in the place of every ``SUFFIX``; or, where
    its URIs have a place for it, with ``folder`` (``t/.../``) in that of every ``FOLDER``.
    """
    if folder and FOLDER in template:
        return template.replace(FOLDER, folder).replace(SUFFIX, "")
    return template.replace(FOLDER, "").replace(SUFFIX, query)
