"""Tags of Flash Video (Adobe's specification 10.1, annex E), read from bytes."""

from __future__ import annotations

import re
from dataclasses import dataclass

SOUND, PICTURE = 8, 9

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


def _has_time(kind: int, head: bytes) -> bool:
    if len(head) < 2:
        return False
    configured = head[0] >> 4 == _AAC if kind == SOUND else head[0] & 0x0F == _AVC
    return head[1] == _MEDIA if configured else True
