"""Passes what is stored to a confined tool as one file that it can seek in, without downloading it first.

A small HTTP/1.1 server with ranges (RFC 9110, section 14) that has no address: it answers connections that
come through the sandbox's door. It reads ahead little, because a tool that seeks throws the rest away.
"""

from __future__ import annotations

import contextlib
import socket
import socketserver
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Final, cast

from storage.byte_ranges import RangeNotSatisfiable, parse_range
from storage.object_slices import ObjectSlices, Reader
from storage.objects import StorageError

SOURCE_URL: Final = "http://127.0.0.1/source"
"""What every confined tool calls its source, whatever confines it."""

_SOCKET_BUFFER: Final = 256 * 1024


class SourceServer:
    """Answers connections for one file. ``bytes_read`` counts what was asked of the storage and came."""

    url: Final = SOURCE_URL

    def __init__(self, file: ObjectSlices) -> None:
        self.size = file.size
        self.bytes_read = 0
        self.failure: StorageError | None = None
        self._asked = 0
        self._file = file
        self._lock = threading.Lock()
        self._connections: dict[socket.socket, threading.Thread] = {}

    def answer(self, connection: socket.socket) -> None:
        """Serve requests on ``connection``, in a thread, until either side closes it."""
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SOCKET_BUFFER)
        thread = threading.Thread(target=self._serve, args=(connection,), name="source", daemon=True)
        with self._lock:
            self._connections[connection] = thread
        thread.start()

    def close(self) -> None:
        """End all connections and wait for their threads."""
        with self._lock:
            connections = dict(self._connections)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in connections.values():
            thread.join()

    def check(self) -> None:
        """Raise the ``StorageError`` that cut an answer short, if one did.

        A tool takes such an answer for the end of the file and may succeed with half of the work.
        """
        if self.failure is not None:
            raise self.failure

    @property
    def waits(self) -> bool:
        """Return whether the storage has been asked for bytes that have not come yet."""
        return self._asked > 0

    def stream(self, start: int, length: int) -> Generator[bytes, None, None]:
        """Bytes of the file in pieces."""
        with contextlib.closing(self._file.stream(start, length)) as pieces:
            while piece := self._next(pieces):
                yield piece

    def _next(self, pieces: Iterator[bytes]) -> bytes:
        """Return the next piece, empty at the end."""
        with self._lock:
            self._asked += 1
        piece = b""
        try:
            piece = next(pieces, b"")
        finally:
            with self._lock:
                self._asked -= 1
                self.bytes_read += len(piece)
        return piece

    def read(self, start: int, length: int) -> bytes:
        """Bytes of the file. Raises ``StorageError``."""
        return b"".join(self.stream(start, length))

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection, contextlib.suppress(ConnectionError):
                _Handler(connection, ("tool", 0), cast("socketserver.BaseServer", self))
        except StorageError as error:
            self.failure = error
        finally:
            with self._lock:
                del self._connections[connection]


@contextmanager
def serve_source(objects: Reader, key: str) -> Iterator[SourceServer]:
    """A ``SourceServer`` for the object ``key``, closed at the end. Raises ``ObjectNotFound``."""
    with serve_file(ObjectSlices.whole(objects, key)) as server:
        yield server


@contextmanager
def serve_file(file: ObjectSlices) -> Iterator[SourceServer]:
    """A ``SourceServer`` for ``file``, closed at the end."""
    server = SourceServer(file)
    try:
        yield server
    finally:
        server.close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 64 * 1024

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: a tool makes many requests."""

    def _answer(self, *, with_body: bool) -> None:
        source = cast("SourceServer", self.server)
        if self.path != "/source":
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        try:
            part = parse_range(self.headers.get("Range"), source.size)
        except RangeNotSatisfiable:
            self.send_response(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
            self.send_header("Content-Range", f"bytes */{source.size}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        start, length = (part.start, part.length) if part else (0, source.size)
        self.send_response(HTTPStatus.PARTIAL_CONTENT if part else HTTPStatus.OK)
        # FFmpeg sends its next request on this connection unless it is told that there will be no other answer.
        self.send_header("Connection", "close" if self.close_connection else "keep-alive")
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Length", str(length))
        if part:
            self.send_header("Content-Range", f"bytes {start}-{start + length - 1}/{source.size}")
        self.end_headers()
        if with_body:
            with contextlib.closing(source.stream(start, length)) as pieces:
                for piece in pieces:
                    self.wfile.write(piece)
