"""Tags of Flash Video (Adobe's specification 10.1, annex E), read from bytes: whether their times leap."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

SOUND, PICTURE = 8, 9

BACKWARDS = 0.1
LONGEST_PAUSE = 10.0
"""Seconds: how far FFmpeg lets time go back, or ahead, before it takes that for another clock."""

LEAST_RATE = 500.0
"""Bytes per second. Sound takes more, even of silence: where there is less, time leapt."""

_AAC, _AVC = 10, 7
_MEDIA = 1
"""Of the second byte of AAC and AVC: other tags hold a decoder's configuration, at no time."""

_HEAD = re.compile(rb"[\x08\x09\x12](.{3})(.{3})(.)\0\0\0", re.DOTALL)


@dataclass(frozen=True)
class Tag:
    """``kind`` is ``SOUND`` or ``PICTURE``, ``time`` in seconds; ``offset`` and ``end`` are bytes of the file."""

    kind: int
    time: float
    offset: int
    end: int


def tags(offset: int, data: bytes) -> list[Tag]:
    """Sounds and pictures that lie in a piece of a file from ``offset`` on. Each is known by its size, which stands
    behind it once more."""
    found, at = [], 0
    while match := _HEAD.search(data, at):
        end = match.end() + int.from_bytes(match[1])
        if data[end : end + 4] != (end - match.start()).to_bytes(4):
            at = match.start() + 1
            continue
        at = end + 4
        kind = data[match.start()]
        if kind in (SOUND, PICTURE) and _has_time(kind, data[match.end() : match.end() + 2]):
            time = int.from_bytes(match[3] + match[2]) / 1000
            found.append(Tag(kind, time, offset + match.start(), offset + at))
    return found


def leaps(found: Sequence[Tag]) -> bool:
    """Return whether time ever goes back within the sound or the picture, or ahead where nothing pauses: of a picture
    without sound, one that stands still tells the same.
    """
    kinds = [[tag for tag in found if tag.kind == kind] for kind in (SOUND, PICTURE)]
    if any(before.time - after.time > BACKWARDS for tags in kinds for before, after in pairwise(tags)):
        return True
    return bool(kinds[0]) and any(map(_ahead, found, found[1:]))


def _has_time(kind: int, head: bytes) -> bool:
    if len(head) < 2:
        return False
    configured = head[0] >> 4 == _AAC if kind == SOUND else head[0] & 0x0F == _AVC
    return head[1] == _MEDIA if configured else True


def _ahead(before: Tag, after: Tag) -> bool:
    seconds = after.time - before.time
    return seconds > LONGEST_PAUSE and after.offset - before.end < LEAST_RATE * seconds
