"""Request bodies from an ASGI server, for as long as their clients go on sending."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

Receive = Callable[[], Awaitable[Mapping[str, Any]]]

UPLOAD_SILENCE: Final = 60.0
DOCUMENT_SILENCE: Final = 10.0
"""For how long a client may send nothing, in seconds."""

DOCUMENT_SECONDS: Final = 30.0
"""How long a body that is read whole may take."""

DRAIN_SECONDS: Final = 2.0
DRAIN_BYTES: Final = 64 * 1024 * 1024
"""What is still taken of a body that was refused: a client that is cut off while it sends may never see the answer."""


DOCUMENT_BYTES: Final = 4 * 1024 * 1024
"""More than any document may have: where a body does not tell its length, no more is read."""


class DocumentLate(Exception):
    """The client did not send the whole document in time."""


class DocumentCut(Exception):
    """The body ended before it was whole: the client went away, or what it sent are no chunks (RFC 9112, section 7.1),
    in which case it is still there."""


class DocumentLarge(Exception):
    """The document is larger than any may be."""


class RequestBody:
    """The body of one request; ``media_service.bodies.Body`` says what its users see."""

    def __init__(self, receive: Receive, environ: Mapping[str, Any]) -> None:
        # Chunks end by themselves; without either header there is no body (RFC 9112, section 6.3).
        length = environ.get("CONTENT_LENGTH", "")
        is_chunked = "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower()
        self._is_whole = not is_chunked and not length.strip("0")
        self._receive = receive
        self._expects = "HTTP_EXPECT" in environ
        self._is_read = False
        self._silence = UPLOAD_SILENCE
        self._waiting: asyncio.Timeout | None = None
        self.is_cut = self._is_ended = False
        self.heard = time.monotonic()

    @property
    def is_whole(self) -> bool:
        """Whether all of it has arrived, so that the connection can bring another request."""
        return self._is_whole

    async def read(self) -> bytes:
        """As ``Body`` says."""
        self._is_read = True
        while not (self._is_whole or self.is_cut):
            try:
                async with asyncio.timeout(self._silence) as self._waiting:
                    event = await self._receive()
            except TimeoutError:
                self.is_cut = True
                break
            finally:
                self._waiting = None
            if event["type"] == "http.disconnect":
                self.is_cut = self._is_ended = True
                break
            self._is_whole = not event.get("more_body", False)
            data: bytes = event.get("body", b"")
            if data:
                self.heard = time.monotonic()
                return data
        return b""

    def stop(self) -> None:
        """As ``Body`` says."""
        self.is_cut = True
        if self._waiting is not None:
            self._waiting.reschedule(asyncio.get_running_loop().time())

    async def document(self) -> bytes:
        """All of it. Raises ``DocumentLate``, ``DocumentCut`` and ``DocumentLarge``."""
        self._silence = DOCUMENT_SILENCE
        pieces = bytearray()
        try:
            async with asyncio.timeout(DOCUMENT_SECONDS):
                while data := await self.read():
                    pieces += data
                    if len(pieces) > DOCUMENT_BYTES:
                        raise DocumentLarge
        except TimeoutError:
            self.is_cut = True
        if self._is_ended:
            raise DocumentCut
        if self.is_cut:
            raise DocumentLate
        return bytes(pieces)

    async def drain(self) -> None:
        """Take in some of what the client is still sending, so that it sees why that was refused."""
        if self._expects and not self._is_read:
            return  # it waits for a word before it sends
        drained = 0
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                while drained < DRAIN_BYTES and (data := await self.read()):
                    drained += len(data)
        except TimeoutError:
            return
