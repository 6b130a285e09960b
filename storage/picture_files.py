"""Pictures as people send them, made fit to be shown without being decoded: what they are, how large, and without what
cameras and programs write into them, such as where a photo was taken. Pure.

Only which way up a photo is held stays of that. Who decodes pictures of strangers are workers, in their sandbox, and
browsers, in theirs; here chunks are copied, or left out.
"""

from __future__ import annotations

import hashlib
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from storage.catalogue.pictures import PictureType, picture_type

LARGEST_SIDE: Final = 10_000
"""Pixels."""


class PictureRefused(ValueError):
    """It is no picture that may be shown, or not whole."""


@dataclass(frozen=True)
class PictureFile:
    """``data`` is what may be shown; sides in pixels, as they are stored."""

    type: PictureType
    width: int
    height: int
    data: bytes

    @property
    def sha256(self) -> str:
        """Of what may be shown, in hexadecimal."""
        return hashlib.sha256(self.data).hexdigest()


def read_picture(data: bytes) -> PictureFile:
    """A JPEG, PNG or WebP without what does not belong to the picture. Raises ``PictureRefused``."""
    kind = picture_type(data[:16])
    try:
        if kind == "image/jpeg":
            width, height, kept = _jpeg(data)
        elif kind == "image/png":
            width, height, kept = _png(data)
        elif kind == "image/webp":
            width, height, kept = _webp(data)
        else:
            raise PictureRefused("not a JPEG, PNG or WebP")
    except (struct.error, IndexError):
        raise PictureRefused("broken off") from None
    if not (0 < width <= LARGEST_SIDE and 0 < height <= LARGEST_SIDE):
        raise PictureRefused(f"{width} x {height} pixels")
    return PictureFile(kind, width, height, kept)


# JPEG: ITU-T T.81, annex B.
_SOF: Final = {0xC0, 0xC1, 0xC2}
"""Baseline, extended and progressive frames: those that browsers show."""

_KEPT: Final = {*_SOF, 0xC4, 0xDB, 0xDD, 0xE0, 0xEE}
"""Besides: Huffman and quantization tables, restart interval, JFIF, and Adobe's word on colours."""

_EXIF, _ICC, _SCAN, _END = 0xE1, 0xE2, 0xDA, 0xD9
_NEXT_MARKER: Final = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")


def _jpeg(data: bytes) -> tuple[int, int, bytes]:
    kept, size, turned, place = [data[:2]], (0, 0), 1, 2
    while True:
        if data[place] != 0xFF:
            raise PictureRefused("no marker where one has to be")
        while data[place + 1] == 0xFF:
            place += 1
        marker = data[place + 1]
        if marker == _END:
            kept.append(b"\xff\xd9")
            break
        (length,) = struct.unpack_from(">H", data, place + 2)
        end = place + 2 + length
        segment = data[place:end]
        if length < 2 or len(segment) != 2 + length:
            raise PictureRefused("broken off")
        if marker in _SOF:
            height, width = struct.unpack_from(">HH", segment, 5)
            size = (width, height)
        if marker == _EXIF:
            turned = _orientation(segment[4:]) or turned
        if marker == _SCAN:
            # All that belongs to it, up to a marker that is no part of it.
            following = _NEXT_MARKER.search(data, end)
            if following is None:
                raise PictureRefused("broken off")
            end = following.start()
            kept.append(data[place:end])
        elif marker in _KEPT or (marker == _ICC and segment[4:16] == b"ICC_PROFILE\0"):
            kept.append(segment)
        place = end
    if turned != 1:
        # After JFIF, which comes first where there is one.
        kept.insert(2 if kept[1][1:2] == b"\xe0" else 1, _exif(turned))
    return *size, b"".join(kept)


def _orientation(exif: bytes) -> int | None:
    """Which way up, 2 to 8 (Exif 2.3, tag 274)."""
    order = {b"II": "<", b"MM": ">"}.get(exif[6:8])
    if not exif.startswith(b"Exif\0\0") or order is None:
        return None
    tiff = exif[6:]
    try:
        (first,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, first)
        for number in range(min(count, 200)):
            tag, kind, _, value = struct.unpack_from(f"{order}HHIH", tiff, first + 2 + 12 * number)
            if tag == 274 and kind == 3 and 2 <= value <= 8:
                return int(value)
    except struct.error:
        return None
    return None


def _exif(turned: int) -> bytes:
    tiff = struct.pack(">2sHIHHHIHHI", b"MM", 42, 8, 1, 274, 3, 1, turned, 0, 0)
    body = b"Exif\0\0" + tiff
    return b"\xff\xe1" + struct.pack(">H", 2 + len(body)) + body


# PNG: W3C Recommendation, third edition, section 11.
_PNG_KEPT: Final = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP"}


def _png(data: bytes) -> tuple[int, int, bytes]:
    kept, place, name = [data[:8]], 8, b""
    while name != b"IEND":
        length, name = struct.unpack_from(">I4s", data, place)
        chunk = data[place : place + 12 + length]
        if len(chunk) != 12 + length or (place == 8) != (name == b"IHDR"):
            raise PictureRefused("broken off")
        if name in _PNG_KEPT:
            kept.append(chunk)
        place += len(chunk)
    width, height = struct.unpack_from(">II", data, 16)
    return width, height, b"".join(kept)


# WebP: RFC 9649.
_WEBP_KEPT: Final = {b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ICCP", b"ANIM", b"ANMF"}
_METADATA: Final = 0x0C
"""Flags that say that Exif and XMP follow."""


def _webp(data: bytes) -> tuple[int, int, bytes]:
    kept: list[bytes] = []
    size: tuple[int, int] | None = None
    (length,) = struct.unpack_from("<I", data, 4)
    whole = data[: 8 + length]
    if len(whole) != 8 + length:
        raise PictureRefused("broken off")
    for name, body in _riff(whole):
        content = body
        if name == b"VP8X":
            size = (_int24(body, 4) + 1, _int24(body, 7) + 1)
            content = bytes([body[0] & ~_METADATA]) + body[1:]
        elif name == b"VP8 " and size is None:
            width, height = struct.unpack_from("<HH", body, 6)
            size = (width & 0x3FFF, height & 0x3FFF)
        elif name == b"VP8L" and size is None:
            (bits,) = struct.unpack_from("<I", body, 1)
            size = ((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
        if name in _WEBP_KEPT:
            kept.append(struct.pack("<4sI", name, len(content)) + content + b"\0" * (len(content) % 2))
    if size is None:
        raise PictureRefused("no picture in it")
    body = b"WEBP" + b"".join(kept)
    return *size, struct.pack("<4sI", b"RIFF", len(body)) + body


def _riff(whole: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = 12
    while place < len(whole):
        name, length = struct.unpack_from("<4sI", whole, place)
        body = whole[place + 8 : place + 8 + length]
        if len(body) != length:
            raise PictureRefused("broken off")
        yield name, body
        place += 8 + length + length % 2


def _int24(body: bytes, place: int) -> int:
    return int.from_bytes(body[place : place + 3], "little")
