"""Request bodies: how many a process reads at once, and for how long.

Whoever reads a body holds a thread of the server until the client has sent it, so clients that send slowly, or
announce bytes and fall silent, could hold all of them. A body therefore takes a *place* before its first byte is
read, and there are fewer places than threads: one thread is always left to those who only ask.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Iterable
from enum import Enum
from typing import Any, Final

from media_service import connections
from media_service.connections import Still
from media_service.errors import ApiError

log = logging.getLogger(__name__)

SMALL_SECONDS: Final = 30.0
"""How long a body that is not an upload may take."""

SMALL_SILENCE: Final = 10.0
UPLOAD_SILENCE: Final = 60.0
"""For how long a client may send nothing, in seconds."""

DRAIN_SECONDS: Final = 2.0
DRAIN_BYTES: Final = 64 * 1024 * 1024
"""What is still taken of a body that was refused: a client that is cut off while it sends may never see the answer."""

_LOOK_SECONDS: Final = 1.0
_SAME_MOMENT: Final = 1.0

_SMALL_PIECE: Final = 32
"""Granian waits until it has all that was asked for: the less that is, the sooner a trickle is noticed. What has
come fast is asked for in larger pieces."""

_LARGE_PIECE: Final = 64 * 1024
_CLOSE: Final = ("Connection", "close")
_ENVIRON: Final = "lessonstream.body"

WsgiApp = Callable[..., Iterable[bytes]]


class Kind(Enum):
    """What a body is read for."""

    SMALL = "a document"
    UPLOAD = "a file"
    REFUSED = "nothing, so that the client sees why"


class Places:
    """The places of one process, and the thread that ends the wait for those who fell silent in theirs."""

    def __init__(self, threads: int, uploads: int) -> None:
        self._most = max(1, threads - 1)
        self._most_of = {
            Kind.SMALL: self._most,
            Kind.UPLOAD: min(uploads or max(1, threads // 2), self._most),
            Kind.REFUSED: max(1, threads // 8),
        }
        self._lock = threading.Lock()
        self._taken: dict[Body, Kind] = {}
        self._watched = False

    def take(self, body: Body, kind: Kind) -> bool:
        """Whether there was a place, which ``body`` has from now on."""
        with self._lock:
            others = [held for other, held in self._taken.items() if other is not body]
            if len(others) >= self._most or others.count(kind) >= self._most_of[kind]:
                return False
            self._taken[body] = kind
            if not self._watched:
                self._watched = True
                threading.Thread(target=self._watch, name="bodies", daemon=True).start()
        return True

    def give(self, body: Body) -> None:
        """Free the place, if ``body`` has one."""
        with self._lock:
            self._taken.pop(body, None)

    def _watch(self) -> None:
        while True:
            time.sleep(_LOOK_SECONDS)
            with self._lock:
                bodies = list(self._taken)
            for still in {still for body in bodies if (still := body.silence())}:
                try:
                    connections.end(still)
                except Exception:  # whatever it is, the next look comes
                    log.exception("silent connections could not be ended")


class Body:
    """``wsgi.input`` of one request."""

    def __init__(self, environ: dict[str, Any], places: Places) -> None:
        self._input = environ["wsgi.input"]
        self._address = environ.get("REMOTE_ADDR", "")
        self._port = int(environ.get("SERVER_PORT") or 0)
        self._places = places
        self._kind: Kind | None = None
        self._begun = 0.0
        self._waits_since: float | None = None
        self._reading = threading.Lock()
        self._over = False
        self._is_read = False
        self._is_answered = False
        # Chunks end by themselves; without either header there is no body (RFC 9112, section 6.3).
        chunked = "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower()
        length = environ.get("CONTENT_LENGTH") or "0"
        self._left = None if chunked else int(length) if length.isdecimal() else 0
        self._expects = "HTTP_EXPECT" in environ

    def silence(self) -> Still | None:
        """How the connection looks, if a read has been waiting longer than the client may be silent."""
        since = self._waits_since
        waited = 0.0 if since is None else time.monotonic() - since
        is_upload = self._kind is Kind.UPLOAD and not self._is_answered
        patience = UPLOAD_SILENCE if is_upload else SMALL_SILENCE
        if waited < patience:
            return None
        # Not much longer than we have waited, so that others, who may be silent for longer, are left alone; but a
        # request that had waited for its thread was silent all the while.
        most = waited + _SAME_MOMENT if waited < 2 * patience else math.inf
        return Still(self._address, self._port, patience, most)

    def claim(self, kind: Kind) -> None:
        """Take a place for reading. Raises ``uploads_busy`` and ``busy``."""
        if self._kind is kind:
            return
        if not self._places.take(self, kind):
            if kind is Kind.UPLOAD:
                raise ApiError("uploads_busy", headers={"Retry-After": "5"})
            raise ApiError("busy", headers={"Retry-After": "1"})
        self._kind, self._begun = kind, time.monotonic()

    def read(self, size: int = -1, /) -> bytes:
        """At most ``size`` bytes; fewer, or none, at the end. Raises ``busy``, and ``request_timeout`` for a body
        that is no upload and does not arrive in time.
        """
        if self._kind is None:
            self.claim(Kind.SMALL)
        if self._kind is Kind.UPLOAD:
            return self._take(size)
        data = bytearray()
        while size < 0 or len(data) < size:
            wanted = _piece_after(len(data))
            piece = self._take(wanted if size < 0 else min(wanted, size - len(data)))
            if self._is_late or (not piece and self._left):
                raise ApiError("request_timeout")
            if not piece:
                break
            data += piece
        if self._left == 0:
            # What is done with it now takes a thread as any other request does.
            self._places.give(self)
        return bytes(data)

    def readline(self, size: int = -1, /) -> bytes:
        """Nothing here reads a body by lines."""
        raise NotImplementedError

    def finish(self, *, drain: bool) -> bool:
        """The request is about to be answered: with ``drain``, take in some of what the client is still sending.
        Returns whether the body is at its end, so that the connection can bring another request.

        Granian must not be answered while a read is pending: it would hold Python's lock until the client sends.
        """
        self._is_answered = True
        if drain and not self._over and self._left != 0 and (self._is_read or not self._expects):
            self._drain()
        with self._reading:
            whole = self._left == 0 or (self._left is None and self._over)
            self._over = True
            self._places.give(self)
        return whole

    def _drain(self) -> None:
        if not self._places.take(self, Kind.REFUSED):
            return
        self._kind = Kind.REFUSED
        until, drained = time.monotonic() + DRAIN_SECONDS, 0
        while drained < DRAIN_BYTES and time.monotonic() < until:
            if not (piece := self._take(_piece_after(drained))):
                break
            drained += len(piece)

    def _take(self, size: int) -> bytes:
        with self._reading:
            if self._over or self._left == 0:
                return b""
            wanted = size if self._left is None else self._left if size < 0 else min(size, self._left)
            self._is_read = True
            self._waits_since = time.monotonic()
            try:
                data: bytes = self._input.read(wanted)
            finally:
                self._waits_since = None
            if len(data) < wanted:
                self._over = self._left is None or len(data) < self._left
            if self._left is not None:
                self._left -= len(data)
            return data

    @property
    def _is_late(self) -> bool:
        return time.monotonic() - self._begun > SMALL_SECONDS


def _piece_after(size: int) -> int:
    return min(max(_SMALL_PIECE, size // 64), _LARGE_PIECE)


def claim_upload(environ: dict[str, Any]) -> None:
    """Before anything is made for an upload: take the place to receive it in. Raises ``uploads_busy``."""
    body: Body = environ[_ENVIRON]
    body.claim(Kind.UPLOAD)


def bound(app: WsgiApp, places: Places) -> WsgiApp:
    """``app``, whose requests' bodies are read in ``places``."""

    def bounded(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        body = environ[_ENVIRON] = environ["wsgi.input"] = Body(environ, places)
        answer: list[Any] = []
        try:
            content = app(environ, lambda *begun: answer.extend(begun))
        except BaseException:
            body.finish(drain=False)
            raise
        status, headers, *error = answer
        # Who was too slow would only be so again.
        if not body.finish(drain=status >= "4" and not status.startswith("408")):
            headers = [*headers, _CLOSE]
        start_response(status, headers, *error)
        return content

    return bounded
