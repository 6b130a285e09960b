"""Small pictures, drawn by hand."""

from __future__ import annotations

import struct
import zlib


def png(width: int, height: int) -> bytes:
    """A PNG of this size; only its first line is there."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    pixels = zlib.compress(b"\0" + b"\xff" * 3 * width)
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def jpeg(width: int, height: int) -> bytes:
    """The head of a JPEG of this size."""
    return (
        b"\xff\xd8\xff\xe0\0\x10JFIF" + b"\0" * 10
        + b"\xff\xff\xc2\0\x11\x08" + struct.pack(">HH", height, width) + b"\3" + b"\0" * 20
    )  # fmt: skip
