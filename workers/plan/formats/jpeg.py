"""JPEG files that stand one after another, as ffmpeg's mjpeg format writes them."""

from __future__ import annotations

_START, _END = b"\xff\xd8", b"\xff\xd9"


def split_jpegs(data: bytes) -> list[bytes]:
    """Return the pictures in order. ``FF D9`` cannot occur inside one: ``FF`` is stuffed (ITU-T T.81, B.1.1.5)."""
    pictures = []
    at = 0
    while (start := data.find(_START, at)) >= 0 and (end := data.find(_END, start)) >= 0:
        at = end + 2
        pictures.append(data[start:at])
    return pictures
