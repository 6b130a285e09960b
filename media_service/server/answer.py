"""Answers of a WSGI application, sent as fast as their clients take them and held by no thread meanwhile."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, MutableMapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any, Final
from wsgiref.types import WSGIApplication

Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

SLICE: Final = 64 * 1024
"""Most bytes given to the server at a time; what is no longer is sent without further ado."""

PATIENCE: Final = 1.0
"""Seconds after which a client that takes nothing is slow: no connection to where its bytes come from is kept open."""

BLOCK: Final = 4 * SLICE
"""Most bytes fetched, and kept, at a time for a slow client. Each fetch costs milliseconds, so they should be few."""

SILENCE: Final = 60.0
"""Seconds after which a client that takes nothing is cut off. It can ask for the rest."""


class Rewindable:
    """The content of an answer that can be fetched again from any of its bytes on, also after ``close``."""

    def since(self, position: int, most: int | None = None) -> Iterator[bytes]:
        """Its bytes from ``position`` on, in pieces; no more than ``most``."""
        raise NotImplementedError

    def close(self) -> None:
        """Let go of what was fetched so far."""

    def __iter__(self) -> Iterator[bytes]:
        return self.since(0)


@dataclass
class Answer:
    """What the application said. ``content`` is the body, or what gives it piece by piece."""

    status: int
    headers: list[tuple[str, str]]
    content: bytes | Iterable[bytes]

    @property
    def start(self) -> dict[str, Any]:
        """The event that begins it."""
        headers = [(_lowered(name), value.encode("latin-1")) for name, value in self.headers]
        return {"type": "http.response.start", "status": self.status, "headers": headers}


@cache
def _lowered(name: str) -> bytes:
    return name.lower().encode("latin-1")


def call(app: WSGIApplication, environ: dict[str, Any]) -> Answer:
    """Call ``app``. What it has at hand is put together; what it has to fetch is left to ``Sending``."""
    begun: list[Any] = []
    content = app(environ, lambda *said: begun.extend(said))  # type: ignore[arg-type]
    status, headers = begun[:2]
    answer = Answer(int(status[:3]), headers, content)
    if environ["REQUEST_METHOD"] == "HEAD" or answer.status in (204, 304):
        _close(content)
        answer.content = b""
    elif not isinstance(content, Rewindable) and not _is_long(headers):
        answer.content = b"".join(content)
        _close(content)
    return answer


def _is_long(headers: Iterable[tuple[str, str]]) -> bool:
    """Whether a body is not known to be short enough for a single slice. Flask knows the length of what it has."""
    for name, value in headers:
        if name == "Content-Length":
            return int(value) > SLICE
    return True


class Sending:
    """Sends the content of one answer once it has one of ``places``.

    Of what its client does not take, a block is kept, and neither a thread nor a connection is held. An answer that
    waits for its place holds nothing that it can fetch then.
    """

    def __init__(
        self, content: bytes | Iterable[bytes], receive: Receive, send: Send, places: asyncio.Semaphore
    ) -> None:
        self._content = content
        self._places = places
        self._receive = receive
        self._send = send
        self._pieces: Iterator[bytes] | None = None
        self._piece: memoryview | None = None
        self._sent = 0
        self._waits_since: float | None = None
        self._is_slow = False
        self._is_open = True

    async def run(self) -> None:
        """Send all of it, unless the client goes away or stands still."""
        task = asyncio.current_task()
        gone = asyncio.ensure_future(self._until_gone())
        # The server does not tell senders that their client is gone; it would have them go on for ever.
        gone.add_done_callback(lambda done: None if done.cancelled() else self._end(task))
        watch = asyncio.ensure_future(self._watch(task))
        try:
            if self._places.locked() and isinstance(self._content, Rewindable):
                await _let_go(self._content)
            async with self._places:
                await self._send_all()
        except asyncio.CancelledError:
            if self._is_open:
                raise
        finally:
            self._is_open = False  # who leaves from here on ends nothing
            watch.cancel()
            gone.cancel()
            for held in (self._pieces, self._content):
                await _let_go(held)

    async def _send_all(self) -> None:
        while self._is_open:
            self._piece = self._piece or await asyncio.to_thread(self._next_piece)
            if self._piece is None:
                break
            head = bytes(self._piece[:SLICE])
            self._piece = self._piece[SLICE:]
            self._waits_since = time.monotonic()
            await self._send({"type": "http.response.body", "body": head, "more_body": True})
            self._waits_since = None
            self._sent += len(head)
        if self._is_open:
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    def _next_piece(self) -> memoryview | None:
        if isinstance(self._content, Rewindable) and self._is_slow:
            self._is_slow = False  # unless it shows once more
            block = b"".join(self._content.since(self._sent, BLOCK))
            return memoryview(block) if block else None
        if self._pieces is None:
            if isinstance(self._content, bytes):
                self._pieces = iter((self._content,)) if self._sent == 0 else iter(())
            elif isinstance(self._content, Rewindable):
                self._pieces = self._content.since(self._sent)
            else:
                self._pieces = iter(self._content)
        return next((memoryview(piece) for piece in self._pieces if piece), None)

    async def _until_gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def _watch(self, task: asyncio.Task[Any] | None) -> None:
        while True:
            await asyncio.sleep(PATIENCE)
            if self._waits_since is None:
                continue
            waited = time.monotonic() - self._waits_since
            if waited > SILENCE:
                self._end(task)
            elif waited > PATIENCE and isinstance(self._content, Rewindable):
                self._is_slow = True
                if self._piece is not None and len(self._piece.obj) > BLOCK:  # type: ignore[arg-type]
                    self._piece = None
                pieces, self._pieces = self._pieces, None
                await _let_go(pieces)

    def _end(self, task: asyncio.Task[Any] | None) -> None:
        if self._is_open and task is not None:
            self._is_open = False
            task.cancel()


async def _let_go(content: Any) -> None:
    if hasattr(content, "close"):
        with suppress(Exception):
            await asyncio.to_thread(_close, content)


def _close(content: Any) -> None:
    close = getattr(content, "close", None)
    if close is not None:
        close()
