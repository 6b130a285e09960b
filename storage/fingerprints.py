"""How a lesson looks and sounds, in a few kilobytes: by it the same lesson is found again that was encoded another way.

Pure. Pictures are compared strictly, so that slides of one template are not taken for each other, and sound beside
them, so that two teachers who speak to the same slides are not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final

TILE: Final = (48, 27)
"""Width and height in pixels to which each picture is reduced, whatever its proportions."""

MOST_TILES: Final = 12
SOUND_SECONDS: Final = 120
"""From the beginning; a word of Chromaprint for each eighth of a second."""

_TILE_BYTES: Final = TILE[0] * TILE[1]
_WORD_BYTES: Final = 4

_MOST_DIFFERENCE: Final = 24
"""Of a pixel, 255 being white. The same picture encoded in a quarter of the size and at CRF 34 differs by 17 at most,
slides of one template with other words by 31 and more."""

_PICTURES_ENOUGH: Final = 0.8
"""Share of pictures that have to be the same: where a picture changes, two encodings may show either."""

_LEAST_CONTRAST: Final = 40
"""Of a picture that tells something: the darkest and the brightest pixel of a black screen are alike."""

_SOUND_ENOUGH: Final = 0.8
"""Share of equal bits: of sounds that have nothing to do with each other half are."""

_LEAST_WORDS: Final = 40
"""Different ones, of a sound that tells something: silence has one."""

_MOST_SHIFT: Final = 4
"""Words by which encoders may delay a sound."""


@dataclass(frozen=True)
class Fingerprint:
    """``pictures``: grey ones of ``TILE``, a byte a pixel, one after the other, ``picture_seconds`` apart. ``sound``:
    Chromaprint's words, little-endian. Empty of what there is none of."""

    pictures: bytes = b""
    picture_seconds: float = 0.0
    sound: bytes = b""


@dataclass(frozen=True)
class Resemblance:
    """Shares, 0 to 1: of pictures that are the same, of equal bits of the sound; None of what tells nothing."""

    pictures: float | None
    sound: float | None


def spread(count: int) -> range:
    """Which of so many pictures, taken at even intervals, belong into a fingerprint: each, each second, fourth, … of
    them, so that those of a film with a picture more lie at the same times."""
    step = 1
    while count > step * MOST_TILES:
        step *= 2
    return range(0, count, step)


def resemblance(first: Fingerprint, second: Fingerprint) -> Resemblance | None:
    """How much two lessons are alike that are perhaps the same; None of others, and where nothing tells."""
    apart = max(first.picture_seconds, second.picture_seconds)
    looks = _pictures(first, apart), _pictures(second, apart)
    pictures = _same_pictures(*looks) if all(looks) else None
    if any(looks) and (pictures or 0.0) < _PICTURES_ENOUGH:
        return None
    sounds = _words(first), _words(second)
    sound = _same_bits(*sounds) if all(sounds) else None
    if any(sounds) and (sound or 0.0) < _SOUND_ENOUGH:
        return None
    return Resemblance(pictures, sound) if any(looks) or any(sounds) else None


def _pictures(of: Fingerprint, seconds: float) -> list[bytes]:
    """Those that are some ``seconds`` apart, or none if no one tells anything."""
    step = _TILE_BYTES * max(1, round(seconds / of.picture_seconds)) if of.picture_seconds else _TILE_BYTES
    tiles = [of.pictures[start : start + _TILE_BYTES] for start in range(0, len(of.pictures), step)]
    return tiles if any(max(tile) - min(tile) >= _LEAST_CONTRAST for tile in tiles) else []


def _same_pictures(first: list[bytes], second: list[bytes]) -> float:
    """Gives up, with 0, as soon as too many differ: most pairs do from the start."""
    longest = max(len(first), len(second))
    may_differ = longest - ceil(longest * _PICTURES_ENOUGH) - abs(len(first) - len(second))
    differing = 0
    for one, other in zip(first, second, strict=False):
        if any(abs(a - b) > _MOST_DIFFERENCE for a, b in zip(one, other, strict=True)):
            differing += 1
        if differing > may_differ:
            return 0.0
    return (min(len(first), len(second)) - differing) / longest


def _words(of: Fingerprint) -> list[int]:
    """All of them, or none if the sound tells nothing."""
    whole = len(of.sound) // _WORD_BYTES * _WORD_BYTES
    words = memoryview(of.sound[:whole]).cast("I").tolist()
    return words if len(set(words)) >= _LEAST_WORDS else []


def _same_bits(first: list[int], second: list[int]) -> float:
    return max(
        _equal_share(first[max(0, shift) :], second[max(0, -shift) :])
        for shift in range(-_MOST_SHIFT, _MOST_SHIFT + 1)
    )


def _equal_share(first: Sequence[int], second: Sequence[int]) -> float:
    bits = sum((one ^ other).bit_count() for one, other in zip(first, second, strict=False))
    return 1 - bits / (8 * _WORD_BYTES * min(len(first), len(second)))
