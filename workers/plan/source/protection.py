"""Whether a source is protected against copying: encrypted, so that nobody without its key can decode it.

Containers mostly look whole then, and decoders only find garbage; so it is asked before anything is decoded.
"""

from __future__ import annotations

import re
from typing import Final

from workers.plan.source.clock import PACKET, SYNC, WINDOW, packets_of

DRM: Final = "DRM protected stream detected"
"""What ffprobe says of Windows Media with rights management."""

_PLACES: Final = (0.1, 0.5, 0.9)
"""Where a stream is looked at, as shares of its size."""

SCRAMBLED_CONTAINERS: Final = ("mpegts", "mpeg")

_LEAST: Final = 5
_LEAST_SHARE: Final = 0.1
"""How many packets must say so, and of how many: a damaged one may say anything, and of a DVD's only some do."""

_PES: Final = re.compile(rb"\x00\x00\x01[\xbd\xc0-\xef]..([\x80-\xbf])", re.DOTALL)


def places(size: int) -> list[int]:
    """Offsets in a stream of ``size`` bytes at which to read ``WINDOW`` bytes for ``is_scrambled``."""
    return sorted({round(share * max(0, size - WINDOW)) for share in _PLACES})


def is_scrambled(container: str, data: bytes) -> bool:
    """Return whether a piece of a transport stream (ISO/IEC 13818-1, 2.4.3.3) or of a program stream (2.4.3.7) is
    scrambled, as pay television and DVDs are."""
    if container == "mpegts":
        start, stride = packets_of(data)
        packets = [data[at : at + 4] for at in range(start, len(data) - PACKET + 1, stride)]
        marks = [packet[3] >> 6 > 1 for packet in packets if packet[:1] == SYNC]
    elif container == "mpeg":
        marks = [bool(flags[0] & 0x30) for flags in _PES.findall(data)]
    else:
        return False
    return sum(marks) >= max(_LEAST, _LEAST_SHARE * len(marks))
