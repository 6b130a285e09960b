"""Whether time starts again or leaps in the middle of a source (joined recordings, DVDs, streams with breaks).

Told by bytes from many places of it, for what such a source says of its duration, and where seeking leads in it, is
wrong. The clocks of MPEG streams are read here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

from workers.plan.formats.flv import PICTURE, SOUND, Tag, tags
from workers.plan.formats.ogg import chained, pages

PACKET = 188
STRIDES = (188, 192, 204)
"""Bytes from packet to packet: bare, after a time code (AVCHD cameras), before a checksum (receivers)."""

SYNC = b"\x47"
FREQUENCY = 90_000
WRAP = 1 << 33
"""Clocks have 33 bits at 90 kHz and start anew after 26.5 hours; that is no restart."""

WINDOW = 192 * 1024
WINDOWS = 24

BACKWARDS = 0.1
LONGEST_PAUSE = 10.0
"""Seconds: how far FFmpeg lets time go back, or ahead, before it takes that for another clock."""

LEAST_RATE = 500.0
"""Bytes per second. Sound takes more, even of silence: where there is less, time leapt."""

UNTIMED = ("mpegvideo",)
"""Bare pictures one after another, of which nothing says when they are shown: only who counts them all knows."""

CONTAINERS = ("mpegts", "mpeg", "flv", "ogg")

_PACK = re.compile(rb"\x00\x00\x01\xba")


def windows(size: int) -> list[int]:
    """Offsets in a source of ``size`` bytes at which to read ``WINDOW`` bytes."""
    if size <= WINDOW * WINDOWS:
        return list(range(0, size, WINDOW))
    return [round(number * (size - WINDOW) / (WINDOWS - 1)) for number in range(WINDOWS)]


def restarts(container: str, size: int, read: Callable[[int, int], bytes]) -> bool:
    """Return whether time starts again or leaps; ``read`` gives bytes of the source, which has ``size``."""
    pieces = ((offset, read(offset, min(WINDOW, size - offset))) for offset in windows(size))
    if container == "flv":
        return leaps([tag for offset, data in pieces for tag in tags(offset, data)])
    if container == "ogg":
        return chained(page for _, data in pieces for page in pages(data))
    return container in CONTAINERS and goes_back(
        tick for _, data in pieces for tick in clocks(container, data)
    )


def clocks(container: str, data: bytes) -> list[int]:
    """Clock references in a piece of a stream, in ticks of 90 kHz: of a program stream (ISO/IEC 13818-1, 2.5.3.3), or
    of the first program seen in a transport stream (2.4.3.4).
    """
    return _transport_clocks(data) if container == "mpegts" else _program_clocks(data)


def goes_back(found: Iterable[int]) -> bool:
    """Return whether clock references that follow each other ever go back by more than a tenth of a second."""
    return any(FREQUENCY // 10 < before - after < WRAP // 2 for before, after in pairwise(found))


def leaps(found: Sequence[Tag]) -> bool:
    """Return whether time ever goes back within the sound or the picture, or ahead where nothing pauses: of a picture
    without sound, one that stands still tells the same.
    """
    kinds = [[tag for tag in found if tag.kind == kind] for kind in (SOUND, PICTURE)]
    if any(before.time - after.time > BACKWARDS for tags in kinds for before, after in pairwise(tags)):
        return True
    return bool(kinds[0]) and any(map(_ahead, found, found[1:]))


def _transport_clocks(data: bytes) -> list[int]:
    start, stride = packets_of(data)
    first, found = None, []
    for at in range(start, len(data) - PACKET + 1, stride):
        packet = data[at : at + PACKET]
        if packet[:1] != SYNC or not packet[3] & 0x20 or packet[4] < 7 or not packet[5] & 0x10:
            continue
        program = int.from_bytes(packet[1:3]) & 0x1FFF
        first = program if first is None else first
        if program == first:
            found.append(int.from_bytes(packet[6:11]) >> 7)
    return found


def packets_of(data: bytes) -> tuple[int, int]:
    """Return where the first packet starts, and how far it is from one to the next."""
    for stride in STRIDES:
        for start in range(stride):
            if data[start : start + 8 * stride : stride] == SYNC * 8:
                return start, stride
    return len(data), PACKET


def _program_clocks(data: bytes) -> list[int]:
    found = []
    for match in _PACK.finditer(data):
        head = data[match.end() : match.end() + 5]
        if len(head) < 5:
            break
        bits = int.from_bytes(head)
        if head[0] >> 6 == 0b01:
            high, middle, low = bits >> 35 & 0x7, bits >> 19 & 0x7FFF, bits >> 3 & 0x7FFF
        elif head[0] >> 4 == 0b0010:
            high, middle, low = bits >> 33 & 0x7, bits >> 17 & 0x7FFF, bits >> 1 & 0x7FFF
        else:
            continue
        found.append(high << 30 | middle << 15 | low)
    return found


def _ahead(before: Tag, after: Tag) -> bool:
    seconds = after.time - before.time
    return seconds > LONGEST_PAUSE and after.offset - before.end < LEAST_RATE * seconds
