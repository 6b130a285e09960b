"""Writing boxes of ISO/IEC 14496-12."""

from __future__ import annotations

import struct
from typing import Final

MATRIX: Final = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
"""Shown as it is: neither turned nor moved."""


def box(kind: bytes, *parts: bytes) -> bytes:
    """A box around ``parts``."""
    body = b"".join(parts)
    return struct.pack(">I4s", len(body) + 8, kind) + body


def full_box(kind: bytes, version: int, flags: int, *parts: bytes) -> bytes:
    """A box with a version and flags."""
    return box(kind, struct.pack(">I", version << 24 | flags), *parts)
