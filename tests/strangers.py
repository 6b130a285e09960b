"""Servers as strangers run them, and what of this process connects to anything."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

Talk = Callable[[socket.socket, bytes], None]
"""What a server does with a connection and the request that came by it."""


@dataclass
class Stranger:
    """A server on an address of this machine. ``requests`` are the heads and bodies that came."""

    address: str
    port: int
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0

    @property
    def url(self) -> str:
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"http://{host}:{self.port}"


@contextmanager
def stranger(talk: Talk, address: str = "127.0.0.2") -> Iterator[Stranger]:
    """Every connection is read until the request is there, then talked to."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.create_server((address, 0), family=family) as server:
        found = Stranger(address, server.getsockname()[1])

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    found.connections += 1
                    threading.Thread(target=talk_to, args=(connection,), daemon=True).start()

        def talk_to(connection: socket.socket) -> None:
            with connection, suppress(OSError):
                request = read_request(connection)
                found.requests.append(request)
                talk(connection, request)

        threading.Thread(target=serve, daemon=True).start()
        try:
            yield found
        finally:
            server.shutdown(socket.SHUT_RDWR)


def read_request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        part = connection.recv(65536)
        if not part:
            return data
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            while len(body) < int(value):
                body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def says(answer: str | bytes) -> Talk:
    text = answer.encode() if isinstance(answer, str) else answer
    return lambda connection, _request: connection.sendall(text.replace(b"\n", b"\r\n"))


_NOWHERE: Final = (1, 9)
"""Ports at which other tests of this process let clients look for servers that are away."""

_watchers: list[list[tuple[object, ...]]] = []


@contextmanager
def connections() -> Iterator[list[tuple[object, ...]]]:
    """All addresses that this process connects to meanwhile, whatever becomes of it."""
    seen: list[tuple[object, ...]] = []
    if not _watchers:
        sys.addaudithook(_note)
    _watchers.append(seen)
    yield seen
    _watchers.append([])


def _note(event: str, arguments: tuple[object, ...]) -> None:
    if event != "socket.connect" or not _watchers:
        return
    if isinstance(arguments[1], tuple) and arguments[1][1] not in _NOWHERE:
        _watchers[-1].append(arguments[1])
