"""An animated PNG put together from PNGs, without looking into their pixels (PNG, third edition, section 11.3.6)."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO

SIGNATURE = b"\x89PNG\r\n\x1a\n"


class Apng:
    """Pictures of one size, each shown for ``delay`` (seconds, two whole numbers)."""

    def __init__(self, file: BinaryIO, delay: tuple[int, int]) -> None:
        self.count = 0
        self._file = file
        self._delay = delay
        self._number = 0
        self._header = b""
        self._before = b""

    def add(self, png: bytes) -> None:
        """Add the next picture; one that is as the one before takes some hundred bytes. Raises ``ValueError`` for what
        is no PNG, or one of another form than the first."""
        if png == self._before:
            self._repeat()
        else:
            chunks = list(chunks_of(png))
            if not chunks or chunks[0][0] != b"IHDR" or chunks[0][1] != (self._header or chunks[0][1]):
                raise ValueError("a picture of another form")
            data = b"".join(body for kind, body in chunks if kind == b"IDAT")
            if not self._header:
                self._begin(chunks[0][1])
            self._frame(data, struct.unpack_from(">II", self._header))
            self._before = png
        self.count += 1

    def end(self) -> None:
        """Write what comes last, and the number of pictures, which stands first."""
        self._chunk(b"IEND", b"")
        self._file.seek(len(SIGNATURE) + 12 + len(self._header))
        self._chunk(b"acTL", struct.pack(">II", self.count, 0))
        self._file.seek(0, 2)

    def _begin(self, header: bytes) -> None:
        self._header = header
        self._file.write(SIGNATURE)
        self._chunk(b"IHDR", header)
        self._chunk(b"acTL", bytes(8))

    def _repeat(self) -> None:
        """Write the first pixel again. Of the first one, every filter leaves what it is (PNG, section 9.2)."""
        packed = b"".join(body for kind, body in chunks_of(self._before) if kind == b"IDAT")
        pixel = zlib.decompressobj().decompress(packed, 1 + channels_of(self._header))[1:]
        self._frame(zlib.compress(b"\0" + pixel), (1, 1))

    def _frame(self, data: bytes, size: tuple[int, ...]) -> None:
        control = struct.pack(">IIIII", self._number, *size, 0, 0)
        self._chunk(b"fcTL", control + struct.pack(">HHBB", *self._delay, 0, 0))
        self._number += 1
        if self.count == 0:
            self._chunk(b"IDAT", data)
        else:
            self._chunk(b"fdAT", struct.pack(">I", self._number) + data)
            self._number += 1

    def _chunk(self, kind: bytes, data: bytes) -> None:
        self._file.write(
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )


def chunks_of(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield kind and data of each chunk of a PNG. Raises ``ValueError`` for what is none."""
    if not png.startswith(SIGNATURE):
        raise ValueError("not a PNG")
    at = len(SIGNATURE)
    while at + 12 <= len(png):
        length, kind = struct.unpack_from(">I4s", png, at)
        yield kind, png[at + 8 : at + 8 + length]
        at += 12 + length


def channels_of(header: bytes) -> int:
    """Return how many bytes each pixel of a picture with such an IHDR has. Raises ``ValueError`` for other forms than
    those of browsers."""
    depth, form = header[8], header[9]
    if depth != 8 or form not in (2, 6):
        raise ValueError("a picture of another form")
    return 3 if form == 2 else 4


def plain_colour(png: bytes) -> bytes | None:
    """Return the colour of a picture that has but one. Raises ``ValueError`` for what no browser writes."""
    parts = list(chunks_of(png))
    header = parts[0][1] if parts and parts[0][0] == b"IHDR" else bytes(13)
    channels = channels_of(header)
    width, height = struct.unpack_from(">II", header)
    stride = channels * width
    rows = zlib.decompressobj().decompress(
        b"".join(body for kind, body in parts if kind == b"IDAT"), (stride + 1) * height
    )
    above, first = bytes(stride), b""
    for at in range(0, (stride + 1) * height, stride + 1):
        if at and rows[at] == 2 and not any(rows[at + 1 : at + 1 + stride]):
            continue  # the row above once more
        above = _unfiltered(rows[at], rows[at + 1 : at + 1 + stride], above, channels)
        first = first or above[:channels]
        if above != first * width:
            return None
    return first


def _unfiltered(kind: int, row: bytes, above: bytes, channels: int) -> bytes:
    """One row (PNG, section 9.2)."""
    if kind == 0:
        return row
    if kind == 2:
        return bytes((value + up) & 255 for value, up in zip(row, above, strict=True))
    made = bytearray(row)
    for at, value in enumerate(row):
        left, corner = (made[at - channels], above[at - channels]) if at >= channels else (0, 0)
        if kind == 1:
            made[at] = (value + left) & 255
        elif kind == 3:
            made[at] = (value + (left + above[at]) // 2) & 255
        else:
            made[at] = (value + _paeth(left, above[at], corner)) & 255
    return bytes(made)


def _paeth(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    return min((left, up, corner), key=lambda value: abs(guess - value))
