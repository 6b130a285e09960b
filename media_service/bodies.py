"""Request bodies as views meet them: a view that wants one which has not arrived is ended, and goes on when it has.

No thread waits for a client. A view reads its document as ever; where that has not arrived, the read raises
``BodyWanted``, and the view is called again when it has. A view that takes a body piece by piece raises
``BodyWanted`` itself, with the coroutine function that receives the pieces and says how to go on.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final, NoReturn, Protocol
from wsgiref.types import WSGIApplication

from flask import Flask, Response, request

from media_service.request_state import state_of

_PIECE_SIZE: Final = 64 * 1024


class Body(Protocol):
    """The body of one request, as it comes in."""

    @property
    def heard(self) -> float:
        """When the last byte arrived, by ``time.monotonic``."""

    @property
    def is_cut(self) -> bool:
        """Whether it ended before its end: the client is gone or silent, or ``stop`` was called."""

    async def read(self) -> bytes:
        """What has arrived since, as soon as there is some; nothing at the end."""

    def stop(self) -> None:
        """End a read that is waiting, and all that follow. Call it in the thread of the event loop."""


Resume = Callable[[], Response]
Receive = Callable[[Body], Awaitable[Resume]]


class BodyWanted(BaseException):
    """Ends a call of the application until the body has arrived: whole and as it is or, if it is given, by
    ``receive``, whose result then answers the request. No ``Exception``, so that no handler takes it for a fault.
    """

    def __init__(self, receive: Receive | None = None) -> None:
        super().__init__()
        self.receive = receive


class NotYet:
    """``wsgi.input`` (PEP 3333) of a request whose body was not asked for so far."""

    def read(self, _size: int = -1, /) -> NoReturn:
        """Ask for it."""
        raise BodyWanted

    readline = readlines = readinto = read


def register(app: Flask) -> None:
    """Let requests go on after their bodies."""
    app.before_request(_resume)


def _resume() -> Response | None:
    state = state_of(request.environ)
    resume, state.resume = state.resume, None
    return resume() if resume is not None else None


def synchronous(app: WSGIApplication) -> WSGIApplication:
    """Let a thread wait for the body, for callers that know of WSGI alone."""

    def calling(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        try:
            return app(environ, start_response)
        except BodyWanted as wanted:
            if wanted.receive is None or state_of(environ).is_asynchronous:
                raise
            state_of(environ).resume = asyncio.run(
                _received(wanted.receive, _WsgiBody(environ["wsgi.input"]))
            )
            return app(environ, start_response)

    return calling


async def _received(receive: Receive, body: Body) -> Resume:
    return await receive(body)


class _WsgiBody:
    """A body that is read in threads. It ends with the connection, so nothing else can cut it."""

    is_cut = False

    def __init__(self, source: Any) -> None:
        self._source = source
        self.heard = time.monotonic()

    async def read(self) -> bytes:
        data: bytes = await asyncio.to_thread(self._source.read, _PIECE_SIZE)
        self.heard = time.monotonic()
        return data

    def stop(self) -> None:
        """A thread cannot be told to."""
