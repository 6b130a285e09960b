"""Flash Video (Adobe's specification 10.1, annex E), written."""

from __future__ import annotations

import struct
from typing import Final

from workers.plan.formats.flv import PICTURE, SOUND

_SCRIPT: Final = 18
_MAY_HAVE_BOTH: Final = 0x05
"""Pictures and sound. Readers believe the tags."""

_HEAD_BYTES: Final = 9


def header(*, duration: float, rate: float) -> bytes:
    """Return the beginning of a file, equally long whatever it says. ``duration`` in seconds, ``rate`` in pictures per
    second.
    """
    facts = {b"duration": duration, b"framerate": rate}
    body = b"\x02" + _text(b"onMetaData") + b"\x08" + struct.pack(">I", len(facts))
    body += b"".join(_text(name) + struct.pack(">Bd", 0, value) for name, value in facts.items())
    start = b"FLV\x01" + bytes([_MAY_HAVE_BOTH]) + struct.pack(">II", _HEAD_BYTES, 0)
    return start + _tag(_SCRIPT, 0, body + b"\0\0\x09")


def picture(milliseconds: int, data: bytes, *, codec: int, key: bool) -> bytes:
    """A tag with a picture."""
    return _tag(PICTURE, milliseconds, bytes([(1 if key else 2) << 4 | codec]) + data)


def sound(milliseconds: int, data: bytes, form: int) -> bytes:
    """A tag with sound; ``form`` tells codec, rate, size and channels, in Flash movies as here."""
    return _tag(SOUND, milliseconds, bytes([form]) + data)


def _tag(kind: int, milliseconds: int, body: bytes) -> bytes:
    head = bytes([kind]) + len(body).to_bytes(3) + (milliseconds & 0xFFFFFF).to_bytes(3)
    head += bytes([milliseconds >> 24 & 0xFF, 0, 0, 0])
    return head + body + (len(head) + len(body)).to_bytes(4)


def _text(value: bytes) -> bytes:
    return struct.pack(">H", len(value)) + value
