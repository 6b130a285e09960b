"""Ogg pages (RFC 3533), read from bytes: whether a file is a chain of several streams, one after the other."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_HEAD = re.compile(rb"OggS\0([\0-\7])(.{8})(.{4})", re.DOTALL)
_FIRST = 0x02
_NO_POSITION = (1 << 64) - 1
"""Of a page on which no packet ends."""


@dataclass(frozen=True)
class Page:
    """The head of a page: the ``serial`` number of its stream, how far that has got in units of its own, and whether
    it is the stream's ``first``."""

    serial: int
    position: int
    first: bool


def pages(data: bytes) -> Iterator[Page]:
    """Heads of the pages that begin in a piece of a file."""
    for match in _HEAD.finditer(data):
        flags, position, serial = match[1][0], int.from_bytes(match[2], "little"), match[3]
        yield Page(int.from_bytes(serial, "little"), position, bool(flags & _FIRST))


def begins_in_the_middle(head: bytes) -> bool:
    """Return whether a file begins with a page that continues a stream: its headers, without which nobody can decode
    it, are missing. Recorders of web radio write such files.
    """
    first = next(pages(head), None)
    return head.startswith(b"OggS") and first is not None and not first.first


def chained(found: Iterable[Page]) -> bool:
    """Return whether after the streams that a file begins with others follow, or the same once more."""
    reached: dict[int, int] = {}
    begun = False
    for page in found:
        begun = begun or not page.first
        if page.position == _NO_POSITION:
            continue
        if (begun and page.serial not in reached) or page.position < reached.get(page.serial, 0):
            return True
        reached[page.serial] = page.position
    return False
