"""Cuts a request body into parts while it arrives."""

from __future__ import annotations

from enum import Enum

from media_service.bodies import Body
from media_service.uploads.part import Part


class End(Enum):
    """How a body came to its end."""

    WHOLE = "all that was declared has arrived"
    CUT = "the connection ended early, or the client fell silent"
    OVERFLOW = "there is more than the upload has room for"


class Arriving:
    """A body that may have ``limit`` bytes; ``is_declared`` if the client promised exactly so many."""

    def __init__(self, body: Body, limit: int, *, is_declared: bool) -> None:
        self._body = body
        self._left = limit
        self._is_declared = is_declared
        self._more = b""

    async def fill(self, part: Part, size: int) -> End | None:
        """Add to ``part`` until it has ``size`` bytes (None) or the body ends. Raises ``OSError`` as ``Part.write``."""
        while (room := size - part.size) > 0:
            if self._is_declared and self._left == 0:
                return End.WHOLE
            data = self._more or await self._body.read()
            if not data:
                return End.CUT if self._is_declared or self._body.is_cut else End.WHOLE
            if len(data) > self._left:
                return End.OVERFLOW
            now, self._more = data[:room], data[room:]
            self._left -= len(now)
            part.write(now)
        return None
