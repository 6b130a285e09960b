"""Flash movies (Adobe's SWF specification, version 19) as bytes: unpacked within bounds, and cut into tags."""

from __future__ import annotations

import lzma
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from workers.plan.failure import MediaFailure

MAX_BYTES: Final = 256 * 1024 * 1024
"""Of a movie, as it is stored and unpacked: three times what 16,000 frames (Flash's own limit) of video take."""

MAX_TAGS: Final = 500_000
"""A video has four for each frame, and frames are counted in 16 bits."""

MAX_TAG_BYTES: Final = 0xFFFFF0
"""What fits into a tag of Flash Video, which counts in 24 bits."""

_PIECE: Final = 256 * 1024
_LZMA_MEMORY: Final = 96 * 1024 * 1024
_HEAD: Final = 8
_LONG: Final = 0x3F


class BrokenSwf(Exception):
    """Its bytes make no sense; ``str()`` says where."""


class EndsEarly(BrokenSwf):
    """The file ends within the movie."""


@dataclass(frozen=True)
class Tag:
    """``code`` tells what it is (appendix B); ``size`` is that of its body, in bytes."""

    code: int
    size: int


class Swf:
    """A movie, read once from its beginning; ``rate`` is frames per second, ``size`` in pixels."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        """Read the header. Raises ``BrokenSwf`` and ``MediaFailure``, as all other reading does."""
        self._bytes = _Bytes(_unpacked(_Bytes(_bounded(pieces))))
        edges = self._bytes.take(1)
        edges += self._bytes.take((5 + 4 * (edges[0] >> 3) + 7) // 8 - 1)
        self.size = _size(edges)
        self.rate = Fraction(int.from_bytes(self._bytes.take(2), "little"), 256)
        self._bytes.take(2)

    def tags(self) -> Iterator[Tag]:
        """Tags up to the one that ends the movie; the ``body`` of each is to be read before the next."""
        for _ in range(MAX_TAGS):
            head = int.from_bytes(self._bytes.take(2), "little")
            size = head & _LONG
            if size == _LONG:
                size = int.from_bytes(self._bytes.take(4), "little")
            if head >> 6 == 0:
                return
            yield Tag(head >> 6, size)
        raise MediaFailure("too_many_frames", f"more than {MAX_TAGS} tags")

    def body(self, tag: Tag) -> bytes:
        """Return what is in the tag that ``tags`` gave last. Raises ``BrokenSwf``."""
        if tag.size > MAX_TAG_BYTES:
            raise BrokenSwf(f"a tag of {tag.size} bytes")
        return self._bytes.take(tag.size)


def _size(edges: bytes) -> tuple[int, int]:
    """Width and height by a RECT: left, right, top and bottom in twentieths of a pixel, with signs."""
    text, count = format(int.from_bytes(edges, "big"), f"0{8 * len(edges)}b"), edges[0] >> 3
    fields = [text[5 + count * place : 5 + count * (place + 1)] for place in range(4)]
    left, right, top, bottom = (int(field or "0", 2) - (field.startswith("1") << count) for field in fields)
    return round((right - left) / 20), round((bottom - top) / 20)


class _Bytes:
    """Bytes that come in pieces, taken as they are needed."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._held = bytearray()
        self._at = 0

    def take(self, size: int) -> bytes:
        """Return the next ``size`` bytes. Raises ``EndsEarly`` if there are fewer."""
        while len(self._held) - self._at < size:
            del self._held[: self._at]
            self._at = 0
            piece = next(self._pieces, None)
            if piece is None:
                raise EndsEarly("the file ends within the movie")
            self._held += piece
        self._at += size
        return bytes(self._held[self._at - size : self._at])

    def rest(self) -> Iterator[bytes]:
        """Yield what was not taken."""
        yield bytes(self._held[self._at :])
        yield from self._pieces


def _unpacked(packed: _Bytes) -> Iterator[bytes]:
    """Yield what follows the first 8 bytes, which are never packed."""
    signature = packed.take(_HEAD)[:3]
    if signature == b"FWS":
        return packed.rest()
    if signature == b"CWS":
        return _bounded(_inflated(packed.rest()))
    packed.take(4)
    # The properties as in a .lzma file, in which the size comes next; this one is not known.
    start = packed.take(5) + b"\xff" * 8
    return _bounded(_unpacked_lzma(start, packed.rest()))


def _bounded(pieces: Iterable[bytes]) -> Iterator[bytes]:
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > MAX_BYTES:
            raise MediaFailure("flash_too_large", f"more than {MAX_BYTES} bytes")
        yield piece


def _inflated(pieces: Iterable[bytes]) -> Iterator[bytes]:
    unpacker = zlib.decompressobj()
    try:
        for piece in pieces:
            left = piece
            while left and not unpacker.eof:
                yield unpacker.decompress(left, _PIECE)
                left = unpacker.unconsumed_tail
        yield unpacker.flush()
    except zlib.error as error:
        raise BrokenSwf(str(error)) from error


def _unpacked_lzma(start: bytes, pieces: Iterable[bytes]) -> Iterator[bytes]:
    unpacker = lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=_LZMA_MEMORY)
    try:
        unpacker.decompress(start)
        for piece in pieces:
            left = piece
            while not unpacker.eof:
                yield unpacker.decompress(left, _PIECE)
                left = b""
                if unpacker.needs_input:
                    break
    except lzma.LZMAError as error:
        raise BrokenSwf(str(error)) from error
