"""Range requests (RFC 9110, section 14): the header in, one byte range out. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ONE_RANGE = re.compile(r"bytes=[ \t]*([0-9]{0,18})-([0-9]{0,18})[ \t]*", re.IGNORECASE)


class RangeNotSatisfiable(Exception):
    """The range begins behind the last byte."""


@dataclass(frozen=True)
class ByteRange:
    """``length`` bytes from ``start``."""

    start: int
    length: int


def parse_range(header: str | None, size: int) -> ByteRange | None:
    """Return the range that a request for ``size`` bytes asks for; None means the whole.

    A header that is malformed, has another unit or several ranges is ignored, as section 14.2 allows: no
    request can make an answer larger than the object. Raises ``RangeNotSatisfiable``.
    """
    match = _ONE_RANGE.fullmatch(header) if header else None
    if match is None or match.group(0).strip().endswith("=-"):
        return None
    first, last = match.groups()
    if not first:
        length = min(int(last), size)
        if length == 0:
            raise RangeNotSatisfiable
        return ByteRange(size - length, length)
    start = int(first)
    if last and int(last) < start:
        return None
    if start >= size:
        raise RangeNotSatisfiable
    return ByteRange(start, (min(int(last), size - 1) if last else size - 1) - start + 1)
