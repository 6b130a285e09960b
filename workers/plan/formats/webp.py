"""Reading what a WebP file says of itself (RFC 9649, section 2)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

_ANIMATED = 0x02


class MalformedWebp(ValueError):
    """The bytes are no WebP animation, nor a lossy still picture."""


@dataclass(frozen=True)
class Animation:
    """``width`` and ``height`` in pixels; ``seconds`` of all frames together; ``loops`` 0 is for ever. A still picture,
    which encoders make of frames that are all alike, is one frame without length."""

    width: int
    height: int
    frames: int
    seconds: float
    loops: int


def read_animation(data: bytes) -> Animation:
    """Raises ``MalformedWebp``, also if the file is cut off."""
    try:
        riff, size, kind = struct.unpack_from("<4sI4s", data)
        if (riff, kind) != (b"RIFF", b"WEBP") or size + 8 != len(data):
            raise MalformedWebp("not one whole WebP file")
        width = height = frames = milliseconds = 0
        loops: int | None = None
        for name, body in _chunks(data):
            if name == b"VP8 ":  # a still picture (RFC 6386, section 9.1)
                width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", body, 6))
                frames, loops = 1, 0
            elif name == b"VP8X" and body[0] & _ANIMATED:
                width, height = _three(body, 4) + 1, _three(body, 7) + 1
            elif name == b"ANIM":
                (loops,) = struct.unpack_from("<H", body, 4)
            elif name == b"ANMF":
                frames += 1
                milliseconds += _three(body, 12)
    except (struct.error, IndexError) as error:
        raise MalformedWebp("the file is cut off") from error
    if not width or loops is None or not frames:
        raise MalformedWebp("neither an animation nor a lossy picture")
    return Animation(width, height, frames, milliseconds / 1000, loops)


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 12
    while at < len(data):
        name, size = struct.unpack_from("<4sI", data, at)
        if at + 8 + size > len(data):
            raise MalformedWebp("the file is cut off")
        yield name, data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2


def _three(data: bytes, at: int) -> int:
    """A number of three bytes, lowest first."""
    return int.from_bytes(data[at : at + 3], "little")
