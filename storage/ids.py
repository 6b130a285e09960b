"""Identifiers: opaque, URL-safe, safe as a part of an object key."""

from __future__ import annotations

import re
import secrets
import time
from datetime import datetime, timedelta
from typing import Final

_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"
ID_PATTERN: Final = "[0-9a-z]{20,32}"
"""Of all identifiers, as a regular expression."""

_VALID = re.compile(ID_PATTERN)


def new_id() -> str:
    """24 characters, 77 bits of them random, that sort by time of making (kind to database indexes)."""
    milliseconds = int(time.time() * 1000)
    return _encode(milliseconds, 9) + _encode(secrets.randbits(77), 15)


def first_id_of(moment: datetime, later: timedelta = timedelta()) -> str:
    """What no ID is less than that ``new_id`` makes so much ``later`` than ``moment``, or from then on. Of moments
    before 1970 and after 5188 the first and the last one that IDs tell."""
    milliseconds = int((moment.timestamp() + later.total_seconds()) * 1000)
    return _encode(min(max(0, milliseconds), 36**9 - 1), 9) + _ALPHABET[0] * 15


def new_public_id() -> str:
    """22 random characters (113 bits) that tell nothing and cannot be guessed: what viewers see."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(22))


def is_id(text: str) -> bool:
    """Whether ``text`` could be one of our identifiers, and so may stand in a path or key."""
    return _VALID.fullmatch(text) is not None


def _encode(number: int, width: int) -> str:
    digits = []
    for _ in range(width):
        number, digit = divmod(number, 36)
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))
