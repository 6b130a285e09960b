"""HTTP requests to an S3 server that nobody waits for in vain."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import Any
from weakref import WeakSet

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, ReadTimeoutError

from storage.breaker import PROBE_SECONDS, Breaker, ServerSilent
from storage.measures import Observe, ignore

CONNECT_SECONDS = 3.0


class Requests(urllib3.PoolManager):
    """A pool of ``connections`` whose requests are repeated a few times when the server is briefly away.

    Without ``places`` each try waits ``answer_seconds`` for a word of the server. With it at most so many requests
    wait at a time, and a server that is silent is found by a ``Breaker``, which ends them. ``observe`` is told of every
    request, its repetitions counted as one.
    """

    def __init__(
        self,
        endpoint: str,
        connections: int,
        answer_seconds: float,
        places: int | None,
        observe: Observe = ignore,
    ) -> None:
        super().__init__(
            maxsize=connections,
            timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=answer_seconds),
            retries=urllib3.Retry(
                total=3,
                backoff_factor=0.2,
                backoff_jitter=0.2,
                status_forcelist=(500, 502, 503, 504),
                allowed_methods=None,
                raise_on_status=False,  # the last answer says more than that there were too many
            ),
        )
        self._sockets: WeakSet[socket.socket] = WeakSet()
        self._lock = threading.Lock()
        self._answer_seconds = answer_seconds
        self._observe = observe
        self.breaker = (
            Breaker(endpoint, lambda: probe(endpoint), places=places, on_silence=self._hang_up)
            if places is not None
            else None
        )
        self.pool_classes_by_scheme = _pools_of(self)

    def urlopen(self, *arguments: Any, **named: Any) -> urllib3.BaseHTTPResponse:
        """As of any pool."""
        began = time.perf_counter()
        failed = True
        try:
            with self.asking():
                answer = super().urlopen(*arguments, **named)
            failed = answer.status >= 500
            return answer
        finally:
            self._observe("s3", time.perf_counter() - began, failed)

    def asking(self) -> AbstractContextManager[None]:
        """Around what waits for the server. Raises ``ServerSilent`` instead of making it wait in vain."""
        return nullcontext() if self.breaker is None else self.breaker.asking()

    def connected(self, opened: socket.socket) -> None:
        """Know the socket of a new connection, and let sending over it take as long as an answer may."""
        opened.settimeout(self._answer_seconds)
        with self._lock:
            self._sockets.add(opened)

    def _hang_up(self) -> None:
        with self._lock:
            sockets = list(self._sockets)
        for opened in sockets:
            with suppress(OSError):
                opened.shutdown(socket.SHUT_RDWR)


def probe(endpoint: str) -> None:
    """Ask for anything. Raises ``ServerSilent`` if nobody answers, urllib3's errors if the server is not there."""
    try:
        urllib3.request("HEAD", endpoint, timeout=PROBE_SECONDS, retries=False)
    except (ConnectTimeoutError, ReadTimeoutError) as error:
        raise ServerSilent(str(error)) from error


def _pools_of(requests: Requests) -> dict[str, type[HTTPConnectionPool]]:
    """urllib3's pools, whose connections ``requests`` knows, and which repeat nothing that is known to be in vain."""

    def require() -> None:
        if requests.breaker is not None:
            requests.breaker.require()

    class Plain(HTTPConnection):
        def connect(self) -> None:
            super().connect()
            requests.connected(self.sock)

    class Secure(HTTPSConnection):
        def connect(self) -> None:
            super().connect()
            requests.connected(self.sock)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

        def urlopen(self, *arguments: Any, **named: Any) -> urllib3.BaseHTTPResponse:
            require()
            return super().urlopen(*arguments, **named)

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

        def urlopen(self, *arguments: Any, **named: Any) -> urllib3.BaseHTTPResponse:
            require()
            return super().urlopen(*arguments, **named)

    return {"http": PlainPool, "https": SecurePool}
