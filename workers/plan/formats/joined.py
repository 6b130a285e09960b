"""Several files put together into one (``cat``, ``copy /b``) in containers that hold one: players show the first alone.

Told by what stands behind the end that the first one declares: ISO/IEC 14496-12, 4.2; RFC 8794 and RFC 9559 (Matroska);
Microsoft's RIFF.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Final

Read = Callable[[int, int], bytes]
"""Bytes of a file, from a place on and so many."""

_EBML: Final = b"\x1a\x45\xdf\xa3"
_SEGMENT: Final = b"\x18\x53\x80\x67"
_HEAD: Final = 64
_MOST_BOXES: Final = 64
"""A file of many fragments is not walked through to its end."""


def holds_another(container: str, size: int, read: Read) -> bool:
    """Return whether a file of ``size`` bytes, called ``container`` by FFmpeg, is followed by another of its kind."""
    if container == "mov":
        return _second_movie(size, read)
    if container == "matroska":
        end = _end_of_matroska(size, read)
        return end is not None and _at(end, size, read)[:4] == _EBML
    if container == "wav":
        (length,) = struct.unpack("<I", _at(0, size, read)[4:8].ljust(4, b"\0"))
        behind = _at(length + 8 + length % 2, size, read)
        return behind[:4] == b"RIFF" and behind[8:12] == b"WAVE"
    return False


def _at(place: int, size: int, read: Read) -> bytes:
    """Return the few bytes that stand at a place, none beyond the end."""
    return read(place, min(_HEAD, size - place)) if 0 <= place < size else b""


def _second_movie(size: int, read: Read) -> bool:
    at, movies = 0, 0
    for _ in range(_MOST_BOXES):
        head = _at(at, size, read)
        if len(head) < 16:
            return False
        length, kind = struct.unpack_from(">I4s", head)
        if length == 1:
            (length,) = struct.unpack_from(">Q", head, 8)
        movies += kind == b"moov"
        if movies == 2:
            return True
        if length < 8:
            return False
        at += length
    return False


def _end_of_matroska(size: int, read: Read) -> int | None:
    """Return where the segment ends; None where it does not say, as in what was recorded live."""
    head = _at(0, size, read)
    if head[:4] != _EBML or (found := _length(head, 4)) is None:
        return None
    at = found[0] + found[1]
    head = _at(at, size, read)
    if head[:4] != _SEGMENT or (found := _length(head, 4)) is None:
        return None
    return at + found[0] + found[1]


def _length(data: bytes, at: int) -> tuple[int, int] | None:
    """Return a length as EBML writes it, and the place behind it; None of an unknown one."""
    width = 9 - data[at].bit_length() if len(data) > at else 9
    if width > 8 or len(data) < at + width:
        return None
    value = int.from_bytes(data[at : at + width]) & ((1 << 7 * width) - 1)
    return None if value == (1 << 7 * width) - 1 else (value, at + width)
