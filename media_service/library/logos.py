"""A logo that somebody sends: what it is and how large, by its own first bytes. Pure."""

from __future__ import annotations

import re
from typing import Final

MOST_BYTES: Final = 128 * 1024
MOST_PIXELS: Final = 2048
"""Of each side."""

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_JPEG: Final = b"\xff\xd8\xff"
_MARKER: Final = re.compile(rb"\xff+([^\xff])", re.DOTALL)
_WITHOUT_LENGTH: Final = frozenset({0x01, *range(0xD0, 0xDA)})
_SIZES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Markers of JPEG (ITU-T T.81, B.1.1.3), before which any number of bytes may fill: without a segment, and those whose
segment tells the size."""


class NoLogo(ValueError):
    """Says what is wrong with it."""


def type_of(data: bytes) -> str:
    """The media type of a picture that may be a logo: PNG or JPEG. Raises ``NoLogo``."""
    if data.startswith(_PNG):
        kind, size = "image/png", _png_size(data)
    elif data.startswith(_JPEG):
        kind, size = "image/jpeg", _jpeg_size(data)
    else:
        raise NoLogo("is neither a PNG nor a JPEG picture")
    if size is None or min(size) < 1:
        raise NoLogo("is damaged")
    if max(size) > MOST_PIXELS:
        raise NoLogo(f"has {size[0]} x {size[1]} pixels; {MOST_PIXELS} on each side are the most")
    return kind


def _png_size(data: bytes) -> tuple[int, int] | None:
    if data[12:16] != b"IHDR" or len(data) < 24 or b"IEND" not in data[-16:]:
        return None
    return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    at = 2
    while (found := _MARKER.match(data, at)) and (at := found.end()) + 7 < len(data):
        marker = found[1][0]
        if marker in _SIZES:
            return int.from_bytes(data[at + 5 : at + 7], "big"), int.from_bytes(data[at + 3 : at + 5], "big")
        if marker not in _WITHOUT_LENGTH:
            length = int.from_bytes(data[at : at + 2], "big")
            if length < 2:
                return None
            at += length
    return None
