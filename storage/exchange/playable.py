"""Whether what a linked platform tells of a version can be played here as a whole. Pure.

The models say which values there are (``storage.exchange.lessons``); this says which of them make a version. Whoever
tells is known, but not trusted: a version that passes is one that every manifest and picture can be made of.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from storage.catalogue.facts import VersionFacts, facts_from_json
from storage.catalogue.pictures import grid_from_json
from storage.exchange.lessons import (
    SharedChunk,
    SharedImage,
    SharedObject,
    SharedRecipe,
    SharedRendition,
    SharedVersion,
)
from storage.joined_files import Recipe

LONGEST: Final = 10_000_000.0
"""Seconds of a version: a hundred days."""

LARGEST_SIDE: Final = 65_535
"""Pixels."""

MOST_CHUNKS: Final = 100_000
"""Of a rendition: as many as an address can name."""

MOST_SEGMENTS: Final = 1_000_000
"""Of all renditions of a version."""

MOST_INDEXED: Final = 2**16 - 1
"""Segments of a rendition: as many as an index of one names (ISO/IEC 14496-12, section 8.16.3), of 4 s three days."""

LARGEST_CHUNK: Final = 2**31 - 1
"""Bytes: that such an index says of a segment."""

MOST_TILES: Final = 10_000
"""Of a storyboard, each of which is a cue."""

MOST_BYTES: Final = 2**50

MOST_TEXT_BYTES: Final = 8 * 1024 * 1024
"""Of captions, chapters or slides."""

_FASTEST: Final = 1000.0
"""Pictures a second."""

_LONGEST_SEGMENT: Final = 3600.0
_SHORTEST_TILE: Final = 0.001


class Unplayable(Exception):
    """What is told makes no version that could be played; the message says why."""


def require_playable(told: SharedVersion, *, is_reference: bool = False) -> VersionFacts:
    """Return what is known of a version that is told. Raises ``Unplayable``. Of a reference, which is played from its
    origin, only what is kept of it here has to be right."""
    facts = facts_from_json(told.facts)
    if facts is None:
        raise Unplayable(f"facts of format {told.facts.get('format')!r}")
    for fault in _faults(told, facts, is_reference=is_reference):
        raise Unplayable(fault)
    return facts


def _faults(told: SharedVersion, facts: VersionFacts, *, is_reference: bool) -> Iterator[str]:
    yield from _of_facts(facts)
    yield from _of_objects(told)
    for image in told.images:
        yield from _of_image(image)
    if is_reference:
        return
    named = {each.name: each for each in told.renditions}
    if len(named) < len(told.renditions):
        yield "two renditions of one name"
    pictures = [each for each in told.renditions if each.kind == "video"]
    sounds = {each.name for each in told.renditions if each.kind == "audio"}
    if told.kind is None:
        yield "neither a picture nor a sound"
    if told.kind in ("video", "animation") and not pictures:
        yield "no rendition of the picture"
    if told.kind == "audio" and not sounds:
        yield "no rendition of the sound"
    for planned in facts.sounds:
        if planned.name not in sounds:
            yield f"no rendition of the sound {planned.name!r}"
    for rendition in told.renditions:
        yield from _of_rendition(rendition)
        leads = rendition.kind == ("video" if pictures else "audio")
        if leads and not _is_near(_seconds(rendition), facts.duration):
            yield f"{rendition.name}: not as long as the version"
    if sum(len(chunk.segments) for each in told.renditions for chunk in each.chunks) > MOST_SEGMENTS:
        yield "too many segments"


def _of_facts(facts: VersionFacts) -> Iterator[str]:
    sides = [facts.width, facts.height, facts.source_width, facts.source_height]
    chunks = [facts.picture_chunks, *(sound.chunks for sound in facts.sounds)]
    if not 0 < facts.duration <= LONGEST:
        yield f"a duration of {facts.duration} s"
    if not 0 < facts.longest_segment <= _LONGEST_SEGMENT:
        yield f"segments of {facts.longest_segment} s"
    if not all(0 < side <= LARGEST_SIDE for side in sides if side is not None):
        yield "a picture of no size, or too large"
    if facts.frame_rate is not None and not 0 < facts.frame_rate <= _FASTEST:
        yield f"{facts.frame_rate} pictures a second"
    if not all(0 <= number <= MOST_CHUNKS for number in chunks if number is not None):
        yield "more chunks than can be"
    texts = [*facts.decisions, *(sound.name for sound in facts.sounds)]
    for notice in facts.notices:
        texts += [notice.code, *notice.words, *notice.words.values()]
    if any("\0" in text for text in texts):
        yield "a text with U+0000"


def _of_objects(told: SharedVersion) -> Iterator[str]:
    known: dict[str, tuple[int, str]] = {}
    for each in told.objects():
        if known.setdefault(each.path, (each.size, each.sha256)) != (each.size, each.sha256):
            yield f"{each.path}: two objects of one path"
    if sum(size for size, _ in known.values()) > MOST_BYTES:
        yield "more bytes than can be"
    for kind, names in (
        ("images", [each.name for each in told.images]),
        ("files", [each.name for each in (*told.files, *told.recipes)]),
        ("tracks", [(each.kind, each.language) for each in told.tracks]),
        ("slides", [each.language for each in told.slides]),
    ):
        if len({*names}) < len(names):
            yield f"two {kind} of one name"
    if any(text.size > MOST_TEXT_BYTES for text in (*told.tracks, *told.slides)):
        yield "captions, chapters or slides that are too long"
    yield from _empty([*told.images, *told.files, *told.recipes, *told.tracks, *told.slides])


def _empty(objects: Iterable[SharedObject]) -> Iterator[str]:
    for each in objects:
        if each.size == 0 or (isinstance(each, SharedRecipe) and each.joined_size == 0):
            yield f"{each.path}: nothing in it"


def _of_image(image: SharedImage) -> Iterator[str]:
    if not (0 < image.width <= LARGEST_SIDE and 0 < image.height <= LARGEST_SIDE):
        yield f"{image.path}: of no size, or too large"
    if image.name == "storyboard":
        grid = grid_from_json(image.details)
        if grid.count > MOST_TILES or not _SHORTEST_TILE <= grid.seconds <= LONGEST:
            yield f"{image.path}: tiles of {grid.seconds} s, {grid.count} of them"
    if not all(math.isfinite(each) for each in image.details.values() if isinstance(each, float)):
        yield f"{image.path}: a detail that is no number"


def _of_rendition(rendition: SharedRendition) -> Iterator[str]:
    name = rendition.name
    if rendition.codecs is None:
        yield f"{name}: no codecs"
    if rendition.kind == "video" and not (
        0 < (rendition.width or 0) <= LARGEST_SIDE and 0 < (rendition.height or 0) <= LARGEST_SIDE
    ):
        yield f"{name}: a picture of no size, or too large"
    if rendition.frame_rate is not None and not 0 < rendition.frame_rate <= _FASTEST:
        yield f"{name}: {rendition.frame_rate} pictures a second"
    bandwidths = (rendition.planned_bandwidth, rendition.peak_bandwidth, rendition.average_bandwidth)
    if not all(number > 0 for number in bandwidths if number is not None) or rendition.channels == 0:
        yield f"{name}: nothing a second, or no channels"
    numbers = [chunk.number for chunk in rendition.chunks]
    if numbers != [*range(len(numbers))] or not 0 < len(numbers) <= MOST_CHUNKS:
        yield f"{name}: no chunks, one that is missing, or not in order"
    if sum(len(chunk.segments) for chunk in rendition.chunks) > MOST_INDEXED:
        yield f"{name}: too many segments"
    for chunk in rendition.chunks:
        yield from _of_chunk(name, chunk)


def _of_chunk(name: str, chunk: SharedChunk) -> Iterator[str]:
    if not chunk.segments or chunk.init_length == 0 or chunk.size > LARGEST_CHUNK:
        yield f"{name}, chunk {chunk.number}: nothing to play, or too large"
    begins = [offset for _seconds, offset, _length in chunk.segments]
    ends = [chunk.init_length, *(offset + length for _seconds, offset, length in chunk.segments)]
    if any(begin < end for begin, end in zip(begins, ends, strict=False)):
        yield f"{name}, chunk {chunk.number}: segments that overlap, or are not in order"


def _seconds(rendition: SharedRendition) -> float:
    return sum(seconds for chunk in rendition.chunks for seconds, _offset, _length in chunk.segments)


def _is_near(seconds: float, duration: float) -> bool:
    """Whether what is seen, or heard of a sound alone, is as long as its version: old releases are a second off."""
    return abs(seconds - duration) <= max(2.0, 0.1 * duration)


def require_recipe(recipe: Recipe, told: SharedRecipe, chunks: Mapping[tuple[str, int], int]) -> None:
    """Raise ``Unplayable`` unless a file can be put together as told; ``chunks`` are the sizes of the version's by
    rendition and number."""
    if recipe.size != told.joined_size or sum(recipe.head) > told.size:
        raise Unplayable(f"{told.path}: not of {told.joined_size} bytes")
    for each in recipe.slices:
        if each.start + each.length > chunks.get((each.rendition, each.number), 0):
            raise Unplayable(f"{told.path}: more than there is of chunk {each.number} of {each.rendition}")


def require_text(data: bytes, told: SharedObject) -> None:
    """Raise ``Unplayable`` unless it is a text in WebVTT."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = ""
    if "\0" in text or not text.removeprefix("\ufeff").startswith("WEBVTT"):
        raise Unplayable(f"{told.path}: no WebVTT")
